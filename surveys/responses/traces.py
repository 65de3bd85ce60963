"""What is known about one invitation, in order: its requests, who sent them, and its visits. Pure; read by responses.verdicts."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from surveys.responses import agents
from surveys.responses.models import Act

RULES: Final = 2

HUMAN_ACTS: Final = frozenset({Act.CONFIRM, Act.CHANGE, Act.COMMENT, Act.ANSWER})
_TRACES_OF_PAGE: Final = frozenset({Act.STYLE, Act.SEEN})

Reason = dict[str, Any]
Client = tuple[str, str]  # network and program


def reason_of(code: str, **figures: Any) -> Reason:
    return {"code": code, "rules": RULES, **figures}


def seconds_of(length: timedelta) -> int:
    return round(length.total_seconds())


@dataclass(frozen=True)
class Thresholds:
    """Where the rules draw their lines. Chosen on half of the traces under tests/, reported on the other half."""

    same_visit: timedelta = timedelta(seconds=45)  # scanners follow all links at once; a person takes longer
    burst: timedelta = timedelta(seconds=10)
    burst_links: int = 3
    too_many_scores: int = 4
    link_age: timedelta = timedelta(seconds=60)  # a link that is younger at the click may be with a scanner
    in_view: int = 3  # seconds that a page is looked at
    glanced_at: int = 1  # seconds before somebody goes back to click the right number


DEFAULT: Final = Thresholds()


@dataclass(frozen=True)
class Click:
    """One request: a link opened, a page's style or script, an act on the page, or the trap."""

    at: datetime
    kind: str
    score: int | None
    network: str = ""
    agent: str = ""
    signals: Mapping[str, Any] = field(default_factory=dict)

    @property
    def client(self) -> Client:
        return (self.network, self.agent)

    @property
    def is_observed(self) -> bool:
        """Of the time since when pages tell that they were loaded: before, silence says nothing."""
        return self.signals.get("rules", 1) >= 2

    @property
    def hand(self) -> int:
        """How often a hand moved, touched or typed."""
        return int(self.signals.get("hand", 0))

    @property
    def seconds(self) -> int:
        """How long the page was in view."""
        return int(self.signals.get("seconds", 0)) if self.kind == Act.SEEN else 0


@dataclass
class Visit:
    """The clicks that came close after one another, and what their pages told."""

    clicks: list[Click]
    told: list[Click] = field(default_factory=list)

    @property
    def began_at(self) -> datetime:
        return self.clicks[0].at

    @property
    def scores(self) -> set[int]:
        return {click.score for click in self.clicks if click.score is not None}

    @property
    def last(self) -> Click:
        return self.clicks[-1]

    @property
    def is_silent(self) -> bool:
        """No page told anything, though it could have."""
        told = any(each.kind in _TRACES_OF_PAGE for each in self.told)
        could = self.clicks[0].is_observed and not agents.is_text_browser(self.clicks[0].agent)
        return could and not told

    def has_style(self, score: int) -> bool:
        return any(each.kind == Act.STYLE and each.score == score for each in self.told)

    def seconds_in_view(self, score: int | None) -> int:
        return max((each.seconds for each in self.told if each.score == score), default=0)

    def seconds_seen(self, score: int | None) -> int:
        """In view with its style: else 0."""
        return self.seconds_in_view(score) if score is not None and self.has_style(score) else 0

    def latest_of(self, scores: set[int]) -> int:
        return next(click.score for click in reversed(self.clicks) if click.score in scores)


