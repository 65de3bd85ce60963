"""Where lists leave traces of people: uploaded files, staged rows, refused lines, examples of columns."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.customers.actions.imports import throw_away
from surveys.customers.addresses import MOST_CHARACTERS
from surveys.customers.models import Customer, ImportChunk, ImportFormat, ImportJob, ImportRow, ImportStatus

_OVER: Final = (ImportStatus.DONE, ImportStatus.CANCELLED, ImportStatus.UNDOING, ImportStatus.UNDONE)
_SPELLINGS: Final = {"utf-8-sig": ("utf-8",), "utf-16": ("utf-16-le", "utf-16-be")}
_LONGEST: Final = 2 * MOST_CHARACTERS  # bytes of an address, whatever the encoding of the file


def remove(organization: Organization, ids: Sequence[int], at: datetime) -> None:
    """Of these customers, in the transaction that erases them. A list that is not imported yet and names one of them is
    cancelled: going on would bring the person back. A list of events would not; its file goes when it is over."""
    for job in ImportJob.objects.filter(organization=organization, chunks__number=0).exclude(status__in=_OVER):
        if _names_one_of(job, ids):
            _cancel(job, at)
    _forget_examples(organization)
    _blank_refusals(organization, ids)
    _forget_suppression_lines(organization, ids)


def _cancel(job: ImportJob, at: datetime) -> None:
    ImportJob.objects.filter(pk=job.pk).exclude(status__in=_OVER).update(
        status=ImportStatus.CANCELLED,
        finished_at=at,
        heartbeat_at=None,
        error=_("A customer in this list was erased meanwhile. Upload the list again without them."),
    )
    throw_away(job)


def _names_one_of(job: ImportJob, ids: Sequence[int]) -> bool:
    """A workbook is compressed: it says who is in it only when its lines are staged, and is not trusted before."""
    staged = ImportRow.objects.filter(organization_id=job.organization_id, job_id=job.pk)
    people = Customer.objects.filter(organization_id=job.organization_id, pk__in=ids)
    if staged.filter(
        Q(email_key__in=people.values("email_key")) | Q(external_id__in=people.values("external_id"))
    ).exists():
        return True
    if job.format == ImportFormat.EXCEL:
        return not staged.exists()
    words = [word for email in people.values_list("email", flat=True) if email for word in _spelled(email, job)]
    return any(word in piece for piece in _pieces(job) for word in words)


def _spelled(email: str, job: ImportJob) -> list[bytes]:
    names = _SPELLINGS.get(job.encoding, (job.encoding,))
    return [email.lower().encode(name, "ignore") for name in names]


def _pieces(job: ImportJob) -> Iterator[bytes]:
    """The uploaded file in lower case; each piece begins with the end of the one before."""
    chunks = ImportChunk.objects.filter(organization=job.organization_id, job=job).order_by("number")
    end = b""
    for data in chunks.values_list("data", flat=True).iterator(1):
        piece = end + bytes(data).lower()
        yield piece
        end = piece[-_LONGEST:]


def _forget_examples(organization: Organization) -> None:
    """Cells that were shown as examples when the columns were chosen; a list that is over does not need them."""
    for job in ImportJob.objects.filter(organization=organization, status__in=_OVER):
        bare = [column | {"samples": []} for column in job.columns]
        if bare != job.columns:
            ImportJob.objects.filter(pk=job.pk).update(columns=bare)


# A refused cell belongs to nobody, so it is found by what it says: the address among its words, or the name or an id as
# a whole.
_BLANK = r"""
WITH gone AS (
    SELECT lower(word) AS word FROM surveys_customer c,
           LATERAL unnest(ARRAY[c.email, c.name, c.external_id, c.phone]) AS said(word)
     WHERE c.organization_id = %(organization)s AND c.id = ANY(%(ids)s) AND word <> ''
)
UPDATE {table} r SET value = ''
 WHERE r.organization_id = %(organization)s AND r.value <> ''
   AND (lower(trim(r.value)) IN (SELECT word FROM gone)
        OR EXISTS (SELECT FROM regexp_split_to_table(lower(r.value), '[\s,;:<>()"''|]+') AS part
                    WHERE part IN (SELECT word FROM gone)))
"""


def _blank_refusals(organization: Organization, ids: Sequence[int]) -> None:
    scope: dict[str, Any] = {"organization": organization.pk, "ids": list(ids)}
    with connection.cursor() as cursor:
        for table in ("surveys_importrefusal", "surveys_eventlistrefusal"):
            cursor.execute(_BLANK.replace("{table}", table), scope)


_OF_SUPPRESSIONS: Final = """
    DELETE FROM surveys_suppressionline l USING surveys_customer c
    WHERE l.organization_id = %(organization)s AND c.organization_id = %(organization)s AND c.id = ANY(%(people)s)
      AND lower(trim(l.address)) = c.email_key
"""


def _forget_suppression_lines(organization: Organization, ids: Sequence[int]) -> None:
    """In lists that wait: erasing suppresses the address itself."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_SUPPRESSIONS, {"organization": organization.pk, "people": list(ids)})
