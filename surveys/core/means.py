"""Means of scores, and how sure a difference of two of them is. Pure.

Two groups need neither be equally large nor equally varied: B. L. Welch, "The Generalization of 'Student's' Problem when
Several Different Population Variances are Involved", Biometrika 34, 1947. The quantile of Student's t is the expansion
26.7.5 of M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 1964: from four degrees of freedom on it is
right to a hundredth.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Final, Self

from surveys.core.nps import Z_95
from surveys.core.proportions import Range

LEAST: Final = 5  # of each side: below, the variance is a guess


@dataclass(frozen=True)
class Mean:
    """Of so many numbers: their sum, and the sum of their squares."""

    count: int = 0
    total: int = 0
    squares: int = 0

    @classmethod
    def of(cls, counts: Mapping[int, int]) -> Self:
        """From how often each number was there."""
        return cls(
            sum(counts.values()),
            sum(number * count for number, count in counts.items()),
            sum(number * number * count for number, count in counts.items()),
        )

    @property
    def value(self) -> float | None:
        return self.total / self.count if self.count else None

    @property
    def error(self) -> float:
        """Squared standard error, from the sample variance; 0 of fewer than two."""
        if self.count < 2:
            return 0.0
        return (self.squares - self.total**2 / self.count) / (self.count - 1) / self.count


def difference(one: Mean, other: Mean) -> Range | None:
    """The 95 % interval of `one` minus `other`; None with fewer than LEAST on a side."""
    if min(one.count, other.count) < LEAST or one.value is None or other.value is None:
        return None
    between, error = one.value - other.value, one.error + other.error
    if not error:
        return Range(between, between)
    freedom = error**2 / (one.error**2 / (one.count - 1) + other.error**2 / (other.count - 1))
    margin = student(freedom) * sqrt(error)
    return Range(between - margin, between + margin)


def student(freedom: float) -> float:
    """What 97.5 % of Student's t with so many degrees of freedom lie below."""
    z, n = Z_95, freedom
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * n**4)
    )
