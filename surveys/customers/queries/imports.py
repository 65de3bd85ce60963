"""Reads about lists that were imported."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from surveys.accounts.models import Organization
from surveys.customers.models import (
    ChangeSource,
    Customer,
    ImportJob,
    ImportKept,
    ImportMapping,
    ImportRefusal,
    KeptReason,
)

PAGE = 50


@dataclass(frozen=True)
class Lists:
    """A page of lists, newest first. `before` leads to the next page, None on the last."""

    jobs: list[ImportJob]
    before: int | None


def imports(organization: Organization, *, at: datetime, before: int | None = None, limit: int = PAGE) -> Lists:
    """Each job `may_be_undone` at that moment or not."""
    found = ImportJob.objects.filter(organization=organization).select_related("created_by").defer("columns", "sheets")
    behind = found.filter(pk__lt=before) if before else found
    jobs = list(behind.order_by("-pk")[: limit + 1])
    for job in jobs:
        job.may_be_undone = undoable_until(job, at) is not None  # type: ignore[attr-defined]
    return Lists(jobs[:limit], jobs[limit - 1].pk if len(jobs) > limit else None)


def undoable_until(job: ImportJob, at: datetime) -> datetime | None:
    """None when the list cannot be undone, or not any more."""
    if not ImportJob.objects.undoable(at - settings.IMPORT_UNDO).filter(pk=job.pk).exists() or not job.finished_at:
        return None
    return job.finished_at + settings.IMPORT_UNDO


def first_refusals(job: ImportJob, limit: int = 20) -> list[ImportRefusal]:
    return list(ImportRefusal.objects.filter(organization=job.organization, job=job).order_by("line")[:limit])


def refusals(job: ImportJob) -> Iterator[ImportRefusal]:
    """All of them by line, in constant memory."""
    return ImportRefusal.objects.filter(organization=job.organization, job=job).order_by("line").iterator(2000)


def mappings(organization: Organization) -> list[ImportMapping]:
    """Those used last come first."""
    found = ImportMapping.objects.filter(organization=organization).select_related("created_by")
    return list(found.order_by("-used_at", "-pk"))


# ── undoing ──

# What happened to a person since the list added them, as KeptReason; unset when nothing did. Declared properties that were
# renamed or retyped since are no deed about this person.
TOUCHED = """
CASE WHEN c.answered_count > 0 OR c.last_answered_at IS NOT NULL THEN 'answered'
     WHEN c.asked_count > 0 OR c.last_asked_at IS NOT NULL THEN 'asked'
     WHEN EXISTS (SELECT FROM surveys_customerchange h
                   WHERE h.organization_id = c.organization_id AND h.customer_id = c.id AND h.source <> 'property')
       OR c.updated_at > c.created_at AND NOT EXISTS (
                  SELECT FROM surveys_customerchange h
                   WHERE h.organization_id = c.organization_id AND h.customer_id = c.id AND h.source = 'property')
     THEN 'changed' END
"""

_ADDED = f"""
SELECT reason, count(*)
  FROM (SELECT {TOUCHED} AS reason FROM surveys_customer c
         WHERE c.organization_id = %(org)s AND c.id BETWEEN %(first)s AND %(last)s AND c.import_id = %(job)s) added
 GROUP BY reason
"""

_CHANGED = """
SELECT count(*), count(*) FILTER (WHERE EXISTS (
           SELECT FROM surveys_customerchange later
            WHERE later.organization_id = told.organization_id AND later.customer_id = told.customer_id
              AND later.id > told.id))
  FROM surveys_customerchange told
 WHERE told.organization_id = %(org)s AND told.source = %(source)s AND told.source_id = %(job)s
"""


@dataclass(frozen=True)
class UndoOutlook:
    """What undoing would do now."""

    goes: int  # new people who would be removed
    stays: dict[KeptReason, int]  # new people who would not, and why
    changed: int  # people whose values go back
    changed_since: int  # of them: changed again, so some of their values may stay

    @property
    def stays_together(self) -> int:
        return sum(self.stays.values())


def undo_outlook(job: ImportJob) -> UndoOutlook:
    scope: dict[str, Any] = {
        "org": job.organization_id,
        "job": job.pk,
        "source": ChangeSource.IMPORT.value,
        "first": job.first_customer_id or 0,
        "last": job.last_customer_id or -1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ADDED, scope)
        added = dict(cursor.fetchall())
        cursor.execute(_CHANGED, scope)
        changed, changed_since = cursor.fetchone()
    goes = added.pop(None, 0)
    stays = {KeptReason(reason): count for reason, count in sorted(added.items())}
    return UndoOutlook(goes, stays, changed, changed_since)


@dataclass(frozen=True)
class Kept:
    """A customer whom undoing left; None when they are gone by now."""

    customer: Customer | None
    number: int
    reason: str


def kept(job: ImportJob, *, after: int = 0, limit: int = PAGE) -> tuple[list[Kept], int | None]:
    """By the customers' ids, and what leads to the next page."""
    found = ImportKept.objects.filter(organization=job.organization, job=job, customer_number__gt=after)
    rows = list(found.order_by("customer_number")[: limit + 1])
    numbers = [row.customer_number for row in rows[:limit]]
    people = Customer.objects.filter(organization=job.organization).in_bulk(numbers)
    listed = [Kept(people.get(r.customer_number), r.customer_number, r.get_reason_display()) for r in rows[:limit]]
    return listed, numbers[-1] if len(rows) > limit else None
