"""Responses as the rows of a file, written by PostgreSQL itself: a slice at a time, newest first.

Each row that comes is preceded by its place ("<microseconds>_<id>,"), which is cut off again: the last one of a slice is
where the next slice goes on, whatever was deleted or came in meanwhile.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO, Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.comments.models import Theme
from surveys.core import nps
from surveys.core.choices import Category, Channel
from surveys.core.csvs import BEGINNINGS
from surveys.core.filters import Filters
from surveys.core.spreadsheets import Cell
from surveys.customers.models import Property
from surveys.responses import queries as responses
from surveys.responses.models import JunkReason, Tag, Verdict

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIELDS: Final = (
    "id",
    "responded_at",
    "day",
    "score",
    "comment",
    "comment_language",
    "language",
    "channel",
    "sentiment",
    "themes",
    "tags",
    "verdict",
    "excluded_reason",
    "customer_id",
    "campaign_id",
    "invitation_id",
    "property_set_id",
)


@dataclass(frozen=True)
class Field:
    """A column of the file: its title and its SQL. Numbers are numbers in a workbook.

    `is_typed`: somebody wrote it, so that it must be made harmless in a CSV file.
    """

    title: str
    sql: str
    is_number: bool = False
    is_typed: bool = False


@dataclass(frozen=True)
class Selection:
    """Which responses, as the feed would show them."""

    organization: Organization
    filters: Filters

    def count(self) -> int:
        return self._found().count()

    def _found(self) -> Any:
        return responses.matching(self.organization, self.filters).order_by()

    def slice(self, after: str, size: int) -> tuple[str, tuple[Any, ...]]:
        """The statement and its parameters."""
        found = self._found()
        if after:
            at, pk = _place(after)
            found = found.filter(responded_at__lte=at).exclude(responded_at=at, id__gte=pk)
        rows = found.order_by("-responded_at", "-id").values(*_FIELDS)[:size]
        return rows.query.sql_with_params()


def _place(text: str) -> tuple[datetime, int]:
    microseconds, pk = text.split("_")
    return _EPOCH + timedelta(microseconds=int(microseconds)), int(pk)


def fields(organization: Organization) -> list[Field]:
    own = (
        Field(label, _PROPERTY.format(number=number), is_typed=True)
        for number, (_key, label) in enumerate(properties(organization))
    )
    return [*_standing(), *own]


def properties(organization: Organization) -> list[tuple[str, str]]:
    declared = Property.objects.filter(organization=organization).order_by("position", "id")
    return list(declared.values_list("key", "label"))


# Of the snapshot: what was known of the customer when they were asked.
_PROPERTY: Final = "coalesce(i.properties ->> %(property{number})s, p.values ->> %(property{number})s)"


def _standing() -> list[Field]:
    return [
        Field(_("Response"), "r.id", is_number=True),
        Field(_("Day"), "r.day"),
        Field(_("Time"), "to_char(r.responded_at AT TIME ZONE %(zone)s, 'YYYY-MM-DD HH24:MI:SS')"),
        Field(_("Score"), "r.score", is_number=True),
        Field(_("Category"), _CATEGORY),
        Field(_("Comment"), "r.comment", is_typed=True),
        Field(_("Language of the comment"), "r.comment_language"),
        Field(_("Sentiment"), "r.sentiment", is_number=True),
        Field(_("Themes"), _names("r.themes", "themes"), is_typed=True),
        Field(_("Tags"), _names("r.tags", "tags"), is_typed=True),
        Field(_("Customer"), "c.name", is_typed=True),
        Field(_("Email"), "c.email", is_typed=True),
        Field(_("External ID"), "c.external_id", is_typed=True),
        Field(_("Campaign"), "g.name", is_typed=True),
        Field(_("Channel"), "%(channels)s::jsonb ->> r.channel"),
        Field(_("Language"), "r.language"),
        Field(_("State"), "coalesce(%(junk)s::jsonb ->> r.excluded_reason, %(verdicts)s::jsonb ->> r.verdict)"),
    ]


def _least(category: Category) -> int:
    return min(score for score in nps.SCALE if nps.classify(score) is category)


_CATEGORY: Final = (
    f"CASE WHEN r.score >= {_least(Category.PROMOTER)} THEN %(promoter)s "
    f"WHEN r.score >= {_least(Category.PASSIVE)} THEN %(passive)s ELSE %(detractor)s END"
)


def _names(column: str, parameter: str) -> str:
    """Most responses have none: those cost nothing."""
    return (
        f"CASE WHEN {column} <> '{{}}' THEN (SELECT string_agg(%({parameter})s::jsonb ->> k::text, ', ') "
        f"FROM unnest({column}) k) END"
    )


def copy(selection: Selection, into: IO[bytes], *, after: str, size: int, is_csv: bool) -> "Copied":
    """Write the rows of one slice; a CSV file's are made harmless for spreadsheets. Inside the caller's transaction."""
    statement, parameters = selection.slice(after, size)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")  # a slice is sorted in memory
        raw: Any = cursor.cursor
        chosen = raw.mogrify(statement, parameters).decode()
        before, behind = _statement(selection.organization, is_csv)
        written = raw.mogrify(before, _parameters(selection.organization)).decode()
        copied = Copied(into)
        raw.copy_expert(f"COPY ({written}{chosen}{behind}) TO STDOUT WITH (FORMAT csv)", copied)
    return copied


class Copied:
    """Takes rows as they come, one each time, without the place that stands before each."""

    def __init__(self, into: IO[bytes]) -> None:
        self._into = into
        self._last = b""
        self.rows = 0

    def write(self, row: bytes) -> None:
        self._last, _comma, rest = row.partition(b",")
        self._into.write(rest)
        self.rows += 1

    @property
    def place(self) -> str:
        """Of the last row; "" when there was none."""
        return self._last.decode()


def _statement(organization: Organization, is_csv: bool) -> tuple[str, str]:
    """What stands before and after the chosen responses. Each cell is computed once, and then made harmless."""
    cells = fields(organization)
    inner = ", ".join(f"{field.sql} AS c{number}" for number, field in enumerate(cells))
    outer = ", ".join(_cell_of_file(f"t.c{number}", field, is_csv) for number, field in enumerate(cells))
    return f"SELECT t.place, {outer} FROM (SELECT {_PLACE} AS place, {inner} FROM (", f") r {_JOINS} OFFSET 0) t"


def _cell_of_file(cell: str, field: Field, is_csv: bool) -> str:
    return f"CASE WHEN {_is_formula(cell)} THEN '''' || {cell} ELSE {cell} END" if is_csv and field.is_typed else cell


def _is_formula(cell: str) -> str:
    """As core.csvs.harmless: text that a spreadsheet would run; by its first letter, for a pattern takes far longer."""
    return f"ascii({cell}) IN ({', '.join(str(ord(beginning)) for beginning in BEGINNINGS)})"


_PLACE: Final = "(extract(epoch FROM r.responded_at) * 1000000)::bigint || '_' || r.id"
_JOINS: Final = """
    LEFT JOIN surveys_customer c ON c.id = r.customer_id
    LEFT JOIN surveys_campaign g ON g.id = r.campaign_id
    LEFT JOIN surveys_invitation i ON i.id = r.invitation_id
    LEFT JOIN surveys_propertyset p ON p.id = r.property_set_id
    ORDER BY r.responded_at DESC, r.id DESC
"""


def _parameters(organization: Organization) -> dict[str, str]:
    return {
        "zone": organization.time_zone,
        "promoter": str(Category.PROMOTER.label),
        "passive": str(Category.PASSIVE.label),
        "detractor": str(Category.DETRACTOR.label),
        "channels": _labels(Channel.choices),
        "junk": _labels([(value, _("Junk: %(reason)s") % {"reason": label}) for value, label in JunkReason.choices]),
        "verdicts": _labels(Verdict.choices),
        "themes": _labels(Theme.objects.filter(organization=organization).values_list("pk", "name")),
        "tags": _labels(Tag.objects.filter(organization=organization).values_list("pk", "name")),
        **{f"property{number}": key for number, (key, _label) in enumerate(properties(organization))},
    }


def _labels(pairs: Any) -> str:
    return json.dumps({str(value): str(label) for value, label in pairs})


def cells(row: list[str], of: list[Field]) -> list[Cell]:
    """A row of the CSV as a workbook holds it."""
    return [_cell(text, field) for text, field in zip(row, of, strict=True)]


def _cell(text: str, field: Field) -> Cell:
    return (int(text) if text else None) if field.is_number else text
