"""A change of the score, split exactly: people changed their minds, and different people answered. Pure.

Somebody who answered in both periods stayed; the others left (answered only before) or came (only now). Each counts once,
by the last answer of a period. From the score before to the score now there are steps, each the score of fewer or more people:

    everybody's last answers before  →  without who left  →  the same people now  →  with who came

    left  = stayed(before) − everybody(before)  =  share of who left × (stayed(before) − left)
    minds = stayed(now) − stayed(before)
    came  = everybody(now) − stayed(now)        =  share of who came × (came − stayed(now))

The steps add up to the change by construction. It is the decomposition with entry and exit of M. J. Melitz and S. Polanec
("Dynamic Olley–Pakes productivity decomposition with entry and exit", RAND Journal of Economics 46:2, 2015) for shares that
are equal per person. Who answered several times in a period has earlier answers there, which count in the score as well;
what they add at either end is a step of its own, 0 where nobody did.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from surveys.core import nps
from surveys.core.migration import Migration
from surveys.core.nps import Difference, Interval, Split

Uncertain = tuple[float, float]  # an adjusted value and its variance


@dataclass(frozen=True)
class Step:
    """`points` are exact; `people` made the step. Without an interval where there is nothing to be unsure of."""

    points: Fraction
    people: int
    interval: Interval | None = None


@dataclass(frozen=True)
class Turnover:
    """`left` and `came` are last answers, `all_before` and `all_now` every answer that counts."""

    stayed: Migration
    left: Split
    came: Split
    all_before: Split
    all_now: Split

    @property
    def change(self) -> Difference:
        """What dashboards show: every answer of both periods."""
        return Difference(self.all_now, self.all_before)

    @property
    def people_before(self) -> Split:
        return self.stayed.before + self.left

    @property
    def people_now(self) -> Split:
        return self.stayed.now + self.came

    # ── The steps ────────────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def can_be_split(self) -> bool:
        """Somebody answered in both; else all of a change is that of different people."""
        return bool(self.stayed.people)

    @property
    def minds(self) -> Step | None:
        points = self.stayed.points
        return None if points is None else Step(points, self.stayed.people, self.stayed.interval)

    @property
    def gone(self) -> Step | None:
        """Those who left: what their absence does."""
        points = _between(self.stayed.before.score, self.people_before.score)
        return None if points is None else Step(points, self.left.responses, _interval(self._gone))

    @property
    def new(self) -> Step | None:
        points = _between(self.people_now.score, self.stayed.now.score)
        return None if points is None else Step(points, self.came.responses, _interval(self._new))

    @property
    def different(self) -> Step | None:
        """Who left and who came together; of nobody who stayed, all that changed."""
        people = self.left.responses + self.came.responses
        if self.gone is None or self.new is None:
            swapped = Difference(self.came, self.left)
            return None if swapped.points is None else Step(swapped.points, people, swapped.interval)
        return Step(self.gone.points + self.new.points, people, _interval(self._different))

    @property
    def repeated(self) -> Step | None:
        """What earlier answers of the same people within a period add at both ends."""
        before = _between(self.people_before.score, self.all_before.score)
        now = _between(self.all_now.score, self.people_now.score)
        return None if before is None or now is None else Step(before + now, self._earlier_answers)

    @property
    def _earlier_answers(self) -> int:
        all_answers = self.all_before.responses + self.all_now.responses
        return all_answers - self.people_before.responses - self.people_now.responses

    # ── How sure ─────────────────────────────────────────────────────────────────────────────────────────────────────
    # Who answered is taken as given: the shares are numbers, the scores are uncertain. Those who stayed, left and came are
    # different people, hence independent; both scores of those who stayed are not, and their covariance is that of the pairs.
    @property
    def _gone(self) -> Uncertain | None:
        share = _share(self.left, self.people_before)
        return _weighed(share, self.stayed.before, self.left)

    @property
    def _new(self) -> Uncertain | None:
        share = _share(self.came, self.people_now)
        return _weighed(share, self.came, self.stayed.now)

    @property
    def _different(self) -> Uncertain | None:
        parts = [part for part in (self._gone, self._new) if part]
        if not parts:
            return None
        shares = _share(self.left, self.people_before) * _share(self.came, self.people_now)
        variance = sum(part[1] for part in parts) - 2 * shares * self.stayed.covariance
        return sum(part[0] for part in parts), max(0.0, variance)


def steps(found: Turnover) -> Iterator[tuple[str, Step]]:
    """In the order in which they lead from the score before to the score now, by name; what is nothing is left out."""
    named = {"left": found.gone, "minds": found.minds, "came": found.new}
    if not found.can_be_split:
        named = {"different": found.different}
    for name, step in (named | {"repeated": found.repeated}).items():
        if step is not None and (step.people or step.points):
            yield name, step


def _between(score: Fraction | None, from_score: Fraction | None) -> Fraction | None:
    return None if score is None or from_score is None else score - from_score


def _share(part: Split, whole: Split) -> float:
    return part.responses / whole.responses if whole.responses else 0.0


def _weighed(share: float, one: Split, other: Split) -> Uncertain | None:
    """`share` times the difference of two scores."""
    if not one.responses or not other.responses:
        return None
    return share * (one.adjusted_score - other.adjusted_score), share**2 * (one.variance + other.variance)


def _interval(found: Uncertain | None) -> Interval | None:
    if found is None:
        return None
    middle, margin = found[0], nps.Z_95 * sqrt(found[1])
    return Interval(max(-200.0, middle - margin), min(200.0, middle + margin))
