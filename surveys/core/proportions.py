"""Shares of two kinds of people: how sure a rate is, and whether two of them differ. Pure.

The interval of one rate is Wilson's score interval (E. B. Wilson, "Probable Inference, the Law of Succession, and
Statistical Inference", JASA 22:158, 1927); that of a difference is made of two of them (R. G. Newcombe, "Interval
Estimation for the Difference Between Independent Proportions", Statistics in Medicine 17, 1998, method 10). Both hold at
small numbers and near 0 and 1, where the textbook's "± 1.96 standard errors" does not.
"""

from dataclasses import dataclass
from math import ceil, erfc, sqrt

from surveys.core.nps import Z_80, Z_95


@dataclass(frozen=True)
class Range:
    """A 95 % interval of a share (0…1) or of a difference of two (−1…1)."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Rate:
    """`count` of `of`; no rate of nobody."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        return self.count / self.of if self.of > 0 else None

    @property
    def range(self) -> Range | None:
        """Wilson's."""
        if self.of <= 0:
            return None
        share, squared = self.count / self.of, Z_95**2
        middle = (share + squared / (2 * self.of)) / (1 + squared / self.of)
        margin = Z_95 * sqrt(share * (1 - share) / self.of + squared / (4 * self.of**2)) / (1 + squared / self.of)
        return Range(max(0.0, middle - margin), min(1.0, middle + margin))


def difference(one: Rate, other: Rate) -> Range | None:
    """Of `one` minus `other`; None where one of them is of nobody. Newcombe's method 10."""
    if one.range is None or other.range is None or one.value is None or other.value is None:
        return None
    between = one.value - other.value
    down = sqrt((one.value - one.range.low) ** 2 + (other.range.high - other.value) ** 2)
    up = sqrt((one.range.high - one.value) ** 2 + (other.value - other.range.low) ** 2)
    return Range(between - down, between + up)


def p_value(one: Rate, other: Rate) -> float:
    """Two-sided, of the score test with pooled variance; 1.0 where there is nothing to compare. For `nps.holm`."""
    if one.of <= 0 or other.of <= 0:
        return 1.0
    pooled = (one.count + other.count) / (one.of + other.of)
    variance = pooled * (1 - pooled) * (1 / one.of + 1 / other.of)
    if not variance:
        return 1.0
    return erfc(abs(one.count / one.of - other.count / other.of) / sqrt(2 * variance))


def needed(like: float, change: float, times: float = 1.0) -> int:
    """How many are needed in the smaller group so that four of five such comparisons show a change of this size.

    `like` is the share in the smaller group, and the larger has `times` as many. Two-sided, at 5 %: J. L. Fleiss, B. Levin
    and M. C. Paik, Statistical Methods for Rates and Proportions, 3rd edition, 2003, chapter 4, without the correction for
    continuity.
    """
    other = like + change if like + change <= 1 else like - change
    pooled = (like + times * other) / (1 + times)
    by_chance = Z_95 * sqrt((times + 1) * pooled * (1 - pooled))
    in_truth = Z_80 * sqrt(times * like * (1 - like) + other * (1 - other))
    return ceil((by_chance + in_truth) ** 2 / (times * (other - like) ** 2))
