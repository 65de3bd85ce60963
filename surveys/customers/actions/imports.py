"""What a person does with a list: upload it, say what its columns are, start it, pause it, stop it, undo it. The work
itself is in `actions.import_work`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.customers import allowance
from surveys.customers.actions import import_files, import_mappings
from surveys.customers.actions.import_files import throw_away
from surveys.customers.importing import columns as importing_columns
from surveys.customers.importing import sources
from surveys.customers.importing.columns import Column
from surveys.customers.importing.reading import Form
from surveys.customers.importing.sources import Arrival, Look
from surveys.customers.models import ImportChunk, ImportJob, ImportStatus, Property
from surveys.outbox.nudges import nudge

KEEP_DAYS = 7  # an upload that nobody goes on with
_COLUMNS_OPEN = (ImportStatus.UPLOADED, ImportStatus.CHECKED, ImportStatus.FAILED)
_WORK = "surveys.customers.tasks.work_on_import"


class NotPossibleNow(RuntimeError):
    """The job is in another state by now: another person or another window was faster."""


class NothingToImport(ValueError):
    """Every line of the list was refused."""


@dataclass(frozen=True)
class Choice:
    """What a person says about a list. `remember_as` names the mapping; "" leaves the name that it has."""

    columns: Sequence[Column]
    updates_known: bool = True
    clears_empty: bool = False
    remember_as: str = ""


def upload(*, by: Membership, file_name: str, pieces: Iterable[bytes], at: datetime) -> ImportJob:
    """Keep the file in the database and guess its columns. Raises BadFile, with words for the person."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        job = ImportJob.objects.create(
            organization=by.organization, created_by_id=by.user_id, created_at=at, file_name=file_name[-255:], size=0
        )
        arrival = Arrival(file_name)
        import_files.keep(job, arrival, pieces)
        look = sources.look(arrival.form(), arrival.beginning, import_files.chunks(job))
        ImportJob.objects.filter(pk=job.pk).update(size=job.size, **_read(by, look, is_fresh=False))
        job.refresh_from_db()
        audit.record(by, "import.uploaded", job, at=at, size=job.size)
    return job


def _read(by: Membership, look: Look, *, is_fresh: bool) -> dict[str, Any]:
    """The fields of a job that say how its file is read, and what its columns become: as in a remembered mapping, unless
    they are to be guessed afresh."""
    columns = importing_columns.guess(look.sample, Property.objects.filter(organization=by.organization))
    mapping = None if is_fresh else import_mappings.fitting(by.organization, columns)
    if mapping:
        columns = import_mappings.applied(mapping, columns)
    form = look.sample.form
    return {
        "format": form.format,
        "encoding": form.encoding,
        "separator": form.separator,
        "sheet": form.sheet,
        "sheets": look.sheets,
        "columns": [column.stored() for column in columns],
        "mapping": mapping,
    }


def read_as(*, job: ImportJob, form: Form, by: Membership, at: datetime) -> None:
    """Look at the file again in this form, and guess its columns anew. Raises BadFile and NotPossibleNow."""
    _look_again(job, form, by, at, is_fresh=False)


def guess_anew(*, job: ImportJob, by: Membership, at: datetime) -> None:
    """Leave the remembered mapping aside. Raises BadFile and NotPossibleNow."""
    _look_again(job, import_files.form_of(job), by, at, is_fresh=True)


def _look_again(job: ImportJob, form: Form, by: Membership, at: datetime, *, is_fresh: bool) -> None:
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        first = ImportChunk.objects.filter(organization=job.organization, job=job).order_by("number").first()
        look = sources.look(form, bytes(first.data) if first else b"", import_files.chunks(job))
        _move(job, _COLUMNS_OPEN, ImportStatus.UPLOADED, at, error="", **_read(by, look, is_fresh=is_fresh))


def choose_columns(*, job: ImportJob, choice: Choice, by: Membership, at: datetime) -> None:
    """Check the list with these columns, and remember them; nothing is imported yet. Raises NotPossibleNow."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        _move(
            job,
            _COLUMNS_OPEN,
            ImportStatus.CHECKING,
            at,
            columns=[column.stored() for column in choice.columns],
            mapping=import_mappings.remember(job=job, columns=choice.columns, name=choice.remember_as, by=by, at=at),
            updates_known=choice.updates_known,
            clears_empty=choice.clears_empty,
            merged_line=0,
            bytes_read=0,
            is_folded=False,
            error="",
        )
        _nudge(job)


def _nudge(job: ImportJob) -> None:
    transaction.on_commit(lambda: nudge(_WORK, job.pk))


def start(*, job: ImportJob, by: Membership, at: datetime) -> None:
    """Import the list that was checked. Raises NotPossibleNow, LimitReached, and NothingToImport when no line is good."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        checked = ImportJob.objects.filter(pk=job.pk, status=ImportStatus.CHECKED)
        if checked.filter(new=0, changed=0, unchanged=0, skipped=0).exists():
            raise NothingToImport(job.pk)
        allowance.require_room(job.organization_id, checked.values_list("new", flat=True).first() or 0)
        none = {"new": 0, "changed": 0, "unchanged": 0, "skipped": 0}
        _move(job, [ImportStatus.CHECKED], ImportStatus.RUNNING, at, **none)
        audit.record(by, "import.started", job, at=at)
        _nudge(job)


