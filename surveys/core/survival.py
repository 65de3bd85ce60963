"""How long something takes when some of it is still going on. Pure.

What still goes on has lasted at least so long, and says so: to leave it out would make everything look quicker than it is.
The estimate is the product limit (E. L. Kaplan and P. Meier, "Nonparametric Estimation from Incomplete Observations",
JASA 53:282, 1958); where nothing is going on any more it is the ordinary quantile.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_ROUNDING: Final = 1e-12


@dataclass(frozen=True, order=True)
class Span:
    """`is_going_on`: it had lasted so long when somebody looked."""

    seconds: float
    is_going_on: bool = False


def quantile(spans: Iterable[Span], share: float) -> float | None:
    """The time after which this share (0…1) is over, in seconds; None where not so many are yet, or nothing is known."""
    found = sorted(spans)  # at the same time those that are over come first
    staying, left = 1.0, len(found)
    for span in found:
        if not span.is_going_on:
            staying *= 1 - 1 / left
            if staying <= 1 - share + _ROUNDING:
                return span.seconds
        left -= 1
    return None
