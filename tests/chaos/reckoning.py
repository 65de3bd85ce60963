"""What became of everybody, from the ledgers and the database. No clock, no server: files and rows in, figures out."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

NAMED_AT_MOST: Final = 20  # of each kind that is printed


@dataclass(frozen=True)
class Copy:
    """One complete copy of a message at the mail server."""

    to: str
    message_id: str
    at: float


@dataclass(frozen=True)
class Kill:
    what: str
    at: float


@dataclass(frozen=True)
class Click:
    """One that was answered with 200."""

    to: str
    what: str  # "click" or "unsubscribe"
    score: int
    began: float
    at: float


@dataclass(frozen=True)
class Stored:
    """What the database says of one person."""

    state: str  # of the message
    is_told: bool  # whether the invitation knows that it was sent
    doubted: tuple[float, ...] = ()  # each moment at which the message was listed as uncertain
    marked: float = 0.0  # when its sending began, the last time
    clicks: tuple[int, ...] = ()  # the scores of the stored clicks
    is_answered: bool = False  # whether there is a response
    is_unsubscribed: bool = False


NOTHING: Final = Stored(state="", is_told=False)
STOPPED: Final = ("failed", "cancelled")


@dataclass(frozen=True)
class Evidence:
    people: Sequence[str]
    copies: Sequence[Copy]
    refused: frozenset[str]  # to whom the mail server said 5xx
    stored: Mapping[str, Stored]
    clicks: Sequence[Click] = ()
    kills: Sequence[Kill] = ()
    other_complaints: Sequence[str] = ()  # what else was found to be wrong


@dataclass
class Reckoning:
    sent: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    doubled_unexplained: list[str] = field(default_factory=list)
    uncertain_named: int = 0
    kills: int = 0
    clicks_acknowledged: int = 0
    clicks_lost: list[str] = field(default_factory=list)
    recovery: list[tuple[str, float]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.doubled_unexplained or self.clicks_lost or self.complaints)

    @property
    def recovery_seconds(self) -> dict[str, float]:
        seconds = [seconds for _what, seconds in self.recovery]
        if not seconds:
            return {}
        return {"median": round(statistics.median(seconds), 1), "max": round(max(seconds), 1)}

    def figures(self) -> dict[str, Any]:
        return {
            "sent": self.sent,
            "lost": len(self.lost),
            "doubled": len(self.doubled),
            "doubled_unexplained": len(self.doubled_unexplained),
            "uncertain_named": self.uncertain_named,
            "kills": self.kills,
            "clicks_acknowledged": self.clicks_acknowledged,
            "clicks_lost": len(self.clicks_lost),
            "recovery_seconds": self.recovery_seconds,
        }

    def names(self) -> list[str]:
        """Who it is that something is wrong about."""
        said = [("lost", self.lost), ("doubled, unexplained", self.doubled_unexplained), ("click", self.clicks_lost)]
        lines = [f"{what}: {one}" for what, ones in said for one in ones[:NAMED_AT_MOST]]
        return [*lines, *self.complaints]


def reckon(evidence: Evidence) -> Reckoning:
    copies: dict[str, list[Copy]] = defaultdict(list)
    for copy in sorted(evidence.copies, key=lambda copy: copy.at):
        copies[copy.to].append(copy)
    stored = evidence.stored
    doubled = [to for to, own in copies.items() if len(own) > 1]
    return Reckoning(
        sent=len(copies),
        lost=[to for to in evidence.people if to not in copies and not _is_excused(to, evidence)],
        doubled=doubled,
        doubled_unexplained=[to for to in doubled if not is_explained(copies[to], stored.get(to, NOTHING).doubted)],
        uncertain_named=sum(1 for row in stored.values() if row.doubted),
        kills=len(evidence.kills),
        clicks_acknowledged=len(evidence.clicks),
        clicks_lost=list(_lost_clicks(evidence.clicks, stored)),
        recovery=list(_recovery(evidence)),
        complaints=[*_complaints(copies, evidence), *evidence.other_complaints],
    )


def _is_excused(to: str, evidence: Evidence) -> bool:
    return to in evidence.refused and evidence.stored.get(to, NOTHING).state in STOPPED


def is_explained(copies: Sequence[Copy], doubted: Iterable[float]) -> bool:
    """Before the n-th copy the message was listed as uncertain n - 1 times at least, and all are one to a mailbox."""
    if len({copy.message_id for copy in copies}) > 1:
        return False
    moments = list(doubted)
    return all(
        sum(1 for moment in moments if moment < copy.at) >= before for before, copy in enumerate(copies) if before
    )


def _lost_clicks(clicks: Iterable[Click], stored: Mapping[str, Stored]) -> Iterable[str]:
    wanted = Counter((click.to, click.score) for click in clicks if click.what == "click")
    for (to, score), count in wanted.items():
        row = stored.get(to, NOTHING)
        if row.clicks.count(score) < count or not row.is_answered:
            yield f"{to}: {score}"
    for click in clicks:
        if click.what == "unsubscribe" and not stored.get(click.to, NOTHING).is_unsubscribed:
            yield f"{click.to}: unsubscription"


def _recovery(evidence: Evidence) -> Iterable[tuple[str, float]]:
    """From each kill to the first message that was marked and arrived after it; of the web server: to the first click
    that began after it and was answered. A kill after which nothing was left to do has none."""
    marked = [(copy.at, evidence.stored.get(copy.to, NOTHING).marked) for copy in evidence.copies]
    for kill in evidence.kills:
        if kill.what.startswith("web"):
            after = [click.at for click in evidence.clicks if click.began > kill.at]
        else:
            after = [at for at, began in marked if began > kill.at and at > kill.at]
        if after:
            yield kill.what, min(after) - kill.at


def _complaints(copies: Mapping[str, Sequence[Copy]], evidence: Evidence) -> Iterable[str]:
    for to, row in evidence.stored.items():
        if row.state not in ("sent", *STOPPED):
            yield f"{to}: still {row.state or 'without a message'}"
        if row.state == "sent" and to not in copies:
            yield f"{to}: said to be sent, and never arrived"
        if row.state == "sent" and not row.is_told:
            yield f"{to}: sent, and the invitation was not told"
        if row.state in STOPPED and to not in evidence.refused:
            yield f"{to}: {row.state}, and the mail server never refused"
