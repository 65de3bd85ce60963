"""People who went from one state to another: shares of each row, as cells that are the darker the greater the share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from surveys.core.charts.base import Hit, Tick, grouped, number, percent, share_text

SHADES: Final = 5
ROW_HEIGHT: Final = 24
_HEAD: Final = 24


@dataclass(frozen=True)
class Square:
    """`move` is up, down or same; `shade` 0 (nobody) … 5 (all of the row). `short` fits where `people` does not."""

    people: int
    short: str
    share: str
    move: str
    shade: int
    x: str = ""
    y: str = ""
    width: str = ""
    middle: str = ""
    baseline: str = ""


@dataclass(frozen=True)
class Matrix:
    squares: list[Square]
    rows: list[Tick]
    columns: list[Tick]
    hits: list[tuple[Hit, str]]  # with the y of each
    height: int
    row_height: int
    desc: str


def shade(people: int, of: int) -> int:
    return -(-SHADES * people // of) if of else 0


def square(people: int, of: int, step: int) -> Square:
    """`of` everybody of the row; `step` is above 0 for the better."""
    move = "up" if step > 0 else "down" if step < 0 else "same"
    return Square(people, short(people), share_text(people / of) if of else "", move, shade(people, of))


def matrix(
    counts: Sequence[Sequence[int]], title: Callable[[int, int], str], href: Callable[[int, int], str], desc: str
) -> Matrix:
    """Of as many rows (before) as columns (now), in the same order, the worst first."""
    width = 100 / (len(counts) + 1)
    squares, hits = [], []
    for row, people in enumerate(counts):
        for column, found in enumerate(people):
            x, y = percent((column + 1) * width), _HEAD + row * ROW_HEIGHT
            squares.append(_placed(square(found, sum(people), column - row), column, y, width))
            if found:
                hits.append((Hit(x, percent(width), title(row, column), href(row, column)), number(y)))
    return Matrix(
        squares=squares,
        rows=[Tick(number(_HEAD + (row + 0.5) * ROW_HEIGHT + 4), str(row)) for row in range(len(counts))],
        columns=[Tick(percent((column + 1.5) * width), str(column)) for column in range(len(counts))],
        hits=hits,
        height=_HEAD + len(counts) * ROW_HEIGHT,
        row_height=ROW_HEIGHT,
        desc=desc,
    )


def _placed(found: Square, column: int, y: int, width: float) -> Square:
    place = {"x": percent((column + 1) * width), "y": number(y), "width": percent(width)}
    return Square(
        found.people,
        found.short if found.people else "",
        found.share,
        found.move,
        found.shade,
        **place,
        middle=percent((column + 1.5) * width),
        baseline=number(y + ROW_HEIGHT / 2 + 4),
    )


def short(people: int) -> str:
    """At most three characters and a letter's width: 999, 1k, 12k, 1M."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if people >= size:
            return f"{people // size}{letter}"
    return grouped(people)
