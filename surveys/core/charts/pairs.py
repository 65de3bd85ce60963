"""Two scores over time in one picture: two segments, or a score as it is and as it would be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from surveys.core.charts.base import Hit, Tick, number, path, percent
from surveys.core.charts.trend import MOST_LABELS, TREND_HEIGHT, Axis
from surveys.core.nps import Interval

SERIES: Final = ("one", "other")  # classes of charts.css: told apart by stroke and marks, not by colour alone


@dataclass(frozen=True)
class Reading:
    score: Fraction
    interval: Interval
    is_unsure: bool = False


@dataclass(frozen=True)
class Slot:
    """A piece of time; `readings` has one for each line, None where it has no score. `title` says them all."""

    label: str
    title: str
    readings: Sequence[Reading | None]
    href: str = ""


@dataclass(frozen=True)
class Mark:
    """Of the first line a dot, of the second a diamond."""

    x: str
    y: str
    is_unsure: bool


@dataclass(frozen=True)
class Line:
    series: str
    line: str
    band: str
    marks: list[Mark]


@dataclass(frozen=True)
class Pair:
    plot_height: int
    label_y: int
    grid: list[Tick]
    labels: list[Tick]
    lines: list[Line]
    hits: list[Hit]
    desc: str


def pair(slots: Sequence[Slot], desc: str) -> Pair:
    """`desc` says the finding: what the lines are, only the caller knows. Lines break where there is no score."""
    width = 100 / max(len(slots), 1)
    every = -(-len(slots) // MOST_LABELS) or 1
    axis = _axis(slots)
    return Pair(
        plot_height=TREND_HEIGHT,
        label_y=TREND_HEIGHT + 18,
        grid=[Tick(number(axis.y(value)), _signed(value)) for value in axis.ticks],
        labels=[Tick(percent((at + 0.5) * width), slots[at].label) for at in range(0, len(slots), every)],
        lines=[_line(series, [slot.readings[at] for slot in slots], width, axis) for at, series in enumerate(SERIES)],
        hits=[Hit(percent(at * width), percent(width), slot.title, slot.href) for at, slot in enumerate(slots)],
        desc=desc,
    )


def _signed(value: int) -> str:
    return f"−{-value}" if value < 0 else str(value)


def _axis(slots: Sequence[Slot]) -> Axis:
    found = [reading.interval for slot in slots for reading in slot.readings if reading]
    return Axis.spanning([interval.low for interval in found], [interval.high for interval in found])


def _line(series: str, readings: Sequence[Reading | None], width: float, axis: Axis) -> Line:
    places = [(at, reading) for at, reading in enumerate(readings) if reading]
    runs = list(_runs(places))
    return Line(
        series=series,
        line=" ".join(path(((at + 0.5) * width, axis.y(one.score)) for at, one in run) for run in runs),
        band=" ".join(_band(run, width, axis) for run in runs),
        marks=[
            Mark(percent((at + 0.5) * width), number(axis.y(one.score)), one.is_unsure)
            for run in runs
            for at, one in run
        ],
    )


def _runs(places: Sequence[tuple[int, Reading]]) -> Iterator[list[tuple[int, Reading]]]:
    run: list[tuple[int, Reading]] = []
    for place in places:
        if run and place[0] != run[-1][0] + 1:
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _band(run: list[tuple[int, Reading]], width: float, axis: Axis) -> str:
    edges = [((at + 0.5) * width, one.interval) for at, one in run]
    if len(edges) == 1:
        middle, interval = edges[0]
        edges = [(middle - width / 4, interval), (middle + width / 4, interval)]
    upper = [(x, axis.y(interval.high)) for x, interval in edges]
    return path([*upper, *((x, axis.y(interval.low)) for x, interval in reversed(edges))]) + "Z"
