"""Which answer stands, and whether it may count: pure rules over the requests about one invitation. See docs/clicks.md.

The rules have a version, kept with every verdict, so that stored requests can be judged again when the rules change.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from surveys.responses import agents
from surveys.responses.models import Act, Verdict
from surveys.responses.traces import DEFAULT as DEFAULT
from surveys.responses.traces import HUMAN_ACTS as HUMAN_ACTS
from surveys.responses.traces import RULES as RULES
from surveys.responses.traces import Click as Click
from surveys.responses.traces import Reason, Trace, Visit, burst
from surveys.responses.traces import Thresholds as Thresholds
from surveys.responses.traces import is_by_hand as is_by_hand
from surveys.responses.traces import is_driven as is_driven
from surveys.responses.traces import reason_of as _reason

MOST_OF_A_KIND: Final = 5  # reasons of a verdict


@dataclass(frozen=True)
class Judgement:
    """`reasons` are codes with figures; `responses.verdict_words` says them to people."""

    verdict: Verdict
    score: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class _Weighed:
    """`score` is None when the visit is not believed; then `doubts` say why."""

    visit: Visit
    score: int | None
    notes: tuple[Reason, ...] = ()
    doubts: tuple[Reason, ...] = ()


def judge(clicks: Iterable[Click], *, sent_at: datetime | None = None, thresholds: Thresholds = DEFAULT) -> Judgement:
    """What stands once nobody has clicked for the settling time. Needs a request with a score, in any order.

    What a hand did on the page wins over everything. Else each visit is believed or not, and the score of the latest
    that is believed stands, unless those disagree too often.
    """
    trace = Trace.of(clicks, sent_at, thresholds)
    by_hand = _by_hand(trace)
    if by_hand is not None:
        return by_hand
    weighed = [_weigh(trace, visit) for visit in trace.visits]
    doubts = _few([*trace.robots_reasons, *(reason for each in weighed for reason in each.doubts)])
    believed = [each for each in weighed if each.score is not None]
    different = {each.score for each in believed}
    if believed and len(different) < thresholds.too_many_scores:
        latest = believed[-1]
        assert latest.score is not None
        several = _several_people([each.visit.last for each in believed])
        return Judgement(Verdict.CONFIRMED, latest.score, (*latest.notes, *several, *doubts))
    if believed:
        doubts.append(_reason("many_scores", scores=len(different)))
    return Judgement(Verdict.QUARANTINED, trace.last_score, tuple(doubts))


def _few(reasons: Iterable[Reason]) -> list[Reason]:
    """The first of each kind: robots come by the hundred, and nobody reads more."""
    seen: Counter[str] = Counter()
    few = []
    for reason in reasons:
        seen[reason["code"]] += 1
        if seen[reason["code"]] <= MOST_OF_A_KIND:
            few.append(reason)
    return few


def early(
    clicks: Iterable[Click], *, sent_at: datetime | None = None, thresholds: Thresholds = DEFAULT
) -> Judgement | None:
    """Whether it may count already, before the settling time is over: None when nothing says so yet."""
    trace = Trace.of(clicks, sent_at, thresholds)
    by_hand = _by_hand(trace)
    if by_hand is not None or len(trace.scores) != 1 or trace.trap is not None:
        return by_hand
    (score,) = trace.scores
    seconds = max(visit.seconds_seen(score) for visit in trace.visits)
    if seconds < thresholds.in_view or trace.is_soon(trace.visits[0].began_at):
        return None
    return Judgement(Verdict.CONFIRMED, score, (_reason("in_view", seconds=seconds),))


def _by_hand(trace: Trace) -> Judgement | None:
    """The latest button wins; without one, the latest page that a person looked at of whom a hand was seen."""
    hands = trace.hands()
    acts = [each for each in hands if each.kind in HUMAN_ACTS]
    if acts:
        return _of_hand(acts, _reason("human_act", act=acts[-1].kind))
    seen = trace.looked_at(hands)
    return _of_hand(seen, _reason("human_seen", hand=max(each.hand for each in seen))) if seen else None


def _of_hand(acts: Sequence[Click], reason: Reason) -> Judgement:
    score = acts[-1].score
    assert score is not None
    return Judgement(Verdict.CONFIRMED, score, (reason, *_several_people(acts)))


def _weigh(trace: Trace, visit: Visit) -> _Weighed:
    if len(visit.scores) > 1:
        return _weigh_many(trace, visit)
    doubts = tuple(_doubts(trace, visit))
    return _Weighed(visit, None if doubts else visit.last.score, notes=tuple(_notes(trace, visit)), doubts=doubts)


def _weigh_many(trace: Trace, visit: Visit) -> _Weighed:
    """Several scores at once are a robot's, but for those whose pages somebody looked at."""
    limits, at_once = trace.thresholds, (burst(visit, trace.thresholds),)
    if not trace.is_apart_from_trap(visit):
        return _Weighed(visit, None, doubts=(*at_once, _reason("trap")))
    looked_at = {score for score in visit.scores if visit.seconds_seen(score) >= limits.glanced_at}
    if looked_at == visit.scores and len(looked_at) == 2:
        return _Weighed(visit, visit.latest_of(looked_at), notes=(_reason("corrected"),))
    if len(looked_at) == 1 and not trace.is_soon(visit.began_at):
        (score,) = looked_at
        seconds = visit.seconds_seen(score)
        if seconds >= limits.in_view:
            return _Weighed(visit, score, notes=(_reason("among_robots", seconds=seconds), *at_once))
    return _Weighed(visit, None, doubts=at_once)


