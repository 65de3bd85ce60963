"""Writes about the audit trail itself: taking it out of the product, and forgetting what is too old to be kept."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import connection

from surveys.accounts import access, audit
from surveys.accounts.models import AuditEntry, Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import trail
from surveys.accounts.trail_filters import TrailFilters
from surveys.core import periods

AT_ONCE: Final = 5_000


def export_trail(*, by: Membership, filters: TrailFilters, at: datetime) -> Iterator[AuditEntry]:
    """What passes the filters, newest first, to be read once; the export is itself an entry, and stands in it."""
    access.require(by, Permission.VIEW_AUDIT)
    audit.record(by, "audit.exported", by.organization, at=at, filters=dict(filters.to_pairs()))
    return trail.whole_trail(by.organization, filters)


def prune_trail(*, at: datetime) -> int:
    """Forget entries older than NPS_AUDIT_MONTHS, in slices; returns how many. The database keeps 90 days whatever is set."""
    if not settings.AUDIT_MONTHS:
        return 0
    before = datetime.combine(periods.months_before(at.date(), settings.AUDIT_MONTHS), at.timetz())
    return sum(_forget(pk, before) for pk in Organization.objects.order_by("pk").values_list("pk", flat=True))


def _forget(organization: int, before: datetime) -> int:
    forgotten = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT surveys_forget_audit_before(%s, %s, %s)", [organization, before, AT_ONCE])
            (count,) = cursor.fetchone()
            forgotten += count
            if count < AT_ONCE:
                return forgotten
