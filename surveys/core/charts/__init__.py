"""Geometry of every chart, drawn by templates/analytics/charts/.

The outer SVG has no viewBox: x is in percent of its width, y in pixels, so that text keeps its size
and nothing needs a script. Curves lie in a nested SVG that is stretched (viewBox 100 wide). All
coordinates leave here as text, because templates would write 12.5 as "12,5" in other languages.
"""

from surveys.core.charts.base import Hit, Tick, responses_text, score_sentence, share_text
from surveys.core.charts.days import Day, Days, days
from surveys.core.charts.distribution import Gauge, Histogram, StackedSplit, gauge, histogram, stacked_split
from surveys.core.charts.flags import Flag, flags
from surveys.core.charts.lines import DifferenceGauge, ScoreLine, difference_gauge, score_line
from surveys.core.charts.matrix import Matrix, Square, matrix, square
from surveys.core.charts.pairs import Pair, Reading, Slot, pair
from surveys.core.charts.small import Funnel, Sparkline, funnel, sparkline
from surveys.core.charts.trend import Moment, Trend, trend
from surveys.core.charts.waterfall import Waterfall, waterfall

__all__ = [
    "Day",
    "Days",
    "DifferenceGauge",
    "Flag",
    "Funnel",
    "Gauge",
    "Histogram",
    "Hit",
    "Matrix",
    "Moment",
    "Pair",
    "Reading",
    "ScoreLine",
    "Slot",
    "Sparkline",
    "Square",
    "StackedSplit",
    "Tick",
    "Trend",
    "Waterfall",
    "days",
    "difference_gauge",
    "flags",
    "funnel",
    "gauge",
    "histogram",
    "matrix",
    "pair",
    "responses_text",
    "score_line",
    "score_sentence",
    "share_text",
    "sparkline",
    "square",
    "stacked_split",
    "trend",
    "waterfall",
]
