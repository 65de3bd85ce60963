"""Counts by day: a bar for each, of parts that lie on each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from surveys.core.charts.base import Hit, Tick, number, percent

DAYS_HEIGHT: Final = 120  # with its labels the height of .chart.short in components.css
MOST_LABELS: Final = 5
_GAP: Final = 0.15  # of a day's room


@dataclass(frozen=True)
class Day:
    """`parts` are (series, count) from the bottom up; a series is a class of components.css."""

    label: str
    title: str
    parts: Sequence[tuple[str, int]]

    @property
    def total(self) -> int:
        return sum(count for _series, count in self.parts)


@dataclass(frozen=True)
class Piece:
    series: str
    x: str
    width: str
    y: str
    height: str


@dataclass(frozen=True)
class Days:
    plot_height: int
    label_y: int
    grid: list[Tick]
    labels: list[Tick]
    pieces: list[Piece]
    hits: list[Hit]
    desc: str


def days(found: Sequence[Day], desc: str) -> Days:
    """`desc` says the finding: what a day means, only the caller knows."""
    slot, top = 100 / max(len(found), 1), _round_up(max((day.total for day in found), default=0))
    every = -(-len(found) // MOST_LABELS) or 1
    return Days(
        plot_height=DAYS_HEIGHT,
        label_y=DAYS_HEIGHT + 18,
        grid=[Tick(number(DAYS_HEIGHT * (1 - part / 2)), _short(top * part / 2)) for part in range(3)],
        labels=[Tick(percent((index + 0.5) * slot), found[index].label) for index in range(0, len(found), every)],
        pieces=[piece for index, day in enumerate(found) for piece in _pieces(day, index * slot, slot, top)],
        hits=[Hit(percent(index * slot), percent(slot), day.title) for index, day in enumerate(found)],
        desc=desc,
    )


def _pieces(day: Day, x: float, slot: float, top: int) -> Iterator[Piece]:
    below = 0.0
    for series, count in day.parts:
        height = DAYS_HEIGHT * count / top
        if count:
            left, width = percent(x + slot * _GAP / 2), percent(slot * (1 - _GAP))
            yield Piece(series, left, width, number(DAYS_HEIGHT - below - height), number(height))
        below += height


def _round_up(most: int) -> int:
    """2, 4, 10, 20, 40, 100 …: a top whose half is whole, too."""
    top = 2
    while top < most:
        top = top * 5 // 2 if str(top)[0] == "4" else top * 2
    return top


def _short(value: float) -> str:
    """12000 → "12k", so that the axis has room."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{number(value / size)}{letter}"
    return number(value)
