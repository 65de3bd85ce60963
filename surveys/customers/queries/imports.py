"""Reads about lists that were imported."""

from collections.abc import Iterator

from surveys.accounts.models import Organization
from surveys.customers.models import ImportJob, ImportRefusal


def imports(organization: Organization) -> list[ImportJob]:
    """The latest lists, newest first."""
    return list(ImportJob.objects.filter(organization=organization).select_related("created_by").order_by("-pk")[:20])


def first_refusals(job: ImportJob, limit: int = 20) -> list[ImportRefusal]:
    return list(ImportRefusal.objects.filter(organization=job.organization, job=job).order_by("line")[:limit])


def refusals(job: ImportJob) -> Iterator[ImportRefusal]:
    """All of them by line, in constant memory."""
    return ImportRefusal.objects.filter(organization=job.organization, job=job).order_by("line").iterator(2000)
