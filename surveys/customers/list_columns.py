"""What the list can show of a customer, column by column; the export writes the same."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.customers import values
from surveys.customers.list_filters import PREFIX
from surveys.customers.models import Customer, Property, PropertyType

Text = str | Promise


@dataclass(frozen=True)
class Column:
    """`kind` says how a cell is written: text, number, boolean, date, moment, score, owner, language or mail.
    `sort` is the list's order by it, "" when there is none."""

    key: str
    label: Text
    kind: str = "text"
    sort: str = ""

    @property
    def fields(self) -> set[str]:
        if self.key.startswith(PREFIX):
            return {"properties"}
        return {"suppression", "email"} if self.kind == "mail" else {_ATTRIBUTES.get(self.key, self.key)}

    def value(self, customer: Customer) -> Any:
        if self.key.startswith(PREFIX):
            return customer.properties.get(self.key.removeprefix(PREFIX))
        found: Any = customer if self.kind == "mail" else getattr(customer, _ATTRIBUTES.get(self.key, self.key))
        return values.language_name(found) if self.kind == "language" else found


@dataclass(frozen=True)
class Cell:
    column: Column
    value: Any


_ATTRIBUTES: Final = {
    "score": "last_score",
    "previous": "previous_score",
    "answer": "last_answered_at",
    "asked": "last_asked_at",
    "added": "created_at",
}
DEFAULT: Final = ("score", "answer", "mail")

_STANDING: Final = (
    Column("score", gettext_lazy("Last score"), "score", "score"),
    Column("answer", gettext_lazy("Last answer"), "moment", "answer"),
    Column("mail", gettext_lazy("Mail"), "mail"),
    Column("previous", gettext_lazy("Score before"), "score"),
    Column("asked", gettext_lazy("Last asked"), "moment"),
    Column("asked_count", gettext_lazy("Times asked"), "number"),
    Column("answered_count", gettext_lazy("Answers"), "number"),
    Column("email", gettext_lazy("Email")),
    Column("external_id", gettext_lazy("External ID")),
    Column("phone", gettext_lazy("Phone")),
    Column("owner", gettext_lazy("Owner"), "owner"),
    Column("language", gettext_lazy("Language"), "language"),
    Column("time_zone", gettext_lazy("Time zone")),
    Column("added", gettext_lazy("Known since"), "moment", "newest"),
)
_KINDS: Final = {PropertyType.NUMBER: "number", PropertyType.BOOLEAN: "boolean", PropertyType.DATE: "date"}


def available(visible: Iterable[Property]) -> list[Column]:
    own = [Column(PREFIX + known.key, known.label, _KINDS.get(PropertyType(known.type), "text")) for known in visible]
    return [*_STANDING, *own]


def chosen(names: Sequence[str] | None, columns: Sequence[Column]) -> list[Column]:
    """Those of the names that there are, in their order; the usual ones when nobody chose."""
    by_key = {column.key: column for column in columns}
    return [by_key[name] for name in (DEFAULT if names is None else names) if name in by_key]


def fields(columns: Sequence[Column]) -> set[str]:
    """What must be read of a customer to write these columns, beside name and address."""
    return {field for column in columns for field in column.fields}


def cells(customer: Customer, columns: Sequence[Column]) -> list[Cell]:
    return [Cell(column, column.value(customer)) for column in columns]


# ── As plain values, for files ───────────────────────────────────────────────────────────────────────────────────────


def plain(column: Column, customer: Customer, zone: ZoneInfo) -> str | int | float:
    """Text, or a number; times in the organization's zone, "" for what is not set."""
    value = column.value(customer)
    if value is None:
        return ""
    write = _PLAIN.get(column.kind)
    return write(value, zone) if write else value


def _moment(value: datetime, zone: ZoneInfo) -> str:
    return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _boolean(value: Any, zone: ZoneInfo) -> str:
    return _("yes") if value else _("no")


def _mail(customer: Customer, zone: ZoneInfo) -> str:
    if customer.suppression:
        return str(customer.get_suppression_display())
    if customer.email is None:
        return _("No address")
    wished_until = customer.wished_until  # type: ignore[attr-defined]
    if wished_until:
        return _("As they wished, not before %(day)s") % {"day": wished_until.astimezone(zone).date().isoformat()}
    rests_until = customer.rests_until  # type: ignore[attr-defined]
    if rests_until:
        return _("Asked recently, free again on %(day)s") % {"day": rests_until.astimezone(zone).date().isoformat()}
    return _("May be asked")


_PLAIN: Final[dict[str, Callable[[Any, ZoneInfo], str]]] = {
    "moment": _moment,
    "boolean": _boolean,
    "owner": lambda value, zone: str(value),
    "mail": _mail,
}