@dataclass(frozen=True)
class Trace:
    """`requests` are all of them, `visits` those of programs that `robots` does not name, with the reasons."""

    requests: Sequence[Click]
    robots: Mapping[Client, tuple[Reason, ...]]
    visits: Sequence[Visit]
    sent_at: datetime | None
    thresholds: Thresholds

    @classmethod
    def of(cls, clicks: Iterable[Click], sent_at: datetime | None, thresholds: Thresholds) -> "Trace":
        ordered = sorted(clicks, key=lambda click: click.at)
        bare = cls(ordered, {}, (), sent_at, thresholds)
        robots = {client: signs for client, sent in _by_client(ordered).items() if (signs := bare.signs(client, sent))}
        others = [each for each in ordered if each.client not in robots]
        return cls(ordered, robots, _visits(others, thresholds), sent_at, thresholds)

    @property
    def robots_reasons(self) -> list[Reason]:
        """In the order of their first requests."""
        return [reason for signs in self.robots.values() for reason in signs]

    @property
    def scores(self) -> set[int]:
        return {score for visit in self.visits for score in visit.scores}

    @property
    def last_score(self) -> int:
        """Of the latest act on the page, a robot's too: who counts it after all takes their last word. Else of the latest
        click, or of whatever came."""
        scored = [each for each in self.requests if each.score is not None]
        acted = [each for each in scored if each.kind in HUMAN_ACTS]
        said = acted or [each for each in scored if each.kind == Act.CLICK] or scored
        assert said[-1].score is not None
        return said[-1].score

    @cached_property
    def trap(self) -> Click | None:
        return next((each for each in self.requests if each.kind == Act.TRAP), None)

    def signs(self, client: Client, sent: Sequence[Click]) -> tuple[Reason, ...]:
        """What no person's program does, in the requests that it sent."""
        told = {
            "robot_agent": agents.is_robot(client[1]),
            "webdriver": any(each.signals.get("webdriver") for each in sent),
            "no_screen": any(each.signals.get("blank") for each in sent),
            "no_languages": any(each.signals.get("languages") == 0 for each in sent),
            "script_act": self._is_pressed_by_script(sent),
        }
        return tuple(reason_of(code, agent=agents.shortened(client[1])) for code, is_so in told.items() if is_so)

    def _is_pressed_by_script(self, sent: Sequence[Click]) -> bool:
        """A script pressed the button at once. (What reads or clicks pages for people with disabilities takes its time.)"""
        acts = [each for each in sent if each.kind in HUMAN_ACTS and not each.hand and "hand" in each.signals]
        if not acts or any(is_by_hand(each) for each in sent):
            return False
        seen = max(each.seconds for each in sent)
        return seen < self.thresholds.in_view or any(self.is_soon(act.at) for act in acts)

    def hands(self) -> list[Click]:
        """What hands did, of programs that nothing else drives."""
        driven = {each.client for each in self.requests if is_driven(each)}
        return [each for each in self.requests if is_by_hand(each) and each.client not in driven]

    def looked_at(self, hands: Sequence[Click]) -> list[Click]:
        """The pages that a hand moved on, and those that the same people looked at, in the order of their clicks."""
        people = {each.client for each in hands}
        seen = (each for each in self.requests if each.kind == Act.SEEN and each.client in people)
        pages = [each for each in seen if is_by_hand(each) or each.seconds >= self.thresholds.in_view]
        return sorted(pages, key=self._opened_at)

    def _opened_at(self, told: Click) -> datetime:
        """When the page was opened that told this: a tab may tell of its end after the next was opened."""
        opened = self._opened.get(told.score, [])
        before = bisect_right(opened, told.at)
        return opened[before - 1] if before else told.at

    @cached_property
    def _opened(self) -> Mapping[int | None, list[datetime]]:
        """When each number was clicked, in order."""
        opened: dict[int | None, list[datetime]] = defaultdict(list)
        for each in self.requests:
            if each.kind == Act.CLICK:
                opened[each.score].append(each.at)
        return opened

    def is_apart_from_trap(self, visit: Visit) -> bool:
        """The trap was not fetched; or before the visit, from another network, and somebody looked at its page."""
        trap = self.trap
        if trap is None:
            return True
        is_later = visit.began_at > trap.at and visit.last.network != trap.network
        return is_later and visit.seconds_seen(visit.last.score) >= self.thresholds.in_view

    def is_soon(self, at: datetime) -> bool:
        """After sending, or a little before it was noted."""
        return self.sent_at is not None and abs(at - self.sent_at) < self.thresholds.link_age

    def age(self, at: datetime) -> int:
        return seconds_of(at - self.sent_at) if self.sent_at else 0


def is_by_hand(act: Click) -> bool:
    """An act on the page that a hand did: a script that presses buttons says so, a robot by its name does not do it.

    A page without script sends no count of hands; then the button is believed.
    """
    if act.score is None or is_driven(act) or agents.is_robot(act.agent):
        return False
    if act.kind in HUMAN_ACTS:
        return act.signals.get("hand", 1) != 0
    return act.kind == Act.SEEN and act.hand > 0


def is_driven(told: Click) -> bool:
    """The browser said itself that a program drives it, or that nobody could see it."""
    return bool(told.signals.get("webdriver") or told.signals.get("blank"))


def _by_client(requests: Iterable[Click]) -> Mapping[Client, list[Click]]:
    """In the order of their first requests."""
    clients: dict[Client, list[Click]] = defaultdict(list)
    for each in requests:
        clients[each.client].append(each)
    return clients


def _visits(trace: Sequence[Click], thresholds: Thresholds) -> list[Visit]:
    """Cut where nobody clicked for a while. What a page told belongs to the latest visit that opened its score."""
    visits: list[Visit] = []
    latest: dict[int | None, Visit] = {}  # by the score that it opened
    for each in trace:
        if each.kind == Act.CLICK and each.score is not None:
            if not visits or each.at - visits[-1].clicks[-1].at > thresholds.same_visit:
                visits.append(Visit([]))
            visits[-1].clicks.append(each)
            latest[each.score] = visits[-1]
        elif each.kind != Act.TRAP and visits:
            latest.get(each.score, visits[-1]).told.append(each)
    return visits or [Visit([each]) for each in trace if each.score is not None]


def burst(visit: Visit, thresholds: Thresholds) -> Reason:
    lasted = seconds_of(visit.clicks[-1].at - visit.began_at)
    code = "burst" if _is_burst(visit, thresholds) else "several_scores"
    return reason_of(code, scores=len(visit.scores), seconds=lasted)


def _is_burst(visit: Visit, thresholds: Thresholds) -> bool:
    lately: dict[int | None, datetime] = {}  # when each of the eleven numbers was clicked last
    for each in visit.clicks:
        lately[each.score] = each.at
        if sum(each.at - at <= thresholds.burst for at in lately.values()) >= thresholds.burst_links:
            return True
    return False
