"""The tables of the pages as plain values, declared once: what a page shows, its files and its report hold the same.

A page has a function `tables(asked) -> list[Table]` beside its view model and a line in `analytics/sharing/exported.py`; the rest
(files, names, permission, what stands above them) follows. In files, figures that people read rounded are there twice:
as they read them and exactly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Final

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.accounts.models import Organization
from surveys.analytics.choices import Choices
from surveys.analytics.look import Look
from surveys.core import nps
from surveys.core.nps import Split
from surveys.core.spreadsheets import Cell, Sheet

Text = str | Promise
Row = Sequence[object]  # text, whole numbers, fractions, days, moments, yes and no, None


class Kind(StrEnum):
    """What the values of a column are. Those in ROUNDED are two columns in files: as shown, and exactly."""

    TEXT = "text"
    COUNT = "count"
    NUMBER = "number"  # of any kind, as it is: an amount of money, an average
    SCORE = "score"  # points of NPS
    LOW = "low"  # ends of an interval, in points
    HIGH = "high"
    POINTS = "points"  # a difference of scores
    SHARE = "share"  # 0…1, shown in percent; so are the ends of its interval
    SHARE_LOW = "share_low"
    SHARE_HIGH = "share_high"
    DAY = "day"
    YES = "yes"


@dataclass(frozen=True)
class Column:
    label: Text
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class Table:
    """`name` stands in addresses, `label` is what people call it. `rows` hold one value per column.

    `names_people`: only for those who may take customers' data out, and noted in the trail.
    """

    name: str
    label: Text
    columns: Sequence[Column]
    rows: Iterable[Row]
    names_people: bool = False


@dataclass(frozen=True)
class Asked:
    """What a page was asked, and nothing that only a signed-in person has: reports and mails ask the same.

    `look` has only what the organization has; `query` is for what is not part of it, such as which two segments stand
    side by side.
    """

    organization: Organization
    look: Look
    choices: Choices
    query: QueryDict
    at: datetime


# ── Columns that go together ─────────────────────────────────────────────────────────────────────────────────────────

SCORE_COLUMNS: Final = (
    Column(gettext_lazy("Responses"), Kind.COUNT),
    Column(gettext_lazy("Promoters"), Kind.COUNT),
    Column(gettext_lazy("Passives"), Kind.COUNT),
    Column(gettext_lazy("Detractors"), Kind.COUNT),
    Column(gettext_lazy("NPS"), Kind.SCORE),
    Column(gettext_lazy("95 % from"), Kind.LOW),
    Column(gettext_lazy("95 % to"), Kind.HIGH),
    Column(gettext_lazy("Too few to be sure"), Kind.YES),
)


def score_cells(split: Split) -> list[object]:
    """What belongs under SCORE_COLUMNS."""
    interval = split.interval
    low, high = (interval.low, interval.high) if interval else (None, None)
    counts = [split.responses, split.promoters, split.passives, split.detractors]
    return [*counts, split.score, low, high, split.is_too_few]


# ── As a file ────────────────────────────────────────────────────────────────────────────────────────────────────────

ROUNDED: Final = frozenset({Kind.SCORE, Kind.LOW, Kind.HIGH, Kind.POINTS, Kind.SHARE, Kind.SHARE_LOW, Kind.SHARE_HIGH})
SHARES: Final = frozenset({Kind.SHARE, Kind.SHARE_LOW, Kind.SHARE_HIGH})


def as_sheet(table: Table, about: Sequence[tuple[str, str]]) -> Sheet:
    rows = [cells(table.columns, row) for row in table.rows]
    counted = (*about, (_("Rows"), str(len(rows))))
    return Sheet(str(table.label), heading(table.columns), rows, counted)


def heading(columns: Iterable[Column]) -> list[str]:
    return [title for column in columns for title in _titles(column)]


def _titles(column: Column) -> list[str]:
    label = str(column.label)
    if column.kind not in ROUNDED:
        return [label]
    shown = _("%(label)s (%%)") % {"label": label} if column.kind in SHARES else label
    return [shown, _("%(label)s, exactly") % {"label": label}]


def cells(columns: Iterable[Column], row: Row) -> list[Cell]:
    pairs = zip(columns, row, strict=True)
    return [cell for column, value in pairs for cell in _cells(column.kind, value)]


def _cells(kind: Kind, value: object) -> list[Cell]:
    if kind in ROUNDED:
        return _twice(value, 100 if kind in SHARES else 1)
    return [_plain(value)]


def _twice(value: object, times: int) -> list[Cell]:
    if not isinstance(value, int | float | Fraction):
        return [None, None]
    return [nps.rounded(times * value), float(value)]


def _plain(value: object) -> Cell:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Fraction):
        return float(value)
    return value if isinstance(value, int | float | None) else str(value)
