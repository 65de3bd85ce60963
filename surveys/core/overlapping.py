"""The difference of two scores when some answers are in both. Pure.

The answers that both have say nothing about the difference but by their different weight on either side. With A and B the sizes
of the two, an answer of only the first counts 1/A, one of only the other −1/B, one of both 1/A − 1/B; the three parts are
independent, so their variances add up. Without common answers this is `nps.Difference`, exactly.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from math import erfc, sqrt

from surveys.core.contributions import without
from surveys.core.nps import ALPHA, Z_95, Interval, Split, Verdict


@dataclass(frozen=True)
class Comparison:
    """`both` are the answers that are part of `one` and of `other`."""

    one: Split
    other: Split
    both: Split = field(default_factory=Split)

    @property
    def points(self) -> Fraction | None:
        """Exactly one − other; None where one of them has no score."""
        if self.one.score is None or self.other.score is None:
            return None
        return self.one.score - self.other.score

    @property
    def interval(self) -> Interval | None:
        if self.points is None:
            return None
        middle, margin = self._middle, Z_95 * sqrt(self._variance)
        return Interval(max(-200.0, middle - margin), min(200.0, middle + margin))

    @property
    def verdict(self) -> Verdict:
        if self.one.is_too_few or self.other.is_too_few:
            return Verdict.TOO_FEW
        return Verdict.CHANGED if self.p_value < ALPHA else Verdict.NO_EVIDENCE

    @property
    def p_value(self) -> float:
        """Two-sided, normal; 1.0 where there is nothing to compare."""
        if self.points is None or not self._variance:
            return 1.0
        return erfc(abs(self._middle) / sqrt(2 * self._variance))

    @property
    def _middle(self) -> float:
        return self.one.adjusted_score - self.other.adjusted_score

    @property
    def _variance(self) -> float:
        one, other = 1 / (self.one.responses + 3), 1 / (self.other.responses + 3)
        parts = [
            (without(self.one, self.both), 3, one),
            (without(self.other, self.both), 3, other),
            (self.both, 0, one - other),
        ]
        return sum((split.responses + added) * _spread(split) * weight**2 for split, added, weight in parts)


def _spread(split: Split) -> float:
    """Variance of one answer, in points squared."""
    return split.variance * (split.responses + 3)
