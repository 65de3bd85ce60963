"""What one segment does to the score of everyone. Pure, in exact fractions.

With s the segment's share, x its score, r that of the others, the score of everyone is s·x + (1 − s)·r. So the segment's
contribution is s·(x − everyone), and all contributions of segments that do not overlap add up to 0; if it scored like
the others, everyone would score r.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from surveys.core.nps import ALPHA, Difference, Split, Verdict, holm


def without(everyone: Split, part: Split) -> Split:
    """Those of everyone who are not in `part`."""
    return Split(
        everyone.promoters - part.promoters,
        everyone.passives - part.passives,
        everyone.detractors - part.detractors,
    )


@dataclass(frozen=True)
class Contribution:
    """`everyone` holds the segment, too."""

    segment: Split
    everyone: Split

    @property
    def others(self) -> Split:
        return without(self.everyone, self.segment)

    @property
    def share(self) -> Fraction:
        """0…1; 0 where nobody answered."""
        return Fraction(self.segment.responses, self.everyone.responses or 1)

    @property
    def points(self) -> Fraction | None:
        """share × (score − score of everyone): below 0 it holds the score down."""
        if self.segment.score is None or self.everyone.score is None:
            return None
        return self.share * (self.segment.score - self.everyone.score)

    @property
    def like_the_others(self) -> Fraction | None:
        """The score of everyone, if this segment scored like all the others; None where there are no others."""
        return self.others.score

    @property
    def move(self) -> Fraction | None:
        """By how many points the score of everyone would move then."""
        if self.like_the_others is None or self.everyone.score is None:
            return None
        return self.like_the_others - self.everyone.score


def verdicts(differences: Iterable[Difference], alpha: float = ALPHA) -> list[Verdict]:
    """Of comparisons made together, corrected by Holm's method.

    Those with too few responses are not compared, so they cost the others nothing: how many answered says nothing
    about what they said.
    """
    found = list(differences)
    compared = [one for one in found if one.verdict_when(is_significant=False) is not Verdict.TOO_FEW]
    significant = iter(holm((one.p_value for one in compared), alpha))
    return [
        Verdict.TOO_FEW
        if one.verdict_when(is_significant=False) is Verdict.TOO_FEW
        else one.verdict_when(next(significant))
        for one in found
    ]
