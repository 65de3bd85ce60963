"""The Net Promoter Score: scale, categories, score, interval, comparison. Pure, exact where it can be.

Shares and the interval follow the adjusted Wald method on the trinomial: ¾ promoter, ¾ detractor and
1½ passive are added (3 in all) before shares and variance are taken (B. Rocks, "Interval Estimation
for the Net Promoter Score", The American Statistician 70:4, 2016).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import erfc, floor, sqrt
from typing import Final, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from surveys.core.choices import Category

SCALE = range(11)
TOO_FEW = 30
Z_95 = 1.959963984540054
Z_80 = 0.8416212335729143  # four of five lie below it
ALPHA = 0.05


_SCORES = {
    Category.PROMOTER: range(9, 11),
    Category.PASSIVE: range(7, 9),
    Category.DETRACTOR: range(7),
}
_PLURALS = {
    Category.PROMOTER: _("Promoters"),
    Category.PASSIVE: _("Passives"),
    Category.DETRACTOR: _("Detractors"),
}


def classify(score: int) -> Category:
    """Raises ValueError for what is not a whole number from 0 to 10."""
    for category, scores in _SCORES.items():
        if score in scores:
            return category
    raise ValueError(f"{score!r} is no score: expected a whole number from 0 to 10")


def plural(category: Category) -> str:
    return str(_PLURALS[category])


def score(promoters: int, passives: int, detractors: int) -> Fraction | None:
    """Exactly 100 × (promoters − detractors) ÷ responses; None without responses."""
    responses = promoters + passives + detractors
    return Fraction(100 * (promoters - detractors), responses) if responses else None


def rounded(value: Fraction | float) -> int:
    """To a whole number, halves away from zero (12.5 → 13, −12.5 → −13)."""
    size = floor(abs(Fraction(value)) + Fraction(1, 2))
    return size if value >= 0 else -size


@dataclass(frozen=True)
class Interval:
    """A 95 % interval in points of NPS, within −100…100."""

    low: float
    high: float

    @property
    def margin(self) -> float:
        return (self.high - self.low) / 2

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{signed(self.low)} to {signed(self.high)}"


def signed(value: Fraction | float) -> str:
    """The rounded number as people read it, with a real minus sign."""
    whole = rounded(value)
    return f"−{-whole}" if whole < 0 else str(whole)


@dataclass(frozen=True)
class Split:
    """Counted responses by category."""

    promoters: int = 0
    passives: int = 0
    detractors: int = 0

    @classmethod
    def of_scores(cls, counts: Sequence[int]) -> Self:
        """From eleven counts, one per score from 0 to 10."""
        return cls(promoters=sum(counts[9:]), passives=sum(counts[7:9]), detractors=sum(counts[:7]))

    def __add__(self, other: "Split") -> "Split":
        return Split(
            self.promoters + other.promoters, self.passives + other.passives, self.detractors + other.detractors
        )

    def __sub__(self, part: "Split") -> "Split":
        """Those that are not in `part`."""
        return Split(self.promoters - part.promoters, self.passives - part.passives, self.detractors - part.detractors)

    @property
    def responses(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def is_too_few(self) -> bool:
        return self.responses < TOO_FEW

    @property
    def score(self) -> Fraction | None:
        return score(self.promoters, self.passives, self.detractors)

    @property
    def rounded_score(self) -> int | None:
        return None if self.score is None else rounded(self.score)

    def count(self, category: Category) -> int:
        return {
            Category.PROMOTER: self.promoters,
            Category.PASSIVE: self.passives,
            Category.DETRACTOR: self.detractors,
        }[category]

    def share(self, category: Category) -> Fraction:
        """0…1; 0 without responses."""
        return Fraction(self.count(category), self.responses) if self.responses else Fraction(0)

    @cached_property
    def _estimate(self) -> tuple[float, float]:
        """Adjusted score (−1…1) and its variance."""
        n = self.responses + 3
        promoters, detractors = (self.promoters + 0.75) / n, (self.detractors + 0.75) / n
        difference = promoters - detractors
        return difference, (promoters + detractors - difference**2) / n

    @property
    def variance(self) -> float:
        """Of the score in points squared."""
        return 10_000 * self._estimate[1]

    @property
    def adjusted_score(self) -> float:
        return 100 * self._estimate[0]

    @property
    def interval(self) -> Interval | None:
        if not self.responses:
            return None
        return _interval(self.adjusted_score, self.variance, limit=100)


def _interval(middle: float, variance: float, *, limit: float) -> Interval:
    margin = Z_95 * sqrt(variance)
    return Interval(max(-limit, middle - margin), min(limit, middle + margin))


class Verdict(models.TextChoices):
    CHANGED = "changed", _("changed")
    NO_EVIDENCE = "no_evidence", _("no evidence of change")
    TOO_FEW = "too_few", _("too few to be sure")


@dataclass(frozen=True)
class Difference:
    """`now` minus `before`, as independent samples: the variances add."""

    now: Split
    before: Split

    @property
    def points(self) -> Fraction | None:
        """The exact difference of the exact scores; None where one of them has none."""
        if self.now.score is None or self.before.score is None:
            return None
        return self.now.score - self.before.score

    @property
    def interval(self) -> Interval | None:
        if self.points is None:
            return None
        return _interval(self._adjusted, self._variance, limit=200)

    @property
    def p_value(self) -> float:
        """Two-sided, normal; 1.0 where there is nothing to compare."""
        if self.points is None:
            return 1.0
        return erfc(abs(self._adjusted) / sqrt(2 * self._variance))

    @property
    def verdict(self) -> Verdict:
        return self.verdict_when(self.p_value < ALPHA)

    def verdict_when(self, is_significant: bool) -> Verdict:
        """The verdict of a comparison among several, once `holm` has spoken."""
        if self.now.is_too_few or self.before.is_too_few:
            return Verdict.TOO_FEW
        return Verdict.CHANGED if is_significant else Verdict.NO_EVIDENCE

    @property
    def _adjusted(self) -> float:
        return self.now.adjusted_score - self.before.adjusted_score

    @property
    def _variance(self) -> float:
        return self.now.variance + self.before.variance


def holm(p_values: Iterable[float], alpha: float = ALPHA) -> list[bool]:
    """Which of several comparisons stay significant when made together (Holm's step-down).

    S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statistics 6, 1979.
    """
    values = list(p_values)
    significant = [False] * len(values)
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        if values[index] >= alpha / (len(values) - rank):
            break
        significant[index] = True
    return significant


# ── Before anybody was asked ─────────────────────────────────────────────────────────────────────────────────────────
WIDEST: Final = 10_000.0  # variance of one answer, in points squared, when half are promoters and half detractors


def expected_variance(answers: int, like: Split) -> float:
    """Of the adjusted score of so many answers, in points squared, when they split as the answers in `like` did.

    Without any answers to go by it is the widest that there can be.
    """
    each = like.variance * (like.responses + 3) if like.responses else WIDEST
    return each / (answers + 3)


def expected_margin(answers: int, like: Split) -> float:
    """Half the width of the interval that so many answers will have, in points."""
    return min(100.0, Z_95 * sqrt(expected_variance(answers, like)))


def least_change(answers: int, before: Split) -> float | None:
    """The smallest difference to `before`, in points, that so many answers could show: what `Difference` calls a change.

    None when either side is too few, or when not even the greatest difference would do. A true change of exactly this
    size is seen in one wave of two.
    """
    return _difference_seen(answers, before, Z_95)


def likely_seen_change(answers: int, before: Split) -> float | None:
    """The true change, in points, that four of five such waves would show.

    The "minimum detectable effect" at a power of 80 %: (z₀.₉₇₅ + z₀.₈₀) standard errors (H. S. Bloom, "Minimum Detectable
    Effects", Evaluation Review 19:5, 1995).
    """
    return _difference_seen(answers, before, Z_95 + Z_80)


def _difference_seen(answers: int, before: Split, errors: float) -> float | None:
    if answers < TOO_FEW or before.is_too_few:
        return None
    points = errors * sqrt(before.variance + expected_variance(answers, before))
    return points if points <= 200 else None
