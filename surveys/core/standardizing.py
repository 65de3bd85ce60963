"""The score of a population from the answers of its segments: each segment counts by its share of the population. Pure.

With Wₕ the share of segment h in the population and xₕ its score, the standardized score is Σ Wₕ·xₕ. Taken over those who
were asked it is post-stratification, taken over the mix of a whole period direct standardization: one formula.
Its variance, given how many of each segment answered, is Σ Wₕ²·varianceₕ ÷ nₕ (W. G. Cochran, "Sampling Techniques", 3rd ed. 1977,
section 5A.9; given the numbers that answered: D. Holt, T. M. F. Smith, "Post Stratification", J. R. Statist. Soc. A 142, 1979; direct
standardization: J. L. Fleiss, B. Levin, M. C. Paik, "Statistical Methods for Rates and Proportions", 3rd ed. 2003, chapter 19).

As in `core.nps`, ¾ promoter, ¾ detractor and 1½ passive are added before shares and variance are taken, spread over the
segments by their shares: with one segment it is the interval of `core.nps`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import sqrt
from typing import Final

from surveys.core.nps import TOO_FEW, Z_95, Interval, Split

LEAST: Final = 5  # answers for a segment to stand by itself: fewer are put together with the other small ones


@dataclass(frozen=True)
class Stratum:
    """A segment: how many of the population are in it, and what those of it who answered said."""

    population: int
    split: Split

    def __add__(self, other: "Stratum") -> "Stratum":
        return Stratum(self.population + other.population, self.split + other.split)


NOBODY = Stratum(0, Split())


@dataclass(frozen=True)
class Standardized:
    """`strata` are those that are weighed; `merged` names segments that were put together as one of them.

    `left_out` names segments that even together have too few answers to stand for their part of the population.
    """

    strata: tuple[Stratum, ...]
    merged: tuple[str, ...]
    left_out: tuple[str, ...]
    population: int  # of all segments, those left out included

    @property
    def score(self) -> Fraction | None:
        """Exact; None where nothing can be weighed."""
        if not self._weighed:
            return None
        return sum((self._share(one) * (one.split.score or 0) for one in self.strata), Fraction(0))

    @property
    def responses(self) -> int:
        return sum(one.split.responses for one in self.strata)

    @property
    def covered(self) -> Fraction:
        """How much of the population the weighed segments are, 0…1."""
        return Fraction(self._weighed, self.population) if self.population else Fraction(0)

    @property
    def effective(self) -> float:
        """How many answers of people drawn evenly from the population would be as sure (Kish's ratio, by weights)."""
        squares = sum(float(self._share(one)) ** 2 / one.split.responses for one in self.strata)
        return 1 / squares if squares else 0.0

    @property
    def is_too_few(self) -> bool:
        return self.effective < TOO_FEW - 1e-9

    @property
    def interval(self) -> Interval | None:
        if self.score is None:
            return None
        middle, variance = self._estimate
        margin = Z_95 * sqrt(variance)
        return Interval(max(-100.0, middle - margin), min(100.0, middle + margin))

    @cached_property
    def _weighed(self) -> int:
        return sum(one.population for one in self.strata)

    def _share(self, stratum: Stratum) -> Fraction:
        return Fraction(stratum.population, self._weighed)

    @cached_property
    def _estimate(self) -> tuple[float, float]:
        """Adjusted score and its variance, in points."""
        middle = variance = 0.0
        for one in self.strata:
            share = float(self._share(one))
            each, spread = _adjusted(one.split, share)
            middle += share * each
            variance += share**2 * spread
        return middle, variance


def _adjusted(split: Split, share: float) -> tuple[float, float]:
    """Score of a segment and its variance, in points, with its part of the three added answers."""
    n = split.responses + 3 * share
    promoters, detractors = (split.promoters + 0.75 * share) / n, (split.detractors + 0.75 * share) / n
    difference = promoters - detractors
    return 100 * difference, 10_000 * (promoters + detractors - difference**2) / n


def standardized(segments: Mapping[str, Stratum]) -> Standardized:
    """Segments with fewer than `LEAST` answers are put together, and left out when even that is too few."""
    small = {name: one for name, one in segments.items() if one.split.responses < LEAST}
    together = sum(small.values(), NOBODY)
    stands = together.split.responses >= LEAST
    own = [one for name, one in segments.items() if name not in small]
    weighed = [one for one in ([*own, together] if stands else own) if one.population]
    return Standardized(
        strata=tuple(weighed),
        merged=tuple(sorted(small)) if stands else (),
        left_out=() if stands else tuple(sorted(name for name, one in small.items() if one.population)),
        population=sum(one.population for one in segments.values()),
    )
