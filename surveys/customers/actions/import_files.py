"""The file of a list, in pieces in the database, and what the work leaves beside it."""

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from surveys.customers.importing.encoding import BadFile
from surveys.customers.importing.reading import Form
from surveys.customers.importing.sources import Arrival
from surveys.customers.models import ImportChunk, ImportFormat, ImportJob, ImportRefusal, ImportRow

PIECE = 1024 * 1024  # bytes of a chunk


def keep(job: ImportJob, arrival: Arrival, pieces: Iterable[bytes]) -> None:
    """Raises BadFile, at the first piece that says that the file will not do."""
    for number, piece in enumerate(pieces):
        arrival.feed(piece)
        if arrival.size > settings.UPLOAD_LIMIT:
            raise too_large()
        ImportChunk.objects.create(organization=job.organization, job=job, number=number, data=piece)
    job.size = arrival.size


def too_large() -> BadFile:
    limit = settings.UPLOAD_LIMIT // PIECE
    return BadFile(
        _("The file is larger than %(limit)d MB. Split it, or ask your operator to raise the limit.") % {"limit": limit}
    )


def chunks(job: ImportJob) -> Iterator[bytes]:
    """One at a time: a list of any size takes the memory of one chunk."""
    found = ImportChunk.objects.filter(organization_id=job.organization_id, job=job).order_by("number")
    number = -1
    while (chunk := found.filter(number__gt=number).first()) is not None:
        number = chunk.number
        yield bytes(chunk.data)


def form_of(job: ImportJob) -> Form:
    return Form(job.encoding, job.separator, ImportFormat(job.format), job.sheet)


def throw_away(job: ImportJob) -> None:
    """The file and its staged rows. Counts and refusals stay."""
    scope = {"organization_id": job.organization_id, "job_id": job.pk}
    with transaction.atomic():
        ImportRow.objects.filter(**scope)._raw_delete("default")
        ImportChunk.objects.filter(**scope)._raw_delete("default")


def forget_refusals(job: ImportJob) -> None:
    ImportRefusal.objects.filter(organization=job.organization_id, job=job)._raw_delete("default")
