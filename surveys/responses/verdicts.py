"""Which answer stands, and whether it may count: pure rules over the requests about one invitation. See docs/clicks.md.

The rules have a version, kept with every verdict, so that stored requests can be judged again when the rules change.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from surveys.responses import agents
from surveys.responses.models import Act, Verdict

RULES: Final = 2

HUMAN_ACTS: Final = frozenset({Act.CONFIRM, Act.CHANGE, Act.COMMENT, Act.ANSWER})
_TRACES_OF_PAGE: Final = frozenset({Act.STYLE, Act.SEEN})

Reason = dict[str, Any]


@dataclass(frozen=True)
class Thresholds:
    """Where the rules draw their lines. Chosen on half of the traces under tests/, reported on the other half."""

    same_visit: timedelta = timedelta(seconds=45)  # scanners follow all links at once; a person takes longer
    burst: timedelta = timedelta(seconds=10)
    burst_links: int = 3
    too_many_scores: int = 3
    link_age: timedelta = timedelta(seconds=60)  # a link that is younger at the click may be with a scanner
    in_view: int = 3  # seconds that a page is looked at
    glanced_at: int = 1  # seconds before somebody goes back to click the right number


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


@dataclass(frozen=True)
class Judgement:
    """`reasons` are codes with figures; `responses.verdict_words` says them to people."""

    verdict: Verdict
    score: int
    reasons: tuple[Reason, ...]


DEFAULT: Final = Thresholds()


def judge(clicks: Iterable[Click], *, sent_at: datetime | None = None, thresholds: Thresholds = DEFAULT) -> Judgement:
    """What stands once nobody has clicked for the settling time. Needs a click with a score, in any order.

    What a hand did on the page wins over everything. Else each visit is believed or not, and the score of the latest
    that is believed stands, unless those disagree too often.
    """
    trace = _Trace.of(clicks, sent_at, thresholds)
    by_hand = trace.by_hand()
    if by_hand is not None:
        return by_hand
    weighed = [trace.weigh(visit) for visit in trace.visits]
    doubts = [reason for each in weighed for reason in each.doubts]
    believed = [each for each in weighed if each.score is not None]
    different = {each.score for each in believed}
    if believed and len(different) < thresholds.too_many_scores:
        latest = believed[-1]
        assert latest.score is not None
        notes = (*latest.notes, *_notes_of(believed), *doubts)
        return Judgement(Verdict.CONFIRMED, latest.score, notes)
    if believed:
        doubts.append(_reason("many_scores", scores=len(different)))
    return Judgement(Verdict.QUARANTINED, trace.last_score, tuple(doubts))


def early(
    clicks: Iterable[Click], *, sent_at: datetime | None = None, thresholds: Thresholds = DEFAULT
) -> Judgement | None:
    """Whether it may count already, before the settling time is over: None when nothing says so yet."""
    trace = _Trace.of(clicks, sent_at, thresholds)
    by_hand = trace.by_hand()
    if by_hand is not None or len(trace.scores) != 1 or trace.trap is not None:
        return by_hand
    first = trace.visits[0]
    seconds = max(trace.seconds_in_view(visit, trace.last_score) for visit in trace.visits)
    has_style = any(visit.has_style(trace.last_score) for visit in trace.visits)
    if any(trace.signs(visit) for visit in trace.visits) or trace.is_soon(first.began_at):
        return None
    if not has_style or seconds < thresholds.in_view:
        return None
    return Judgement(Verdict.CONFIRMED, trace.last_score, (_reason("in_view", seconds=seconds),))


# ── One visit ──


@dataclass
class _Visit:
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
    def requests(self) -> list[Click]:
        return [*self.clicks, *self.told]

    @property
    def is_silent(self) -> bool:
        """No page told anything, though it could have."""
        told = any(each.kind in _TRACES_OF_PAGE for each in self.told)
        could = self.clicks[0].is_observed and not agents.is_text_browser(self.clicks[0].agent)
        return could and not told

    def has_style(self, score: int) -> bool:
        return any(each.kind == Act.STYLE and each.score == score for each in self.told)

    def latest_of(self, scores: set[int]) -> int:
        return next(click.score for click in reversed(self.clicks) if click.score in scores)


@dataclass(frozen=True)
class _Weighed:
    """`score` is None when the visit is not believed; then `doubts` say why."""

    visit: _Visit
    score: int | None
    notes: tuple[Reason, ...] = ()
    doubts: tuple[Reason, ...] = ()


# ── All that is known about one invitation ──


@dataclass(frozen=True)
class _Trace:
    requests: Sequence[Click]
    visits: Sequence[_Visit]
    sent_at: datetime | None
    thresholds: Thresholds

    @classmethod
    def of(cls, clicks: Iterable[Click], sent_at: datetime | None, thresholds: Thresholds) -> "_Trace":
        ordered = sorted(clicks, key=lambda click: click.at)
        return cls(ordered, _visits(ordered, thresholds), sent_at, thresholds)

    @property
    def scores(self) -> set[int]:
        return {score for visit in self.visits for score in visit.scores}

    @property
    def last_score(self) -> int:
        scored = [click.score for visit in self.visits for click in visit.clicks if click.score is not None]
        return scored[-1]

    @property
    def trap(self) -> Click | None:
        return next((each for each in self.requests if each.kind == Act.TRAP), None)

    def by_hand(self) -> Judgement | None:
        """The latest button wins; without one, the latest page that a hand moved on."""
        driven = {(each.network, each.agent) for each in self.requests if is_driven(each)}
        hands = [each for each in self.requests if is_by_hand(each) and (each.network, each.agent) not in driven]
        acts = [each for each in hands if each.kind in HUMAN_ACTS]
        if acts:
            return self._of_hand(acts, _reason("human_act", act=acts[-1].kind))
        seen = [each for each in hands if each.kind == Act.SEEN]
        return self._of_hand(seen, _reason("human_seen", hand=seen[-1].hand)) if seen else None

    def _of_hand(self, acts: Sequence[Click], reason: Reason) -> Judgement:
        assert acts[-1].score is not None
        return Judgement(Verdict.CONFIRMED, acts[-1].score, (reason, *_several_people(acts)))

    def weigh(self, visit: _Visit) -> _Weighed:
        signs = self.signs(visit)
        if signs:
            return _Weighed(visit, None, doubts=tuple(signs))
        if len(visit.scores) > 1:
            return self._weigh_many(visit)
        doubts = self._doubts(visit)
        if doubts:
            return _Weighed(visit, None, doubts=tuple(doubts))
        return _Weighed(visit, visit.clicks[-1].score, notes=tuple(self._notes(visit)))

    def _weigh_many(self, visit: _Visit) -> _Weighed:
        """Several scores at once are a robot's, but for those whose pages somebody looked at."""
        burst = (_burst(visit, self.thresholds),)
        if self.trap is not None and not self._is_apart_from_trap(visit):
            return _Weighed(visit, None, doubts=(*burst, _reason("trap")))
        looked_at = {score for score in visit.scores if self._seconds_seen(visit, score) >= self.thresholds.glanced_at}
        if looked_at == visit.scores and len(looked_at) == 2:
            return _Weighed(visit, visit.latest_of(looked_at), notes=(_reason("corrected"),))
        if len(looked_at) == 1 and not self.is_soon(visit.began_at):
            (score,) = looked_at
            seconds = self._seconds_seen(visit, score)
            if seconds >= self.thresholds.in_view:
                return _Weighed(visit, score, notes=(_reason("among_robots", seconds=seconds), *burst))
        return _Weighed(visit, None, doubts=burst)

    def signs(self, visit: _Visit) -> list[Reason]:
        """What no person's program does."""
        found = []
        robot = next((each for each in visit.requests if agents.is_robot(each.agent)), None)
        if robot:
            found.append(_reason("robot_agent", agent=robot.agent[:60]))
        if any(each.signals.get("webdriver") for each in visit.told):
            found.append(_reason("webdriver"))
        if any(each.signals.get("blank") for each in visit.told):
            found.append(_reason("no_screen"))
        if any(each.signals.get("languages") == 0 for each in visit.told):
            found.append(_reason("no_languages"))
        if any(self._is_by_script(each, visit) for each in visit.requests):
            found.append(_reason("script_act"))
        return found

    def _is_by_script(self, act: Click, visit: _Visit) -> bool:
        """A script pressed the button at once. (What reads or clicks pages for people with disabilities takes its time.)"""
        if act.kind not in HUMAN_ACTS or act.hand or "hand" not in act.signals:
            return False
        seen = max((each.seconds for each in visit.told), default=0)
        return self.is_soon(act.at) or seen < self.thresholds.in_view

    def _doubts(self, visit: _Visit) -> list[Reason]:
        """Of a visit with one score: each alone is enough not to believe it."""
        doubts = []
        if self.trap is not None and not self._is_apart_from_trap(visit):
            doubts.append(_reason("trap"))
        if not visit.is_silent:
            return doubts
        if self.is_soon(visit.began_at):
            doubts.append(_reason("soon_and_silent", seconds=self._age(visit.began_at)))
        strange = agents.strangeness(visit.clicks[-1].agent, visit.clicks[-1].signals)
        if strange:
            doubts.append(_reason("unlike_browser", what=strange))
        return doubts

    def _notes(self, visit: _Visit) -> list[Reason]:
        score = visit.clicks[-1].score
        seconds = self.seconds_in_view(visit, score) if score is not None else 0
        notes = [_reason("in_view", seconds=seconds) if seconds >= self.thresholds.in_view else _reason("one_score")]
        if visit.is_silent:
            notes.append(_reason("no_style"))
        if self.is_soon(visit.began_at):
            notes.append(_reason("soon_after_sending", seconds=self._age(visit.began_at)))
        return notes

    def _is_apart_from_trap(self, visit: _Visit) -> bool:
        """A later visit, from another network, whose page somebody looked at."""
        trap = self.trap
        if trap is None or visit.began_at <= trap.at or visit.clicks[-1].network == trap.network:
            return False
        return self._seconds_seen(visit, visit.clicks[-1].score or 0) >= self.thresholds.in_view

    def _seconds_seen(self, visit: _Visit, score: int) -> int:
        """In view with its style: else 0."""
        return self.seconds_in_view(visit, score) if visit.has_style(score) else 0

    def seconds_in_view(self, visit: _Visit, score: int) -> int:
        return max((each.seconds for each in visit.told if each.score == score), default=0)

    def is_soon(self, at: datetime) -> bool:
        """After sending, or a little before it was noted."""
        return self.sent_at is not None and abs(at - self.sent_at) < self.thresholds.link_age

    def _age(self, at: datetime) -> int:
        return _seconds(at - self.sent_at) if self.sent_at else 0


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


