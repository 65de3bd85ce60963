"""What a person does with a list: upload it, say what its columns are, start it, stop it. The work itself is in
`actions.import_work`."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.customers.importing import columns as importing_columns
from surveys.customers.importing import reading
from surveys.customers.importing.columns import Column
from surveys.customers.importing.encoding import BadFile, EncodingGuess
from surveys.customers.importing.reading import Form, Sample
from surveys.customers.models import ImportChunk, ImportJob, ImportRefusal, ImportRow, ImportStatus, Property
from surveys.outbox.nudges import nudge

PIECE = 1024 * 1024  # bytes of a chunk
KEEP_DAYS = 7  # an upload that nobody goes on with
_COLUMNS_OPEN = (ImportStatus.UPLOADED, ImportStatus.CHECKED, ImportStatus.FAILED)
_WORK = "surveys.customers.tasks.work_on_import"


class NotPossibleNow(RuntimeError):
    """The job is in another state by now: another person or another window was faster."""


class NothingToImport(ValueError):
    """Every line of the list was refused."""


def upload(*, by: Membership, file_name: str, pieces: Iterable[bytes], at: datetime) -> ImportJob:
    """Keep the file in the database and guess its columns. Raises BadFile, with words for the person."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        job = ImportJob.objects.create(
            organization=by.organization, created_by_id=by.user_id, created_at=at, file_name=file_name[-255:], size=0
        )
        guess, beginning = _keep(job, pieces)
        sample = reading.sample(beginning, guess.result())
        job.encoding, job.separator = sample.form.encoding, sample.form.separator
        job.columns = _guessed(by, sample)
        job.save(update_fields=["size", "encoding", "separator", "columns"])
        audit.record(by, "import.uploaded", job, at=at, size=job.size)
    return job


def _guessed(by: Membership, sample: Sample) -> list[dict[str, Any]]:
    declared = Property.objects.filter(organization=by.organization)
    return [column.stored() for column in importing_columns.guess(sample, declared)]


def read_as(*, job: ImportJob, form: Form, by: Membership, at: datetime) -> None:
    """Look at the file again in this form, and guess its columns anew. Raises BadFile and NotPossibleNow."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        first = ImportChunk.objects.filter(organization=job.organization, job=job).order_by("number").first()
        sample = reading.sample(bytes(first.data) if first else b"", form.encoding, form.separator)
        read = {"encoding": form.encoding, "separator": form.separator, "columns": _guessed(by, sample)}
        _move(job, _COLUMNS_OPEN, ImportStatus.UPLOADED, at, error="", **read)


def _keep(job: ImportJob, pieces: Iterable[bytes]) -> tuple[EncodingGuess, bytes]:
    guess, beginning = EncodingGuess(), b""
    for number, piece in enumerate(pieces):
        beginning = beginning or piece
        guess.feed(piece)
        job.size += len(piece)
        if job.size > settings.UPLOAD_LIMIT:
            raise too_large()
        ImportChunk.objects.create(organization=job.organization, job=job, number=number, data=piece)
    return guess, beginning


def too_large() -> BadFile:
    limit = settings.UPLOAD_LIMIT // PIECE
    return BadFile(
        _("The file is larger than %(limit)d MB. Split it, or ask your operator to raise the limit.") % {"limit": limit}
    )


def choose_columns(*, job: ImportJob, columns: Sequence[Column], by: Membership, at: datetime) -> None:
    """Check the list with these columns; nothing is imported yet. Raises NotPossibleNow."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    stored = [column.stored() for column in columns]
    with transaction.atomic():
        _move(
            job,
            _COLUMNS_OPEN,
            ImportStatus.CHECKING,
            at,
            columns=stored,
            merged_line=0,
            bytes_read=0,
            is_folded=False,
            error="",
        )
        transaction.on_commit(lambda: nudge(_WORK, job.pk))


def start(*, job: ImportJob, by: Membership, at: datetime) -> None:
    """Import the list that was checked. Raises NotPossibleNow, and NothingToImport when no line is good."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    with transaction.atomic():
        if ImportJob.objects.filter(pk=job.pk, status=ImportStatus.CHECKED, new=0, changed=0, unchanged=0).exists():
            raise NothingToImport(job.pk)
        _move(job, [ImportStatus.CHECKED], ImportStatus.RUNNING, at, new=0, changed=0, unchanged=0)
        audit.record(by, "import.started", job, at=at)
        transaction.on_commit(lambda: nudge(_WORK, job.pk))


def cancel(*, job: ImportJob, by: Membership, at: datetime) -> None:
    """Stop after the slice in work. What was imported stays. Raises NotPossibleNow."""
    access.require(by, Permission.IMPORT_CUSTOMERS)
    before = [
        ImportStatus.UPLOADED,
        ImportStatus.CHECKING,
        ImportStatus.CHECKED,
        ImportStatus.RUNNING,
        ImportStatus.FAILED,
    ]
    with transaction.atomic():
        _move(job, before, ImportStatus.CANCELLED, at, finished_at=at)
        audit.record(by, "import.cancelled", job, at=at)


def _move(job: ImportJob, before: Sequence[ImportStatus], after: ImportStatus, at: datetime, **changes: object) -> None:
    changes = {"heartbeat_at": None, "tries": 0, "started_at": at, "finished_at": None} | changes
    movable = ImportJob.objects.filter(pk=job.pk, status__in=before)
    if not movable.update(status=after, **changes):
        raise NotPossibleNow(job.pk)


def sweep(*, at: datetime) -> None:
    """Nudge what a dead worker or a lost nudge left, and throw away what is not needed any more."""
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    for pk in ImportJob.objects.forsaken(stale).values_list("pk", flat=True):
        nudge(_WORK, pk)
    left = ImportJob.objects.filter(status__in=_COLUMNS_OPEN, created_at__lt=at - timedelta(days=KEEP_DAYS))
    left.update(status=ImportStatus.CANCELLED, finished_at=at)
    over = ImportJob.objects.filter(status__in=[ImportStatus.DONE, ImportStatus.CANCELLED])
    for job in over.filter(pk__in=ImportChunk.objects.values("job")):
        throw_away(job)


def throw_away(job: ImportJob) -> None:
    """The file and its staged rows. Counts and refusals stay."""
    scope = {"organization_id": job.organization_id, "job_id": job.pk}
    with transaction.atomic():
        ImportRow.objects.filter(**scope)._raw_delete("default")
        ImportChunk.objects.filter(**scope)._raw_delete("default")


def forget_refusals(job: ImportJob) -> None:
    ImportRefusal.objects.filter(organization=job.organization_id, job=job)._raw_delete("default")