def pause(*, job: ImportJob, by: Membership, at: datetime) -> None:
    """Rest after the slice in work, until `resume`. Raises NotPossibleNow."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        working = ImportJob.objects.filter(pk=job.pk, status__in=[ImportStatus.RUNNING, ImportStatus.UNDOING])
        if not working.update(status=ImportStatus.PAUSED, finished_at=at, heartbeat_at=None):
            raise NotPossibleNow(job.pk)
        audit.record(by, "import.paused", job, at=at)


def resume(*, job: ImportJob, by: Membership, at: datetime) -> None:
    """Raises NotPossibleNow."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        paused = ImportJob.objects.select_for_update().filter(pk=job.pk, status=ImportStatus.PAUSED).first()
        if paused is None:
            raise NotPossibleNow(job.pk)
        after = ImportStatus.UNDOING if paused.undo_started_at else ImportStatus.RUNNING
        _move(job, [ImportStatus.PAUSED], after, at, started_at=_as_if_never_paused(paused, at))
        audit.record(by, "import.resumed", job, at=at)
        _nudge(job)


def _as_if_never_paused(paused: ImportJob, at: datetime) -> datetime:
    """The start by which the time that is left is reckoned."""
    return at - (paused.finished_at - paused.started_at) if paused.started_at and paused.finished_at else at


def cancel(*, job: ImportJob, by: Membership, at: datetime) -> None:
    """Stop after the slice in work. What was imported stays. Raises NotPossibleNow, also while it is being undone."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    before = [
        ImportStatus.UPLOADED,
        ImportStatus.CHECKING,
        ImportStatus.CHECKED,
        ImportStatus.RUNNING,
        ImportStatus.PAUSED,
        ImportStatus.FAILED,
    ]
    with transaction.atomic():
        _move(job, before, ImportStatus.CANCELLED, at, finished_at=at)
        audit.record(by, "import.cancelled", job, at=at)


def undo(*, job: ImportJob, by: Membership, at: datetime) -> None:
    """Take back what the list did, as far as nobody did more since. Raises NotPossibleNow, also when it is too late."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        undoable = ImportJob.objects.undoable(at - settings.IMPORT_UNDO)
        begun = {"heartbeat_at": None, "tries": 0, "started_at": at, "finished_at": None, "undo_started_at": at}
        if not undoable.filter(pk=job.pk).update(status=ImportStatus.UNDOING, error="", **begun):
            raise NotPossibleNow(job.pk)
        audit.record(by, "import.undone", job, at=at)
        _nudge(job)


def _move(job: ImportJob, before: Sequence[ImportStatus], after: ImportStatus, at: datetime, **changes: object) -> None:
    changes = {"heartbeat_at": None, "tries": 0, "started_at": at, "finished_at": None} | changes
    movable = ImportJob.objects.filter(pk=job.pk, status__in=before)
    if after != ImportStatus.UNDOING:
        movable = movable.filter(undo_started_at=None)  # what is being undone goes no other way
    if not movable.update(status=after, **changes):
        raise NotPossibleNow(job.pk)


def sweep(*, at: datetime) -> None:
    """Nudge what a dead worker or a lost nudge left, and throw away what is not needed any more."""
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    for pk in ImportJob.objects.forsaken(stale).values_list("pk", flat=True):
        nudge(_WORK, pk)
    waiting = ImportJob.objects.filter(status__in=[*_COLUMNS_OPEN, ImportStatus.PAUSED], undo_started_at=None)
    left = waiting.filter(created_at__lt=at - timedelta(days=KEEP_DAYS))
    left.update(status=ImportStatus.CANCELLED, finished_at=at)
    over = ImportJob.objects.filter(status__in=[ImportStatus.DONE, ImportStatus.CANCELLED, ImportStatus.UNDONE])
    for job in over.filter(pk__in=ImportChunk.objects.values("job")):
        throw_away(job)
