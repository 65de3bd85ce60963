"""What a person does with a list of events: upload it, say what its columns are, start it, stop it. The work itself is in
`actions.event_list_work`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.customers.actions.import_files import PIECE, too_large
from surveys.customers.actions.imports import KEEP_DAYS, NothingToImport, NotPossibleNow
from surveys.customers.importing import event_columns, sources
from surveys.customers.importing.event_columns import EventColumn
from surveys.customers.importing.reading import Form
from surveys.customers.importing.sources import Arrival, Look
from surveys.customers.models import EventList, EventListChunk, EventListRefusal, EventListStatus, ImportFormat
from surveys.outbox.nudges import nudge

WORK: Final = "surveys.customers.tasks.work_on_event_list"
COLUMNS_OPEN: Final = (EventListStatus.UPLOADED, EventListStatus.CHECKED, EventListStatus.FAILED)
_OVER: Final = (EventListStatus.DONE, EventListStatus.CANCELLED)
_NO_COUNTS: Final = {"line": 0, "lines": 0, "new": 0, "duplicate": 0, "refused": 0, "blank": 0, "bytes_read": 0}


@dataclass(frozen=True)
class EventChoice:
    """What a person says about a list: `kind` is that of lines without one, `time_zone` that of times without one."""

    columns: Sequence[EventColumn]
    kind: str
    time_zone: str


def upload(*, by: Membership, file_name: str, pieces: Iterable[bytes], at: datetime) -> EventList:
    """Keep the file in the database and guess its columns. Raises BadFile, with words for the person."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        zone = by.organization.time_zone
        found = EventList.objects.create(
            organization=by.organization,
            created_by_id=by.user_id,
            created_at=at,
            file_name=file_name[-255:],
            size=0,
            time_zone=zone,
        )
        arrival = Arrival(file_name)
        _keep(found, arrival, pieces)
        look = sources.look(arrival.form(), arrival.beginning, chunks(found))
        EventList.objects.filter(pk=found.pk).update(size=arrival.size, **_read(look))
        found.refresh_from_db()
        audit.record(by, "events.uploaded", found, at=at, size=found.size)
    return found


def _keep(found: EventList, arrival: Arrival, pieces: Iterable[bytes]) -> None:
    for number, piece in enumerate(pieces):
        arrival.feed(piece)
        if arrival.size > settings.UPLOAD_LIMIT:
            raise too_large()
        EventListChunk.objects.create(organization=found.organization, event_list=found, number=number, data=piece)


def _read(look: Look) -> dict[str, Any]:
    form = look.sample.form
    return {
        "format": form.format,
        "encoding": form.encoding,
        "separator": form.separator,
        "sheet": form.sheet,
        "sheets": look.sheets,
        "columns": [column.stored() for column in event_columns.guess(look.sample)],
    }


def read_as(*, event_list: EventList, form: Form, by: Membership, at: datetime) -> None:
    """Look at the file again in this form, and guess its columns anew. Raises BadFile and NotPossibleNow."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        look = sources.look(form, next(chunks(event_list), b""), chunks(event_list))
        _move(event_list, COLUMNS_OPEN, EventListStatus.UPLOADED, error="", **_read(look))


def choose_columns(*, event_list: EventList, choice: EventChoice, by: Membership, at: datetime) -> None:
    """Check the list with these columns; nothing is taken in yet. Raises NotPossibleNow."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        columns = [column.stored() for column in choice.columns]
        said = {"columns": columns, "kind": choice.kind, "time_zone": choice.time_zone, "error": ""}
        _move(event_list, COLUMNS_OPEN, EventListStatus.CHECKING, started_at=at, **said, **_NO_COUNTS)
        _nudge(event_list)


def start(*, event_list: EventList, by: Membership, at: datetime) -> None:
    """Take in the list that was checked. Raises NotPossibleNow, and NothingToImport when nothing in it is new."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        if EventList.objects.filter(pk=event_list.pk, status=EventListStatus.CHECKED, new=0).exists():
            raise NothingToImport(event_list.pk)
        _move(event_list, [EventListStatus.CHECKED], EventListStatus.RUNNING, started_at=at, **_NO_COUNTS)
        forget_refusals(event_list)
        audit.record(by, "events.started", event_list, at=at)
        _nudge(event_list)


def cancel(*, event_list: EventList, by: Membership, at: datetime) -> None:
    """What was taken in stays. Raises NotPossibleNow when it is over."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    before = [status for status in EventListStatus if status not in _OVER]
    with transaction.atomic():
        _move(event_list, before, EventListStatus.CANCELLED, finished_at=at)
        audit.record(by, "events.cancelled", event_list, at=at)


def _move(event_list: EventList, before: Sequence[EventListStatus], after: EventListStatus, **changes: object) -> None:
    fresh: dict[str, object] = {"heartbeat_at": None, "tries": 0, "finished_at": None}
    movable = EventList.objects.filter(pk=event_list.pk, status__in=before)
    if not movable.update(status=after, **fresh | changes):
        raise NotPossibleNow(event_list.pk)


def _nudge(event_list: EventList) -> None:
    transaction.on_commit(partial(nudge, WORK, event_list.pk))


def sweep(*, at: datetime) -> None:
    """Nudge what a dead worker or a lost nudge left, and throw away what is not needed any more."""
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    for pk in EventList.objects.forsaken(stale).values_list("pk", flat=True):
        nudge(WORK, pk)
    left = EventList.objects.filter(status__in=COLUMNS_OPEN, created_at__lt=at - timedelta(days=KEEP_DAYS))
    left.update(status=EventListStatus.CANCELLED, finished_at=at)
    for event_list in EventList.objects.filter(status__in=_OVER, pk__in=EventListChunk.objects.values("event_list")):
        throw_away(event_list)


def form_of(event_list: EventList) -> Form:
    return Form(event_list.encoding, event_list.separator, ImportFormat(event_list.format), event_list.sheet)


def chunks(event_list: EventList) -> Iterator[bytes]:
    """One at a time: a list of any size takes the memory of one chunk."""
    mine = EventListChunk.objects.filter(organization=event_list.organization_id, event_list=event_list)
    number = -1
    while (chunk := mine.filter(number__gt=number).order_by("number").first()) is not None:
        number = chunk.number
        yield bytes(chunk.data)


def throw_away(event_list: EventList) -> None:
    """The file. Counts and refusals stay."""
    mine = EventListChunk.objects.filter(organization=event_list.organization_id, event_list=event_list)
    mine._raw_delete("default")


def forget_refusals(event_list: EventList) -> None:
    mine = EventListRefusal.objects.filter(organization=event_list.organization_id, event_list=event_list)
    mine._raw_delete("default")


__all__ = ["PIECE", "EventChoice", "cancel", "choose_columns", "read_as", "start", "sweep", "upload"]
