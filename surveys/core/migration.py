"""The same people at two times: who went up, who fell, and whether that is more than chance. Pure.

A person goes from a score to a score; `counts[before][now]` is how many did. The change of their score is a mean of
paired differences, so its interval is much narrower than that of two scores of strangers. It is made as
`core.nps` makes the interval of one score: three pseudo-pairs are added before shares and variance are taken. They lie as
if both answers were independent, ¼ promoter, ½ passive, ¼ detractor each, so either time gets the ¾, 1½, ¾ of B. Rocks (The
American Statistician 70:4, 2016); to add pseudo-observations to the table of pairs is the idea of A. Agresti and Y. Min
("Simple improved confidence intervals for comparing matched proportions", Statistics in Medicine 24:5, 2005).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import erfc, exp, sqrt
from typing import Final, Self

from surveys.core import nps
from surveys.core.choices import Category
from surveys.core.nps import Interval, Split, Verdict
from surveys.core.proportions import Rate

Table = tuple[tuple[int, ...], ...]
FEWEST_MOVES: Final = 10  # below it the χ² of so few is no χ²

_WORTH: Final = {Category.PROMOTER: 1, Category.PASSIVE: 0, Category.DETRACTOR: -1}
_PSEUDO_PAIRS: Final = 3
_PSEUDO_SHARES: Final = {Category.PROMOTER: 0.25, Category.PASSIVE: 0.5, Category.DETRACTOR: 0.25}


@dataclass(frozen=True)
class Homogeneity:
    """Whether the shares of the categories differ between both times: `statistic` is a χ² with `degrees` of freedom."""

    statistic: float
    degrees: int
    verdict: Verdict

    @property
    def p_value(self) -> float:
        """Exact for one and two degrees of freedom; 1.0 where nobody moved."""
        if self.degrees == 2:
            return exp(-self.statistic / 2)
        return erfc(sqrt(self.statistic / 2)) if self.degrees else 1.0


@dataclass(frozen=True)
class Migration:
    """`counts[before][now]`: eleven rows of eleven numbers of people."""

    counts: Table

    @classmethod
    def of_pairs(cls, found: Mapping[tuple[int, int], int]) -> Self:
        return cls(tuple(tuple(found.get((before, now), 0) for now in nps.SCALE) for before in nps.SCALE))

    def ending_in(self, scores: tuple[int, ...]) -> "Migration":
        """Only those whose later score is one of these."""
        kept = set(scores)
        return Migration(tuple(tuple(n if now in kept else 0 for now, n in enumerate(row)) for row in self.counts))

    @cached_property
    def people(self) -> int:
        return sum(map(sum, self.counts))

    @cached_property
    def before(self) -> Split:
        return Split.of_scores([sum(row) for row in self.counts])

    @cached_property
    def now(self) -> Split:
        return Split.of_scores([sum(column) for column in zip(*self.counts, strict=True)])

    def count(self, before: Category, now: Category) -> int:
        return self.by_category[before, now]

    @cached_property
    def by_category(self) -> dict[tuple[Category, Category], int]:
        found = {(before, now): 0 for before in Category for now in Category}
        for before, row in enumerate(self.counts):
            for now, people in enumerate(row):
                found[nps.classify(before), nps.classify(now)] += people
        return found

    # ── Rates ────────────────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def up(self) -> Rate:
        """Into a better category."""
        return Rate(sum(n for step, n in self._steps() if step > 0), self.people)

    @property
    def down(self) -> Rate:
        return Rate(sum(n for step, n in self._steps() if step < 0), self.people)

    @property
    def unchanged(self) -> Rate:
        return Rate(sum(n for step, n in self._steps() if step == 0), self.people)

    def _steps(self) -> Iterator[tuple[int, int]]:
        """By how many categories, and how many people."""
        for (before, now), people in self.by_category.items():
            yield _WORTH[now] - _WORTH[before], people

    @property
    def score_up(self) -> Rate:
        """A higher score, in whatever category."""
        return self._scores_where(1)

    @property
    def score_down(self) -> Rate:
        return self._scores_where(-1)

    @property
    def score_unchanged(self) -> Rate:
        return self._scores_where(0)

    def _scores_where(self, sign: int) -> Rate:
        cells = ((now - before, n) for before, row in enumerate(self.counts) for now, n in enumerate(row))
        return Rate(sum(n for step, n in cells if (step > 0) - (step < 0) == sign), self.people)

    # ── What it did to the score ─────────────────────────────────────────────────────────────────────────────────────
    @property
    def points(self) -> Fraction | None:
        """Exactly their score now minus their score before; None of nobody."""
        return Fraction(100 * sum(step * n for step, n in self._steps()), self.people) if self.people else None

    @property
    def interval(self) -> Interval | None:
        if not self.people:
            return None
        middle, margin = self.adjusted_points, nps.Z_95 * sqrt(self.variance)
        return Interval(max(-200.0, middle - margin), min(200.0, middle + margin))

    @property
    def adjusted_points(self) -> float:
        return 100 * self._estimate[0]

    @property
    def variance(self) -> float:
        """Of `points`, in points squared."""
        return 10_000 * self._estimate[1]

    @property
    def covariance(self) -> float:
        """Of both scores of the same people, in points squared: what makes `variance` less than their sum."""
        return (self.before.variance + self.now.variance - self.variance) / 2

    @cached_property
    def _estimate(self) -> tuple[float, float]:
        """Mean of the adjusted differences (−2…2) and its variance."""
        shares = [(_WORTH[now] - _WORTH[before], share) for (before, now), share in self._adjusted_shares()]
        mean = sum(step * share for step, share in shares)
        return mean, (sum(step**2 * share for step, share in shares) - mean**2) / (self.people + _PSEUDO_PAIRS)

    def _adjusted_shares(self) -> Iterator[tuple[tuple[Category, Category], float]]:
        for (before, now), people in self.by_category.items():
            pseudo = _PSEUDO_PAIRS * _PSEUDO_SHARES[before] * _PSEUDO_SHARES[now]
            yield (before, now), (people + pseudo) / (self.people + _PSEUDO_PAIRS)

    @property
    def verdict(self) -> Verdict:
        """Of the change of their score."""
        if self.people < nps.TOO_FEW or self.interval is None:
            return Verdict.TOO_FEW
        return Verdict.NO_EVIDENCE if 0 in self.interval else Verdict.CHANGED

    # ── Whether the shares of the categories shifted ─────────────────────────────────────────────────────────────────
    @property
    def homogeneity(self) -> Homogeneity:
        """The Stuart–Maxwell test of marginal homogeneity.

        A. Stuart, Biometrika 42, 1955; A. E. Maxwell, British Journal of Psychiatry 116, 1970; in the closed form for
        three categories of J. L. Fleiss and B. S. Everitt, British Journal of Mathematical and Statistical Psychology 24,
        1971. When people moved between two of the categories only it is McNemar's test of these (Psychometrika 12, 1947).
        """
        statistic, degrees = self._stuart_maxwell()
        found = Homogeneity(statistic, degrees, Verdict.TOO_FEW)
        moved = self.people - self.unchanged.count
        if self.people < nps.TOO_FEW or 0 < moved < FEWEST_MOVES:
            return found
        verdict = Verdict.CHANGED if found.p_value < nps.ALPHA else Verdict.NO_EVIDENCE
        return Homogeneity(statistic, degrees, verdict)

    def _stuart_maxwell(self) -> tuple[float, int]:
        promoters, passives, detractors = Category
        between = [
            self._between(passives, detractors),
            self._between(promoters, detractors),
            self._between(promoters, passives),
        ]
        left = [self.before.count(category) - self.now.count(category) for category in Category]
        products = between[0] * between[1] + between[0] * between[2] + between[1] * between[2]
        if products:
            weighed = sum(Fraction(moved * gone**2) for moved, gone in zip(between, left, strict=True))
            return float(weighed / (2 * products)), 2
        moved = sum(between)
        return (float(Fraction(max(map(abs, left)) ** 2) / (2 * moved)), 1) if moved else (0.0, 0)

    def _between(self, one: Category, other: Category) -> Fraction:
        """Half of those who moved between two categories, in either direction."""
        return Fraction(self.count(one, other) + self.count(other, one), 2)
