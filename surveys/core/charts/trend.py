"""The score over time with the band of its interval."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from surveys.core.charts.base import Hit, Tick, number, path, percent, score_sentence
from surveys.core.nps import Split, signed

TREND_HEIGHT = 200  # with its labels the height of .chart in components.css
MOST_LABELS = 6
MOST_ROUND = 60  # points that have room for a circle each
MOST_UNSURE = 31  # a month of days


@dataclass(frozen=True)
class Moment:
    """One bucket of a trend, as the caller knows it."""

    label: str
    title: str
    split: Split
    href: str = ""


@dataclass(frozen=True)
class Point:
    x: str
    y: str
    is_unsure: bool


@dataclass(frozen=True)
class Trend:
    height: int
    plot_height: int
    label_y: int
    grid: list[Tick]
    labels: list[Tick]
    line: str
    band: str
    points: list[Point]
    hits: list[Hit]
    moments: list[Moment]
    desc: str

    @property
    def radius(self) -> str:
        return "4" if len(self.points) <= MOST_ROUND else "1.5"

    @property
    def is_too_fine(self) -> bool:
        """Cut into so many pieces that most of what goes up and down is chance."""
        unsure = sum(point.is_unsure for point in self.points)
        return len(self.points) > MOST_UNSURE and 2 * unsure > len(self.points)


def trend(moments: Sequence[Moment]) -> Trend:
    """Line and band break where nobody answered; a lone point keeps a short piece of band."""
    axis = Axis.around(moments)
    slot = 100 / max(len(moments), 1)
    found = list(runs(moments))
    return Trend(
        height=TREND_HEIGHT + 24,
        plot_height=TREND_HEIGHT,
        label_y=TREND_HEIGHT + 18,
        grid=[Tick(number(axis.y(value)), signed(value)) for value in axis.ticks],
        labels=_labels(moments, slot),
        line=" ".join(_line(run, moments, slot, axis) for run in found),
        band=" ".join(_band(run, moments, slot, axis) for run in found),
        points=[_point(index, moments[index].split, slot, axis) for run in found for index in run],
        hits=[
            Hit(percent(index * slot), percent(slot), f"{moment.title}: {score_sentence(moment.split)}", moment.href)
            for index, moment in enumerate(moments)
        ],
        moments=list(moments),
        desc=_trend_finding(moments),
    )


@dataclass(frozen=True)
class Axis:
    """Points of NPS on the height of a trend."""

    low: int
    high: int
    step: int

    @classmethod
    def around(cls, moments: Iterable[Moment]) -> "Axis":
        """Wide enough for every band, at least 40 points, never beyond −100…100."""
        bands = [moment.split.interval for moment in moments if moment.split.interval]
        return cls.spanning([band.low for band in bands], [band.high for band in bands])

    @classmethod
    def spanning(cls, lows: Sequence[float], highs: Sequence[float]) -> "Axis":
        low, high = min(lows, default=-20.0), max(highs, default=20.0)
        spread = max(high - low, 40)
        step = 10 if spread <= 50 else 20 if spread <= 100 else 50
        bottom = max(-100, int(low // step) * step)
        top = min(100, -int(-high // step) * step)
        return cls(bottom, max(top, min(100, bottom + 40)), step)

    @property
    def ticks(self) -> range:
        return range(self.low, self.high + 1, self.step)

    def y(self, points: float | Fraction) -> float:
        return TREND_HEIGHT * (self.high - float(points)) / (self.high - self.low)


def runs(moments: Sequence[Moment]) -> Iterable[list[int]]:
    """Neighbouring moments that have a score."""
    run: list[int] = []
    for index, moment in enumerate(moments):
        if moment.split.responses:
            run.append(index)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _middle(index: int, slot: float) -> float:
    return (index + 0.5) * slot


def _line(run: list[int], moments: Sequence[Moment], slot: float, axis: Axis) -> str:
    return path((_middle(index, slot), axis.y(moments[index].split.score or 0)) for index in run)


def _band(run: list[int], moments: Sequence[Moment], slot: float, axis: Axis) -> str:
    edges = [(_middle(index, slot), moments[index].split.interval) for index in run]
    if len(edges) == 1:
        middle, interval = edges[0]
        edges = [(middle - slot / 4, interval), (middle + slot / 4, interval)]
    upper = [(x, axis.y(interval.high)) for x, interval in edges if interval]
    lower = [(x, axis.y(interval.low)) for x, interval in reversed(edges) if interval]
    return path([*upper, *lower]) + "Z"


def _point(index: int, split: Split, slot: float, axis: Axis) -> Point:
    return Point(percent(_middle(index, slot)), number(axis.y(split.score or 0)), split.is_too_few)


def _labels(moments: Sequence[Moment], slot: float) -> list[Tick]:
    every = -(-len(moments) // MOST_LABELS) or 1
    return [Tick(percent(_middle(index, slot)), moments[index].label) for index in range(0, len(moments), every)]


def _trend_finding(moments: Sequence[Moment]) -> str:
    scored = [moment for moment in moments if moment.split.responses]
    if not scored:
        return _("No responses.")
    lowest = min(scored, key=_moment_score)
    highest = max(scored, key=_moment_score)
    return _(
        "NPS went from %(first)s to %(last)s; lowest %(lowest)s (%(low_at)s), highest %(highest)s (%(high_at)s)."
    ) % {
        "first": signed(_moment_score(scored[0])),
        "last": signed(_moment_score(scored[-1])),
        "lowest": signed(_moment_score(lowest)),
        "low_at": lowest.title,
        "highest": signed(_moment_score(highest)),
        "high_at": highest.title,
    }


def _moment_score(moment: Moment) -> Fraction:
    return moment.split.score or Fraction(0)
