"""Picks the thresholds on one half of the corpus, and counts what the rules get wrong on either.

The loss: a person who is not heard, or heard wrongly, weighs PERSON; a robot that counts weighs ROBOT; each as often as
such come. Traces whose `missed` says that the rules get them wrong are counted like all others.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from functools import cache
from typing import Any, Final

from surveys.core.proportions import Rate
from surveys.responses.traces import Click, Thresholds
from surveys.responses.verdicts import judge
from tests.responses.traces import model
from tests.responses.traces.model import Half, Kind, Outcome, Trace
from tests.responses.traces.replay import SENT, Played

PERSON: Final = 5
ROBOT: Final = 1

SECONDS: Final = (10, 20, 30, 45, 60, 120)
RANGES: Final[Mapping[str, Sequence[Any]]] = {
    "same_visit": [timedelta(seconds=seconds) for seconds in SECONDS],
    "too_many_scores": [2, 3, 4, 5],
    "link_age": [timedelta(seconds=seconds) for seconds in (0, *SECONDS)],
    "in_view": [1, 3, 5, 10],
    "glanced_at": [1, 2, 5],
}
WORDS_ONLY: Final = {"burst", "burst_links"}  # they say how a reason is called, and change no verdict

# What the thresholds are drawn to where the traces leave room: what the product promised before there were traces.
PROMISED: Final = Thresholds(
    same_visit=timedelta(seconds=45), too_many_scores=3, link_age=timedelta(seconds=60), in_view=3, glanced_at=1
)


@dataclass(frozen=True)
class Case:
    """A trace and the evidence that its replay has left in the database."""

    trace: Trace
    half: Half
    clicks: tuple[Click, ...]

    @property
    def weight(self) -> int:
        return self.trace.often * (PERSON if self.trace.kind == Kind.PERSON else ROBOT)

    def is_right(self, thresholds: Thresholds) -> bool:
        return judged(self.clicks, thresholds) == _wanted(self.trace)


def _wanted(trace: Trace) -> model.Verdict:
    """When everything has settled."""
    if trace.right.outcome != Outcome.SETTLING:
        return trace.right
    (score,) = trace.scores
    return model.counted(score)


def judged(clicks: Sequence[Click], thresholds: Thresholds) -> model.Verdict:
    if not any(click.score is not None and click.kind != "style" for click in clicks):
        return model.UNTOUCHED
    judgement = judge(clicks, sent_at=SENT, thresholds=thresholds)
    return model.counted(judgement.score) if judgement.verdict == "confirmed" else model.NOT_COUNTED


def loss(cases: Iterable[Case], thresholds: Thresholds) -> int:
    """What is wrong, weighed."""
    return sum(case.weight for case in cases if not case.is_right(thresholds))


def choose(cases: Sequence[Case]) -> Thresholds:
    """One figure after the other to where the loss is least, from several beginnings, until none gets better. Of equals
    the one nearest to what was promised."""
    cost = cache(lambda one: (loss(cases, one), _distance(one)))
    return min((_descended(cost, beginning) for beginning in _beginnings()), key=cost)


def _beginnings() -> Iterator[Thresholds]:
    yield PROMISED
    for place in (0, -1):
        yield replace(PROMISED, **{name: values[place] for name, values in RANGES.items()})


def _descended(cost: Callable[[Thresholds], tuple[int, int]], at: Thresholds) -> Thresholds:
    while True:
        best = at
        for name, values in RANGES.items():
            best = min([best, *(replace(best, **{name: value}) for value in values)], key=cost)
        if best == at:
            return at
        at = best


def _distance(one: Thresholds) -> int:
    """In steps of the ranges."""
    steps = 0
    for name, values in RANGES.items():
        steps += abs(values.index(getattr(one, name)) - values.index(getattr(PROMISED, name)))
    return steps


def unknown_figures() -> set[str]:
    """Figures of the rules that nothing here chooses."""
    return {each.name for each in fields(Thresholds)} - RANGES.keys() - WORDS_ONLY


@dataclass(frozen=True)
class Errors:
    """Of one half: people who were not heard as they meant it, and robots that counted."""

    people: Rate
    robots: Rate

    def __str__(self) -> str:
        return f"people not heard {_said(self.people)}, robots counted {_said(self.robots)}"


def _said(rate: Rate) -> str:
    if rate.range is None or rate.value is None:
        return "-"
    low, high = rate.range.low * 100, rate.range.high * 100
    return f"{rate.count} of {rate.of} ({rate.value * 100:.1f} %, 95 % interval {low:.1f} to {high:.1f})"


def errors(plays: Iterable[Played], halves: Mapping[str, Half], half: Half) -> Errors:
    """By what stands in the database after the replay."""
    of_half = [play for play in plays if halves[play.trace.name] == half]
    wrong = [play.trace.kind for play in of_half if play.verdict != play.trace.right]
    kinds = [play.trace.kind for play in of_half]
    people = Rate(wrong.count(Kind.PERSON), kinds.count(Kind.PERSON))
    return Errors(people, Rate(wrong.count(Kind.ROBOT), kinds.count(Kind.ROBOT)))