def _visits(trace: Sequence[Click], thresholds: Thresholds) -> list[_Visit]:
    """Cut where nobody clicked for a while. What a page told belongs to the latest visit that opened its score."""
    visits: list[_Visit] = []
    for each in trace:
        if each.kind == Act.CLICK and each.score is not None:
            if not visits or each.at - visits[-1].clicks[-1].at > thresholds.same_visit:
                visits.append(_Visit([]))
            visits[-1].clicks.append(each)
        elif each.kind != Act.TRAP:
            _tell(visits, each)
    return visits or [_Visit([each]) for each in trace if each.score is not None]


def _tell(visits: Sequence[_Visit], told: Click) -> None:
    opened = (visit for visit in reversed(visits) if told.score in visit.scores)
    visit = next(opened, visits[-1] if visits else None)
    if visit is not None:
        visit.told.append(told)


def _burst(visit: _Visit, thresholds: Thresholds) -> Reason:
    lasted = _seconds(visit.clicks[-1].at - visit.began_at)
    code = "burst" if _is_burst(visit, thresholds) else "several_scores"
    return _reason(code, scores=len(visit.scores), seconds=lasted)


def _is_burst(visit: _Visit, thresholds: Thresholds) -> bool:
    windows = (
        {later.score for later in visit.clicks if timedelta(0) <= later.at - first.at <= thresholds.burst}
        for first in visit.clicks
    )
    return any(len(window) >= thresholds.burst_links for window in windows)


def _notes_of(believed: Sequence[_Weighed]) -> list[Reason]:
    return _several_people([each.visit.clicks[-1] for each in believed])


def _several_people(told: Sequence[Click]) -> list[Reason]:
    """Different scores from different programs or networks: colleagues behind one address, or a mail that was passed on."""
    if len({each.score for each in told}) < 2 or len({(each.network, each.agent) for each in told}) < 2:
        return []
    return [_reason("several_people", scores=len({each.score for each in told}))]


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())


def _reason(code: str, **figures: Any) -> Reason:
    return {"code": code, "rules": RULES, **figures}


def human_act(act: Act) -> list[Reason]:
    """The reasons of a response that a person confirmed on the page."""
    return [_reason("human_act", act=act)]


JUDGED: Final = "judged"


def judged(*, counts: bool, was: str) -> Reason:
    """A colleague decided; `was` is the verdict before."""
    return _reason(JUDGED, counts=counts, was=was)


def imported() -> list[Reason]:
    return [_reason("imported")]


def as_json(reasons: Iterable[Reason]) -> str:
    """For statements that write rows without the model."""
    return json.dumps(list(reasons))
