"""What each column of a list of events becomes, and how its lines are read as events."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from surveys.customers import values
from surveys.customers.events import IncomingEvent
from surveys.customers.importing import cells as marked
from surveys.customers.importing import columns as people
from surveys.customers.importing.encoding import REPLACEMENT
from surveys.customers.importing.reading import Record, Sample
from surveys.customers.models import PropertyType, RefusalReason
from surveys.customers.values import Kind, Refused


class EventTarget(models.TextChoices):
    ID = "id", _("Event ID")
    KIND = "kind", _("Kind of event")
    EMAIL = "email", _("Email")
    EXTERNAL_ID = "external_id", _("External ID")
    TIME = "time", _("Time")
    DATA = "data", _("Field of the event")
    IGNORE = "ignore", _("Leave out")


ONCE: Final = (EventTarget.ID, EventTarget.KIND, EventTarget.EMAIL, EventTarget.EXTERNAL_ID, EventTarget.TIME)
_NAMES: Final = {
    EventTarget.ID: "eventid id messageid uuid transactionid",
    EventTarget.KIND: "kind event eventkind eventname eventtype type ereignis",
    EventTarget.TIME: "time timestamp occurredat occurred datetime date when at eventtime createdat happenedat zeit"
    " zeitpunkt datum",
    EventTarget.EMAIL: "email emailaddress mail customeremail useremail emailadresse",
    EventTarget.EXTERNAL_ID: "externalid customerid userid customernumber customerno kundennummer personid contactid",
}
_TARGET_OF: Final = {name: target for target, names in _NAMES.items() for name in names.split()}


@dataclass(frozen=True)
class EventColumn:
    """A column of the file. `kind` is how its cells are written: of a time, in which order days and months stand."""

    name: str
    samples: list[str]
    target: EventTarget
    kind: Kind = Kind.TEXT

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def restored(cls, stored: dict[str, Any]) -> Self:
        return cls(stored["name"], stored["samples"], EventTarget(stored["target"]), Kind(stored["kind"]))


def guess(sample: Sample) -> list[EventColumn]:
    """One per column, by its name and its first cells."""
    found = people.guess(sample, ())
    named = [_TARGET_OF.get(re.sub(r"[^a-z0-9]", "", column.name.lower())) for column in found]
    taken: set[EventTarget] = set()
    columns = []
    for column, wanted in zip(found, named, strict=True):
        target = wanted if wanted and wanted not in taken else EventTarget.DATA
        if target is EventTarget.DATA and EventTarget.EMAIL not in named and column.target == people.Target.EMAIL:
            target = EventTarget.EMAIL
        taken.add(target)
        columns.append(EventColumn(column.name, column.samples, target, _kind(target, column)))
    return columns if EventTarget.TIME in taken else _with_time(columns)


def _kind(target: EventTarget, column: people.Column) -> Kind:
    if target is EventTarget.TIME:
        return column.kind if column.kind.type == PropertyType.DATE else Kind.DATE
    return column.kind if target is EventTarget.DATA and column.target == people.Target.PROPERTY else Kind.TEXT


def _with_time(columns: Sequence[EventColumn]) -> list[EventColumn]:
    """Nothing is called a time: the first date is one."""
    first = next((column for column in columns if column.kind.type == PropertyType.DATE), None)
    return [
        EventColumn(column.name, column.samples, EventTarget.TIME, column.kind) if column is first else column
        for column in columns
    ]


# ── Lines ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class BadCell(ValueError):
    """A cell that cannot be read: of which column, what stands there, and why that is nothing (a RefusalReason)."""

    def __init__(self, column: str, value: str, reason: RefusalReason) -> None:
        super().__init__(reason.label)
        self.column = column
        self.value = value
        self.reason = reason


@dataclass(frozen=True)
class Reader:
    """Reads lines as events. `kind` is that of lines that say none, `zone` that of times without one."""

    columns: Sequence[EventColumn]
    kind: str
    zone: ZoneInfo
    is_marked: bool  # the file knows what a cell is, see importing.cells

    def event(self, record: Record) -> IncomingEvent | None:
        """None of a blank line. Raises BadCell."""
        if record.flaw:
            raise BadCell("", record.flaw.value, record.flaw.reason)
        cells = [cell.strip() for cell in record.cells]
        if not any(cells):
            return None
        if surplus := next((cell for cell in cells[len(self.columns) :] if cell), None):
            raise BadCell("", surplus, RefusalReason.TOO_MANY_CELLS)
        told = dict(self._told(zip(self.columns, cells, strict=False)))
        data = {column.name: value for column, value in told.items() if column.target is EventTarget.DATA}
        own = {column.target: value for column, value in told.items() if column.target is not EventTarget.DATA}
        return IncomingEvent(
            kind=own.get(EventTarget.KIND, self.kind),
            occurred_at=own.get(EventTarget.TIME),
            email=own.get(EventTarget.EMAIL, ""),
            external_id=own.get(EventTarget.EXTERNAL_ID, ""),
            event_id=own.get(EventTarget.ID, ""),
            data=data,
        )

    def written(self, record: Record, target: EventTarget) -> str:
        """The first cell that becomes this, as a person reads it in the file."""
        cells = zip(self.columns, record.cells, strict=False)
        found = next((cell.strip() for column, cell in cells if column.target is target), "")
        return marked.plain(found) if self.is_marked else found

    def _told(self, line: Iterable[tuple[EventColumn, str]]) -> Iterator[tuple["_Key", Any]]:
        for column, cell in line:
            if cell and column.target is not EventTarget.IGNORE:
                yield _Key(column.name, column.target), self._read(column, cell)

    def _read(self, column: EventColumn, cell: str) -> Any:
        if REPLACEMENT in cell or "\0" in cell:
            raise BadCell(column.name, cell, RefusalReason.UNREADABLE)
        try:
            if column.target is EventTarget.TIME:
                return moment(marked.plain(cell) if self.is_marked else cell, column.kind, self.zone)
            kind = column.kind if column.target is EventTarget.DATA else Kind.TEXT
            read = values.as_json(kind)
            return json.loads(marked.understanding(read, kind)(cell) if self.is_marked else read(cell))
        except Refused as refused:
            raise BadCell(column.name, marked.plain(cell), refused.reason) from refused


@dataclass(frozen=True)
class _Key:
    name: str
    target: EventTarget


_CLOCK = (
    r"(?:[ T,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?"
)
_WRITTEN: Final = {
    Kind.DATE: re.compile(rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_CLOCK}"),
    Kind.DATE_DMY: re.compile(rf"(?P<day>\d{{1,2}})[-/.] ?(?P<month>\d{{1,2}})[-/.] ?(?P<year>\d{{4}}){_CLOCK}"),
    Kind.DATE_MDY: re.compile(rf"(?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}})[-/.](?P<year>\d{{4}}){_CLOCK}"),
}
_SECONDS: Final = re.compile(r"\d{10}(?:\.\d+)?")
_MILLISECONDS: Final = re.compile(r"\d{13}")


def moment(cell: str, kind: Kind, zone: ZoneInfo) -> datetime:
    """A time as lists write it: ISO 8601, Unix seconds or milliseconds, or a day with or without a clock, in the order that
    `kind` says. Without an offset it is one of `zone`; without a clock, midnight. Raises Refused."""
    try:
        if _SECONDS.fullmatch(cell):
            return datetime.fromtimestamp(float(cell), UTC)
        if _MILLISECONDS.fullmatch(cell):
            return datetime.fromtimestamp(int(cell) / 1000, UTC)
        return _iso(cell, zone) or _written(cell, kind, zone)
    except (ValueError, OverflowError) as problem:
        raise Refused(RefusalReason.NO_SUCH_DATE) from problem


def _iso(cell: str, zone: ZoneInfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(cell)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _written(cell: str, kind: Kind, zone: ZoneInfo) -> datetime:
    found = _WRITTEN[Kind.DATE].fullmatch(cell) or _WRITTEN[kind].fullmatch(cell)
    if not found:
        raise ValueError(cell)
    hour = int(found["hour"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(cell)
        hour = hour % 12 + 12 * (found["half"] in "pP")
    day = (int(found["year"]), int(found["month"]), int(found["day"]))
    return datetime(*day, hour, int(found["minute"] or 0), int(found["second"] or 0), tzinfo=zone)
