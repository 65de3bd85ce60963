"""What responses are told apart by when drivers are looked for: factors, their levels, and the model made of them.

A factor has levels of which each response has one; the most frequent is what the others are compared with. Rare levels
are put together. A theme is a factor of its own: a comment is about it or not. Pure.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar

from django.utils.translation import gettext as _

from surveys.core.nps import TOO_FEW, Split
from surveys.core.regression import Columns

MOST_LEVELS: Final = 8  # of a factor, beside "other"
MOST_THEMES: Final = 20
BANDS: Final = 4  # about equally many responses in each
OTHER: Final = "\0other"  # no value that anybody could store
WITH: Final = "1"


@dataclass(frozen=True)
class Row:
    """Responses that agree in everything that may matter: the value of each factor, and the themes of the comment."""

    values: tuple[str, ...]
    themes: tuple[int, ...]
    split: Split


@dataclass(frozen=True)
class Factor:
    """`name` as a dimension of a segment table has it. `label_of` says a level for people."""

    name: str
    label: str
    kind: str
    label_of: Callable[[str], str]


@dataclass(frozen=True)
class Level:
    """`value` is what the table of segments calls it, OTHER, or a band; `split` its responses and no others'."""

    factor: Factor
    value: str
    label: str
    split: Split
    against: Split
    against_label: str


@dataclass
class Model:
    """`columns[i]` is what column i stands for. `alike` are factors in which everybody has the same value; `folded` says
    how many values of a factor went into "other"."""

    columns: list[Level] = field(default_factory=list)
    cells: dict[Columns, Split] = field(default_factory=dict)
    alike: list[Factor] = field(default_factory=list)
    folded: list[tuple[Factor, int]] = field(default_factory=list)
    themes_left_out: int = 0


Levels = dict[str, Split]


def model(rows: Sequence[Row], factors: Sequence[Factor], themes: Mapping[int, Factor], comments: int) -> Model:
    """`comments` is the place, among `factors`, of whether there is a comment: themes are compared among comments."""
    made = Model()
    places = [_levels(made, factor, _counted(rows, place), place) for place, factor in enumerate(factors)]
    chosen = _themes(made, rows, themes, comments)

    def columns(row: Row) -> Columns:
        ones = [column for place, known in enumerate(places) if (column := known(row.values[place])) is not None]
        return tuple(sorted([*ones, *(chosen[theme] for theme in row.themes if theme in chosen)]))

    made.cells = _summed((columns(row), row.split) for row in rows)
    return made


K = TypeVar("K")


def _summed(pairs: Iterable[tuple[K, Split]]) -> dict[K, Split]:
    """In plain numbers: there are some hundred thousands of additions."""
    found: dict[K, list[int]] = {}
    for key, split in pairs:
        total = found.setdefault(key, [0, 0, 0])
        total[0] += split.promoters
        total[1] += split.passives
        total[2] += split.detractors
    return {key: Split(*total) for key, total in found.items()}


def _counted(rows: Iterable[Row], place: int) -> Levels:
    return _summed((row.values[place], row.split) for row in rows)


def _levels(made: Model, factor: Factor, found: Levels, place: int) -> Callable[[str], int | None]:
    """Adds the columns of a factor; the answer tells which column a value has (None: the one compared with)."""
    renamed = _banded(factor, found)
    groups = _summed((renamed[value], split) for value, split in found.items())
    kept, folded = _kept(groups)
    if len(kept) + bool(folded) < 2:
        made.alike.append(factor)
        return lambda _value: None
    columns = _add_columns(made, factor, groups, kept, folded)
    return lambda value: columns.get(renamed[value], columns.get(OTHER))


def _kept(groups: Levels) -> tuple[list[str], list[str]]:
    """Levels that stand for themselves, the most frequent first, and those that are put together."""
    by_size = sorted(groups, key=lambda value: (-groups[value].responses, value))
    kept = [value for value in by_size if groups[value].responses >= TOO_FEW][:MOST_LEVELS]
    kept = kept or by_size[:1]
    folded = [value for value in by_size if value not in kept]
    return (kept, folded) if len(folded) != 1 or groups[folded[0]].responses < TOO_FEW else (by_size, [])


def _add_columns(
    made: Model, factor: Factor, groups: Levels, kept: Sequence[str], folded: Sequence[str]
) -> dict[str, int | None]:
    columns: dict[str, int | None] = {kept[0]: None}
    against, against_label = groups[kept[0]], factor.label_of(kept[0])
    together = sum((groups[value] for value in folded), Split())
    levels = [(value, factor.label_of(value), groups[value]) for value in kept[1:]]
    if folded:
        made.folded.append((factor, len(folded)))
        levels.append((OTHER, "", together))
    for value, label, split in levels:
        columns[value] = len(made.columns)
        made.columns.append(Level(factor, value, label, split, against, against_label))
    return columns


def _themes(made: Model, rows: Sequence[Row], themes: Mapping[int, Factor], comments: int) -> dict[int, int]:
    """The column of each theme that enough comments are about."""
    of_theme: dict[int, Split] = {}
    all_comments = Split()
    for row in rows:
        if row.values[comments] != WITH:
            continue
        all_comments += row.split
        for theme in row.themes:
            of_theme[theme] = of_theme.get(theme, Split()) + row.split
    enough = [theme for theme, split in of_theme.items() if theme in themes and split.responses >= TOO_FEW]
    enough.sort(key=lambda theme: (-of_theme[theme].responses, theme))
    made.themes_left_out = len([theme for theme in of_theme if theme in themes]) - len(enough[:MOST_THEMES])
    columns = {}
    for theme in enough[:MOST_THEMES]:
        columns[theme] = len(made.columns)
        made.columns.append(
            Level(
                themes[theme],
                str(theme),
                themes[theme].label,
                of_theme[theme],
                all_comments - of_theme[theme],
                "",
            )
        )
    return columns


# ── Numbers in bands, days in years ──


def _banded(factor: Factor, found: Levels) -> dict[str, str]:
    """The level that each stored value belongs to."""
    if factor.kind == "date":
        return {value: value[:4] for value in found}
    numbers = {value: number for value in found if (number := _number(value)) is not None}
    weights: dict[Decimal, int] = {}
    for value, number in numbers.items():
        weights[number] = weights.get(number, 0) + found[value].responses
    if factor.kind != "number" or len(weights) <= BANDS:
        return {value: value for value in found}
    starts = band_starts(weights)
    return {value: _band(starts, numbers[value]) if value in numbers else value for value in found}


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def band_starts(weights: Mapping[Decimal, int]) -> list[Decimal]:
    """Where bands begin that hold about equally many; equal numbers are never in two bands."""
    total, seen, last = sum(weights.values()), 0, -1
    starts: list[Decimal] = []
    for number in sorted(weights):
        band = seen * BANDS // total
        if band > last:
            starts.append(number)
            last = band
        seen += weights[number]
    return starts


def _band(starts: Sequence[Decimal], number: Decimal) -> str:
    """ "10..50": from 10 to less than 50; the last has no end."""
    place = bisect_right(starts, number) - 1
    end = str(starts[place + 1]) if place + 1 < len(starts) else ""
    return f"{starts[place]}..{end}"


def band_label(value: str, kind: str, label_of: Callable[[str], str]) -> str:
    """A level for people: a band of numbers, a year, or the value itself."""
    first, dots, end = value.partition("..")
    if kind == "number" and dots:
        words = {"first": label_of(first), "end": label_of(end)}
        return _("%(first)s to under %(end)s") % words if end else _("%(first)s or more") % words
    return value if kind == "date" and value else label_of(value)
