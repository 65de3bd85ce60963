"""Why a score moved: because segments score differently, or because others answered. Pure, adds up exactly.

With w the share of a segment among the answers and x its score, before and now, the change of the score is
Σ (w₁ + w₀)/2 · (x₁ − x₀)  +  Σ (w₁ − w₀) · ((x₁ + x₀)/2 − mean of both scores): the score part and the mix part
(E. M. Kitagawa, "Components of a Difference Between Two Rates", JASA 50:272, 1955). The mean of both scores adds nothing to the sum,
because shares add up to 1, and makes each segment's mix part readable: more of those who score above the mean lift the score.
A segment that nobody of answered in one of the periods has no score there: all that it did is mix.

The intervals are those of the linearized parts (delta method; answers of both periods drawn independently).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import sqrt

from surveys.core.nps import Z_95, Interval, Split


@dataclass(frozen=True)
class Part:
    """One segment's. Shares are 0…1, the other figures points."""

    name: str
    before: Split
    now: Split
    share_before: Fraction
    share_now: Fraction
    of_score: Fraction
    of_mix: Fraction

    @property
    def both(self) -> Fraction:
        return self.of_score + self.of_mix


@dataclass(frozen=True)
class Decomposition:
    """None of it without answers in both periods; `parts` are in the order of the segments that were given."""

    before: Split
    now: Split
    parts: tuple[Part, ...]

    @property
    def change(self) -> Fraction:
        """Exactly the difference of the exact scores."""
        return (self.now.score or Fraction(0)) - (self.before.score or Fraction(0))

    @cached_property
    def of_score(self) -> Fraction:
        return sum((part.of_score for part in self.parts), Fraction(0))

    @cached_property
    def of_mix(self) -> Fraction:
        return sum((part.of_mix for part in self.parts), Fraction(0))

    @property
    def score_interval(self) -> Interval:
        return _around(self.of_score, _variance(self.parts, sign=1))

    @property
    def mix_interval(self) -> Interval:
        return _around(self.of_mix, _variance(self.parts, sign=-1))


def decomposition(before: Mapping[str, Split], now: Mapping[str, Split]) -> Decomposition | None:
    """Of segments that do not overlap; None where nobody answered in one of the periods."""
    first, last = sum(before.values(), Split()), sum(now.values(), Split())
    if first.score is None or last.score is None:
        return None
    mean = (first.score + last.score) / 2
    names = dict.fromkeys([*now, *before])
    parts = (_part(name, before.get(name, Split()), now.get(name, Split()), first, last, mean) for name in names)
    return Decomposition(first, last, tuple(part for part in parts if part.before.responses or part.now.responses))


def _part(name: str, before: Split, now: Split, first: Split, last: Split, mean: Fraction) -> Part:
    share_before, share_now = Fraction(before.responses, first.responses), Fraction(now.responses, last.responses)
    score_before, score_now = _scores(before, now)
    return Part(
        name=name,
        before=before,
        now=now,
        share_before=share_before,
        share_now=share_now,
        of_score=(share_now + share_before) / 2 * (score_now - score_before),
        of_mix=(share_now - share_before) * ((score_now + score_before) / 2 - mean),
    )


def _scores(before: Split, now: Split) -> tuple[Fraction, Fraction]:
    one, other = before.score, now.score
    return one if one is not None else other or Fraction(0), other if other is not None else one or Fraction(0)


def _around(points: Fraction, variance: float) -> Interval:
    margin = Z_95 * sqrt(variance)
    return Interval(max(-200.0, float(points) - margin), min(200.0, float(points) + margin))


def _variance(parts: tuple[Part, ...], sign: int) -> float:
    """Of the score part (sign 1) or the mix part (sign −1), in points squared: what both periods add to it.

    Of one answer of a segment h in the period now, the linearized score part has ½·((x₁ₕ − x₀ₕ) − their mean) for the segment
    that it is of, and (w₁ₕ + w₀ₕ) ÷ 2w₁ₕ · (y − x₁ₕ) for what it says; the mix part has a sum and a difference instead. Of a segment
    without answers in the other period it is y − the mean of such levels in the mix part, and nothing in the score part.
    """
    now = [(float(part.share_now), float(part.share_before), part.now, part.before) for part in parts]
    before = [(other, own, split, reference) for own, other, reference, split in now]
    return _of_period(now, sign) + _of_period(before, sign)


def _of_period(rows: list[tuple[float, float, Split, Split]], sign: int) -> float:
    answers = sum(split.responses for _own, _other, split, _reference in rows)
    levels = [_level(split, reference, sign) for _own, _other, split, reference in rows]
    mean = sum(own * level for (own, *_rest), level in zip(rows, levels, strict=True))
    spread = sum(own * (level - mean) ** 2 for (own, *_rest), level in zip(rows, levels, strict=True)) / 4
    said = sum(_said(own, other, sign) * _spread(split) for own, other, split, _reference in rows if own)
    return (spread + said) / (answers + 3)


def _said(own: float, other: float, sign: int) -> float:
    """How much the spread of a segment's answers counts: all of what was said in one period only is mix."""
    if not other:
        return own * (sign == -1)
    return (own + sign * other) ** 2 / (4 * own)


def _level(split: Split, reference: Split, sign: int) -> float:
    other, own = _scores(reference, split)
    return float(own - sign * other)


def _spread(split: Split) -> float:
    """Variance of one answer of a segment, in points squared."""
    return split.variance * (split.responses + 3)
