"""Declared tables as people read them: in the report, and in brief in mails."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from typing import Final, Self

from django.utils.translation import gettext as _

from surveys.analytics import words
from surveys.analytics.segments import segment_words
from surveys.analytics.sharing import exported
from surveys.analytics.tables import SHARES, Asked, Kind, Table
from surveys.core.charts.base import grouped, share_text
from surveys.core.nps import signed

MOST: Final = 12  # rows in a mail


@dataclass(frozen=True)
class Printed:
    """A declared table as people read it: texts, and whether each column holds numbers."""

    label: str
    heads: list[tuple[str, bool]]
    rows: list[list[tuple[str, bool]]]

    @classmethod
    def of(cls, table: Table) -> Self:
        numbers = [column.kind not in (Kind.TEXT, Kind.YES, Kind.DAY) for column in table.columns]
        kinds = [column.kind for column in table.columns]
        heads = list(zip((str(column.label) for column in table.columns), numbers, strict=True))
        rows = [list(zip(map(said, kinds, row), numbers, strict=True)) for row in table.rows]
        return cls(str(table.label), heads, rows)


def said(kind: Kind, value: object) -> str:
    """A value of a declared table as the pages write it."""
    if value is None:
        return words.NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float | Fraction) and kind in _WRITTEN:
        return _WRITTEN[kind](value)
    return str(value)


_WRITTEN: Final[dict[Kind, Callable[..., str]]] = {
    Kind.COUNT: lambda value: grouped(int(value)),
    Kind.NUMBER: lambda value: f"{float(value):g}",
    **dict.fromkeys((Kind.SCORE, Kind.LOW, Kind.HIGH), signed),
    Kind.POINTS: segment_words.fine,
    **dict.fromkeys(SHARES, share_text),
}


# ── In brief ─────────────────────────────────────────────────────────────────────────────────────────────────────────

# Of each page the tables that a mail has, with the places of the columns that fit in there.
_BRIEF: Final[dict[str, dict[str, Sequence[int]]]] = {
    "segments": {"segments": (0, 5, 6, 7, 1)},
    "compare": {"scores": (0, 5, 6, 7, 1)},
    "answered": {"scores": (0, 1, 2, 3, 4), "segments": (0, 1, 3, 6, 11)},
    "revenue": {"scores": (0, 1, 2, 3, 4), "worth": (0, 1, 2, 3)},
    "changes": {"migration": (0, 1, 2, 3), "steps": (0, 1, 2, 3, 4)},
    "why": {"themes": (0, 6, 7, 8, 2)},
    "drivers": {"drivers": (0, 1, 11, 12, 13)},
}


def in_brief(page: str, asked: Asked) -> list[Printed]:
    """What a mail about a view of the page has besides the score. Raises Unfinished."""
    wanted = _BRIEF.get(page)
    if not wanted:
        return []
    found = [table for table in exported.SOURCES[page].tables(asked) if table.name in wanted]
    return [Printed.of(_narrowed(table, wanted[table.name])) for table in found]


def _narrowed(table: Table, places: Sequence[int]) -> Table:
    rows = [[row[place] for place in places] for row in islice(table.rows, MOST)]
    return replace(table, columns=[table.columns[place] for place in places], rows=rows)
