"""A score over time inside a line of a table, and a difference with its interval on a scale around zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from surveys.core.charts.base import number, path, percent
from surveys.core.charts.trend import Moment, runs
from surveys.core.nps import Interval, signed

LINE_HEIGHT: Final = 32  # of .chart.line-of-scores in charts.css
_MARGIN: Final = 4


@dataclass(frozen=True)
class ScoreLine:
    """`dots` are moments with a score whose neighbours have none."""

    height: int
    line: str
    zero_y: str
    dots: list[tuple[str, str]]
    desc: str


def score_line(moments: Sequence[Moment]) -> ScoreLine:
    """From −100 at the bottom to 100 at the top; broken where nobody answered."""
    found, slot = list(runs(moments)), 100 / max(len(moments), 1)
    places = [[((index + 0.5) * slot, _y(float(moments[index].split.score or 0))) for index in run] for run in found]
    return ScoreLine(
        height=LINE_HEIGHT,
        line=" ".join(path(run) for run in places if len(run) > 1),
        zero_y=number(_y(0)),
        dots=[(percent(run[0][0]), number(run[0][1])) for run in places if len(run) == 1],
        desc=", ".join(
            f"{moments[index].title}: {signed(moments[index].split.score or 0)}" for run in found for index in run
        )
        or _("No responses."),
    )


def _y(points: float) -> float:
    return _MARGIN + (LINE_HEIGHT - 2 * _MARGIN) * (100 - points) / 200


@dataclass(frozen=True)
class DifferenceGauge:
    point: str
    band_x: str
    band_width: str
    desc: str


def difference_gauge(points: float, interval: Interval, limit: int = 100) -> DifferenceGauge:
    """On a scale from −limit to limit; what lies beyond is drawn at the edge."""
    low, high = _on_scale(interval.low, limit), _on_scale(interval.high, limit)
    return DifferenceGauge(
        point=percent(_on_scale(points, limit)),
        band_x=percent(low),
        band_width=percent(high - low),
        desc=_("%(points)s points, 95 %% interval %(low)s to %(high)s.")
        % {"points": signed(points), "low": signed(interval.low), "high": signed(interval.high)},
    )


def _on_scale(points: float, limit: int) -> float:
    return 50 + 50 * max(-1.0, min(1.0, points / limit))
