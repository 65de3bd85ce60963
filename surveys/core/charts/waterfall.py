"""From one score to another in steps: a bar for each end, and one for each step that begins where the last one ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from surveys.core.charts.base import percent


@dataclass(frozen=True)
class Fall:
    """One bar. `kind` is end, up, down or none."""

    kind: str
    x: str
    width: str


@dataclass(frozen=True)
class Waterfall:
    bars: list[Fall]
    zero: str


def waterfall(start: Fraction, steps: Sequence[Fraction]) -> Waterfall:
    """The first and the last bar are the scores, which begin at 0; between them the steps in their order."""
    levels = [start]
    for step in steps:
        levels.append(levels[-1] + step)
    ends = [Fraction(0), *levels]
    low, high = min(ends), max(ends)
    spread = (high - low) or Fraction(1)

    def at(value: Fraction | int) -> Fraction:
        return 100 * (value - low) / spread

    def bar(kind: str, one: Fraction, other: Fraction | int) -> Fall:
        left, right = sorted((at(one), at(other)))
        return Fall(kind, percent(left), percent(right - left))

    moves = [bar(_kind(after - before), before, after) for before, after in pairwise(levels)]
    return Waterfall([bar("end", levels[0], 0), *moves, bar("end", levels[-1], 0)], zero=percent(at(0)))


def _kind(points: Fraction) -> str:
    return "up" if points > 0 else "down" if points < 0 else "none"
