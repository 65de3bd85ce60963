"""The work on a list of events, in slices: check (what would become of each line), then take in.

A worker takes a list by counting up `attempt`, and every slice is a transaction that begins with an UPDATE naming it. Killed,
a check begins anew, and taking in goes on behind the line it came to; a line that was taken in twice is a duplicate anyway.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from surveys.customers.actions import event_lists, events
from surveys.customers.actions.events import Fate, Outcome, Recorded
from surveys.customers.events import Flaw, IncomingEvent
from surveys.customers.importing.encoding import BadFile
from surveys.customers.importing.event_columns import BadCell, EventColumn, EventTarget, Reader
from surveys.customers.importing.reading import Record
from surveys.customers.importing.sources import Source
from surveys.customers.models import EventList, EventListRefusal, EventListStatus, ImportFormat

logger = logging.getLogger(__name__)

SLICE = 1000
MOST_TRIES = 5
_SHOWN = 500  # characters of a refused value that are kept

Clock = Callable[[], datetime]


class Superseded(RuntimeError):
    """The list was stopped, or another worker has taken it."""


@dataclass
class Work:
    """A list in the hands of this worker."""

    event_list: EventList
    reader: Reader
    clock: Clock
    seen: set[int] = field(default_factory=set)  # hashes of ids in the lines above, while checking

    def step(self, **changes: object) -> None:
        """Give a sign of life and change the row. Raises Superseded; call it first in each transaction."""
        row = self.event_list
        mine = EventList.objects.filter(pk=row.pk, attempt=row.attempt, status=row.status)
        if not mine.update(heartbeat_at=self.clock(), **changes):
            raise Superseded(row.pk)


def work(*, list_id: int, clock: Clock) -> None:
    """Do what the list needs, if nobody else is at it."""
    taken = _take(list_id, clock)
    if taken is None:
        return
    try:
        _go_through(taken)
    except Superseded:
        logger.info("list of events %s was taken over or stopped", list_id)
    except BadFile as problem:
        _fail(taken.event_list, str(problem), clock())


def _take(list_id: int, clock: Clock) -> Work | None:
    at = clock()
    forsaken = EventList.objects.forsaken(at - timedelta(seconds=settings.LEASE_SECONDS)).filter(pk=list_id)
    if not forsaken.update(attempt=F("attempt") + 1, tries=F("tries") + 1, heartbeat_at=at):
        return None
    row = EventList.objects.select_related("organization").get(pk=list_id)
    if row.tries > MOST_TRIES:
        _fail(row, _("The work stopped several times without a result. Ask your operator to look at the log."), at)
        return None
    columns = [EventColumn.restored(stored) for stored in row.columns]
    return Work(row, Reader(columns, row.kind, ZoneInfo(row.time_zone), row.format != ImportFormat.CSV), clock)


def _fail(row: EventList, error: str, at: datetime) -> None:
    mine = EventList.objects.filter(pk=row.pk, attempt=row.attempt, status=row.status)
    mine.update(status=EventListStatus.FAILED, error=error[:500], finished_at=at)


def _go_through(taken: Work) -> None:
    row = taken.event_list
    is_check = row.status == EventListStatus.CHECKING
    if is_check:
        _begin_anew(taken)
    source = Source(event_lists.form_of(row), taken.reader.columns, event_lists.chunks(row), row.size)
    records = (record for record in source.records() if is_check or record.line > row.line)
    while some := list(islice(records, SLICE)):
        _slice(taken, some, source.position)
    with transaction.atomic():
        taken.step(status=EventListStatus.CHECKED if is_check else EventListStatus.DONE, finished_at=taken.clock())
        if not is_check:
            event_lists.throw_away(row)


def _begin_anew(taken: Work) -> None:
    with transaction.atomic():
        taken.step(line=0, lines=0, new=0, duplicate=0, refused=0, blank=0, bytes_read=0)
        event_lists.forget_refusals(taken.event_list)


# ── A slice ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _slice(taken: Work, records: Sequence[Record], position: int) -> None:
    read = _read(taken, records)
    with transaction.atomic():
        taken.step()
        recorded = _judged(taken, read.events)
        refusals = read.refusals + _refused(taken, read.records, recorded)
        EventListRefusal.objects.bulk_create(refusals)
        counts = Counter(outcome.fate for outcome in recorded.outcomes)
        taken.step(
            line=records[-1].line,
            bytes_read=position,
            lines=F("lines") + len(records),
            new=F("new") + counts[Fate.STORED],
            duplicate=F("duplicate") + counts[Fate.DUPLICATE],
            refused=F("refused") + len(refusals),
            blank=F("blank") + read.blank,
        )


@dataclass
class _Read:
    """Lines as events, and those that are none."""

    events: list[IncomingEvent] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)  # of the events
    refusals: list[EventListRefusal] = field(default_factory=list)
    blank: int = 0


def _read(taken: Work, records: Sequence[Record]) -> _Read:
    read = _Read()
    for record in records:
        try:
            event = taken.reader.event(record)
        except BadCell as bad:
            read.refusals.append(_refusal(taken, record.line, bad.column, bad.value, bad.reason.value))
            continue
        if event is None:
            read.blank += 1
        else:
            read.events.append(event)
            read.records.append(record)
    return read


def _judged(taken: Work, told: Sequence[IncomingEvent]) -> Recorded:
    row, at = taken.event_list, taken.clock()
    if row.status == EventListStatus.RUNNING:
        return events.record(organization=row.organization, told=told, at=at)
    foreseen = events.outlook(organization=row.organization, told=told, at=at)
    return Recorded(tuple(_unless_seen(taken, outcome) for outcome in foreseen.outcomes))


def _unless_seen(taken: Work, outcome: Outcome) -> Outcome:
    """An event whose id stands further up in the file will be a duplicate."""
    if outcome.fate is not Fate.STORED:
        return outcome
    key = hash(outcome.event_id)
    if key in taken.seen:
        return Outcome(Fate.DUPLICATE, outcome.event_id)
    taken.seen.add(key)
    return outcome


# ── Refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────
_TARGET_OF = {
    Flaw.NO_KIND: EventTarget.KIND,
    Flaw.BAD_KIND: EventTarget.KIND,
    Flaw.BAD_ID: EventTarget.ID,
    Flaw.NO_TIME: EventTarget.TIME,
    Flaw.TOO_FAR: EventTarget.TIME,
    Flaw.TOO_OLD: EventTarget.TIME,
    Flaw.NOBODY: EventTarget.EMAIL,
    Flaw.BAD_ADDRESS: EventTarget.EMAIL,
    Flaw.ERASED: EventTarget.EMAIL,
    Flaw.BAD_EXTERNAL_ID: EventTarget.EXTERNAL_ID,
    Flaw.UNKNOWN: EventTarget.EXTERNAL_ID,
    Flaw.TWO_PEOPLE: EventTarget.EXTERNAL_ID,
}


def _refused(taken: Work, records: Sequence[Record], recorded: Recorded) -> list[EventListRefusal]:
    return [
        _refusal(taken, record.line, _column(taken, outcome), _value(taken, record, outcome), outcome.flaw.value)
        for record, outcome in zip(records, recorded.outcomes, strict=True)
        if outcome.flaw
    ]


def _column(taken: Work, outcome: Outcome) -> str:
    target = _TARGET_OF.get(outcome.flaw) if outcome.flaw else None
    if target is None:
        return outcome.about if outcome.flaw in (Flaw.BAD_VALUE, Flaw.TOO_LONG, Flaw.BAD_FIELD_NAME) else ""
    return next((column.name for column in taken.reader.columns if column.target is target), "")


def _value(taken: Work, record: Record, outcome: Outcome) -> str:
    """As the file has it, where it was read as something else."""
    if outcome.flaw in (Flaw.TOO_FAR, Flaw.TOO_OLD):
        return taken.reader.written(record, EventTarget.TIME)
    return "" if outcome.flaw in (Flaw.BAD_VALUE, Flaw.TOO_LONG) else outcome.about


def _refusal(taken: Work, line: int, column: str, value: str, reason: str) -> EventListRefusal:
    row = taken.event_list
    shown = value[:_SHOWN].replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()
    return EventListRefusal(
        organization_id=row.organization_id, event_list=row, line=line, column=column[:200], value=shown, reason=reason
    )
