"""Which answer stands, and whether it may count: pure rules over the clicks of one invitation. See docs/clicks.md.

The rules have a version, kept with every verdict, so that stored clicks can be judged again when the rules change.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from surveys.responses.models import Act, Verdict

RULES: Final = 1

# Scanners follow all links of a mail at once; a person takes longer to change their mind.
SAME_VISIT: Final = timedelta(seconds=45)
BURST: Final = timedelta(seconds=10)
BURST_LINKS: Final = 3
TOO_MANY_SCORES: Final = 3

HUMAN_ACTS: Final = frozenset({Act.CONFIRM, Act.CHANGE, Act.COMMENT, Act.ANSWER})

Reason = dict[str, Any]


@dataclass(frozen=True)
class Click:
    """One request: a link opened (GET) or an act on the page (POST)."""

    at: datetime
    kind: str
    score: int


@dataclass(frozen=True)
class Judgement:
    """`reasons` are codes with figures; `sentences` says them to people."""

    verdict: Verdict
    score: int
    reasons: tuple[Reason, ...]


def judge(clicks: Iterable[Click], *, sent_at: datetime | None = None, soon: timedelta = timedelta(0)) -> Judgement:
    """What stands once nobody has clicked for the settling time. Needs at least one click, in any order.

    A human act wins over everything. Else the clicks are cut into visits; one that opened several scores at once is a
    robot's and says nothing; the score of the latest other visit stands, unless those disagree too often.
    """
    ordered = sorted(clicks, key=lambda click: click.at)
    acts = [click for click in ordered if click.kind in HUMAN_ACTS]
    if acts:
        return Judgement(Verdict.CONFIRMED, acts[-1].score, (_reason("human_act", act=acts[-1].kind),))
    visits = list(_visits(ordered))
    robots = [visit for visit in visits if len(_scores(visit)) > 1]
    people = [visit for visit in visits if len(_scores(visit)) == 1]
    if not people or len({visit[-1].score for visit in people}) >= TOO_MANY_SCORES:
        return Judgement(Verdict.QUARANTINED, ordered[-1].score, tuple(_suspicions(robots, people)))
    return _believed(people[-1], robots, sent_at, soon)


def _believed(
    visit: Sequence[Click], robots: Sequence[Sequence[Click]], sent_at: datetime | None, soon: timedelta
) -> Judgement:
    notes = list(_suspicions(robots, []))
    if sent_at and timedelta(0) <= visit[0].at - sent_at < soon:
        notes.append(_reason("soon_after_sending", seconds=_seconds(visit[0].at - sent_at)))
    return Judgement(Verdict.CONFIRMED, visit[-1].score, (_reason("one_score"), *notes))


def _visits(clicks: Sequence[Click]) -> Iterator[list[Click]]:
    visit: list[Click] = []
    for click in clicks:
        if visit and click.at - visit[-1].at > SAME_VISIT:
            yield visit
            visit = []
        visit.append(click)
    if visit:
        yield visit


def _suspicions(robots: Sequence[Sequence[Click]], people: Sequence[Sequence[Click]]) -> Iterator[Reason]:
    for visit in robots:
        lasted = _seconds(visit[-1].at - visit[0].at)
        code = "burst" if _is_burst(visit) else "several_scores"
        yield _reason(code, scores=len(_scores(visit)), seconds=lasted)
    differing = {visit[-1].score for visit in people}
    if len(differing) >= TOO_MANY_SCORES:
        yield _reason("many_scores", scores=len(differing))


def _is_burst(visit: Sequence[Click]) -> bool:
    windows = ([later for later in visit[i:] if later.at - first.at <= BURST] for i, first in enumerate(visit))
    return any(len(_scores(window)) >= BURST_LINKS for window in windows)


def _scores(clicks: Iterable[Click]) -> set[int]:
    return {click.score for click in clicks}


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())


def _reason(code: str, **figures: Any) -> Reason:
    return {"code": code, "rules": RULES, **figures}


def human_act(act: Act) -> list[Reason]:
    """The reasons of a response that a person confirmed on the page."""
    return [_reason("human_act", act=act)]


def imported() -> list[Reason]:
    return [_reason("imported")]


def as_json(reasons: Iterable[Reason]) -> str:
    """For statements that write rows without the model."""
    return json.dumps(list(reasons))


def sentences(reasons: Iterable[Reason]) -> list[str]:
    """The reasons of a verdict in words."""
    return [_sentence(reason) for reason in reasons]


def _sentence(reason: Reason) -> str:
    return str(_SENTENCES.get(reason["code"], reason["code"])) % reason


_SENTENCES: Final = {
    "human_act": _("Somebody pressed a button or wrote something on the survey page."),
    "one_score": _("One score was clicked, and no sign of a robot came until the settling time had passed."),
    "burst": _("%(scores)s links of the mail were opened within %(seconds)s seconds, as link scanners do."),
    "several_scores": _("%(scores)s scores were opened within %(seconds)s seconds; that visit was not believed."),
    "many_scores": _("%(scores)s scores were opened one after the other, and none was confirmed on the page."),
    "soon_after_sending": _("The click came %(seconds)s seconds after sending."),
    "imported": _("Imported as history."),
}