def _doubts(trace: Trace, visit: Visit) -> list[Reason]:
    """Of a visit with one score: each alone is enough not to believe it."""
    doubts = [] if trace.is_apart_from_trap(visit) else [_reason("trap")]
    if not visit.is_silent:
        return doubts
    if trace.is_soon(visit.began_at):
        doubts.append(_reason("soon_and_silent", seconds=trace.age(visit.began_at)))
    strange = agents.strangeness(visit.last.agent, visit.last.signals)
    if strange:
        doubts.append(_reason("unlike_browser", what=strange))
    return doubts


def _notes(trace: Trace, visit: Visit) -> list[Reason]:
    seconds = visit.seconds_in_view(visit.last.score)
    is_looked_at = seconds >= trace.thresholds.in_view
    notes = [_reason("in_view", seconds=seconds) if is_looked_at else _reason("one_score")]
    if visit.is_silent:
        notes.append(_reason("no_style"))
    if trace.is_soon(visit.began_at):
        notes.append(_reason("soon_after_sending", seconds=trace.age(visit.began_at)))
    return notes


def _several_people(told: Sequence[Click]) -> list[Reason]:
    """Different scores from different programs or networks: colleagues behind one address, or a mail that was passed on."""
    if len({each.score for each in told}) < 2 or len({(each.network, each.agent) for each in told}) < 2:
        return []
    return [_reason("several_people", scores=len({each.score for each in told}))]


def human_act(act: Act) -> list[Reason]:
    """The reasons of a response that a person confirmed on the page."""
    return [_reason("human_act", act=act)]


JUDGED: Final = "judged"


def judged(*, counts: bool, was: str) -> Reason:
    """A colleague decided; `was` is the verdict before."""
    return _reason(JUDGED, counts=counts, was=was)


def of_rules(reasons: Iterable[Reason]) -> list[Reason]:
    """Without what a colleague decided."""
    return [reason for reason in reasons if reason["code"] != JUDGED]


def imported() -> list[Reason]:
    return [_reason("imported")]


def as_json(reasons: Iterable[Reason]) -> str:
    """For statements that write rows without the model."""
    return json.dumps(list(reasons))
