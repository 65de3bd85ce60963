"""A score in which answers weigh differently, and how sure it is. Pure.

The weighted score is a ratio of two sums, Σ w·y ÷ Σ w with y = 100, 0 or −100. Its variance is that of the linearized
ratio, Σ w²·(y − score)² ÷ (Σ w)² (W. G. Cochran, "Sampling Techniques", 3rd ed. 1977, section 6.4; C.-E. Särndal, B. Swensson,
J. Wretman, "Model Assisted Survey Sampling", 1992, section 5.6). So many answers of equal weight would be as sure: (Σ w)² ÷ Σ w²
(L. Kish, "Survey Sampling", 1965, section 8.2).

As in `core.nps`, ¾ promoter, ¾ detractor and 1½ passive are added before shares and variance are taken. Each weighs
Σ w² ÷ Σ w, so that they are 3 more of the effective answers; with equal weights all of this is the interval of `core.nps`.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import sqrt

from surveys.core.choices import Category
from surveys.core.nps import TOO_FEW, Z_95, Interval

_POINTS = {Category.PROMOTER: 100, Category.PASSIVE: 0, Category.DETRACTOR: -100}
_ADDED = {Category.PROMOTER: Fraction(3, 4), Category.PASSIVE: Fraction(3, 2), Category.DETRACTOR: Fraction(3, 4)}


@dataclass(frozen=True)
class Weights:
    """Of the answers of one category: how many, the sum of their weights, and of the squares of these. None below 0."""

    count: int = 0
    total: Fraction = Fraction(0)
    squares: Fraction = Fraction(0)

    def __add__(self, other: "Weights") -> "Weights":
        return Weights(self.count + other.count, self.total + other.total, self.squares + other.squares)


@dataclass(frozen=True)
class WeightedSplit:
    promoters: Weights = Weights()
    passives: Weights = Weights()
    detractors: Weights = Weights()

    def of(self, category: Category) -> Weights:
        return {
            Category.PROMOTER: self.promoters,
            Category.PASSIVE: self.passives,
            Category.DETRACTOR: self.detractors,
        }[category]

    @cached_property
    def all(self) -> Weights:
        return self.promoters + self.passives + self.detractors

    @property
    def score(self) -> Fraction | None:
        """Exact; None when nothing weighs anything."""
        if not self.all.total:
            return None
        return 100 * (self.promoters.total - self.detractors.total) / self.all.total

    def share(self, category: Category) -> Fraction:
        """Of the weight, 0…1."""
        return self.of(category).total / self.all.total if self.all.total else Fraction(0)

    @property
    def effective(self) -> Fraction:
        """How many answers of equal weight are as sure (Kish)."""
        return self.all.total**2 / self.all.squares if self.all.squares else Fraction(0)

    @property
    def is_too_few(self) -> bool:
        return self.effective < TOO_FEW

    @property
    def interval(self) -> Interval | None:
        if not self.all.total:
            return None
        middle, variance = self._estimate
        margin = Z_95 * sqrt(variance)
        return Interval(max(-100.0, middle - margin), min(100.0, middle + margin))

    @cached_property
    def _estimate(self) -> tuple[float, float]:
        """Adjusted score and its variance, in points."""
        each = self.all.squares / self.all.total
        total = self.all.total + sum(_ADDED.values()) * each
        weights = {category: self.of(category).total + _ADDED[category] * each for category in Category}
        squares = {category: self.of(category).squares + _ADDED[category] * each**2 for category in Category}
        score = sum(_POINTS[category] * weights[category] for category in Category) / total
        spread = sum(squares[category] * (_POINTS[category] - score) ** 2 for category in Category)
        return float(score), float(spread / total**2)
