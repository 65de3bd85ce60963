"""Organizations as the operator of the server sees them: sizes and states, never what customers said."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from surveys.accounts.models import AuditEntry, Membership, Organization, Role

PAGE: Final = 25


@dataclass(frozen=True)
class Summary:
    """One organization in numbers. `mails` are those of today and yesterday; `active_at` is the last act in its audit trail."""

    organization: Organization
    people: int
    customers: int
    responses: int
    mails: int
    active_at: datetime | None

    @property
    def state(self) -> str:
        organization = self.organization
        if organization.deletion_began_at:
            return "deleting"
        if organization.deletes_at:
            return "ending"
        return "suspended" if organization.suspended_at else "active"


@dataclass(frozen=True)
class OperatorPage:
    """`after` is the cursor of the next page, "" on the last."""

    summaries: list[Summary]
    after: str


# The sizes of one page of organizations. Mails are counted from the rollups, with what is not folded into them yet.
_SIZES: Final = """
    SELECT o.id,
           (SELECT count(*) FROM surveys_membership m WHERE m.organization_id = o.id),
           (SELECT count(*) FROM surveys_customer c WHERE c.organization_id = o.id),
           (SELECT count(*) FROM surveys_response r WHERE r.organization_id = o.id),
           (SELECT coalesce(sum(sent), 0)::int FROM (
                SELECT i.sent FROM surveys_invitationcount i WHERE i.organization_id = o.id AND i.dimension = ''
                   AND i.day >= (%(since)s AT TIME ZONE o.time_zone)::date
                UNION ALL
                SELECT i.sent FROM surveys_invitationdelta i WHERE i.organization_id = o.id
                   AND i.day >= (%(since)s AT TIME ZONE o.time_zone)::date) AS recent),
           (SELECT e.at FROM surveys_auditentry e WHERE e.organization_id = o.id ORDER BY e.at DESC, e.id DESC LIMIT 1)
    FROM surveys_organization o WHERE o.id = ANY(%(ids)s)
"""


def organization_page(*, words: str, state: str, after: str, at: datetime) -> OperatorPage:
    """Twenty-five organizations, newest first, behind the cursor; two statements."""
    found = _in_state(Organization.objects.order_by("-pk"), state)
    if words:
        member = Membership.objects.filter(user__email__icontains=words).values("organization")
        found = found.filter(Q(name__icontains=words) | Q(slug__icontains=words) | Q(pk__in=member))
    if after.isdecimal() and len(after) < 19:
        found = found.filter(pk__lt=int(after))
    rows = list(found[: PAGE + 1])
    shown = rows[:PAGE]
    return OperatorPage(_summaries(shown, at), str(shown[-1].pk) if len(rows) > PAGE else "")


def _in_state(found, state: str):  # type: ignore[no-untyped-def]
    wanted = {
        "active": Q(suspended_at=None, deletes_at=None),
        "suspended": Q(suspended_at__isnull=False),
        "ending": Q(deletes_at__isnull=False),
    }
    return found.filter(wanted[state]) if state in wanted else found


def summary(organization: Organization, *, at: datetime) -> Summary:
    return _summaries([organization], at)[0]


def _summaries(organizations: list[Organization], at: datetime) -> list[Summary]:
    params: dict[str, Any] = {
        "ids": [organization.pk for organization in organizations],
        "since": at - timedelta(days=1),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, params)
        sizes = {pk: numbers for pk, *numbers in cursor.fetchall()}
    return [Summary(organization, *sizes[organization.pk]) for organization in organizations]


def owners(organization: Organization) -> list[Membership]:
    """Whom to write to."""
    found = Membership.objects.filter(organization=organization, role=Role.OWNER).select_related("user")
    return list(found.order_by("created_at"))


def operator_acts(organization: Organization, limit: int = 20) -> list[AuditEntry]:
    """What operators did to it, newest first."""
    return list(AuditEntry.objects.filter(organization=organization, is_operator=True).order_by("-at", "-id")[:limit])
