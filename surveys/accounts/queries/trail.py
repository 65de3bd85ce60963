"""Reads of the audit trail."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet

from surveys.accounts.models import AuditEntry, Membership, Organization, User
from surveys.accounts.trail_filters import AUTOMATIC, OPERATOR, TrailFilters
from surveys.core import places

PAGE: Final = 50
AT_ONCE: Final = 1_000
MOST_COUNTED: Final = 10_000


@dataclass(frozen=True)
class TrailPage:
    """`after` is the cursor of the next page, "" on the last. `count` stops at MOST_COUNTED; then `is_more`."""

    entries: list[AuditEntry]
    after: str
    count: int
    is_more: bool


def trail(organization: Organization, filters: TrailFilters) -> QuerySet[AuditEntry]:
    """The entries that pass, newest first."""
    found = _by(AuditEntry.objects.filter(organization=organization), filters.by)
    exact = {"action": filters.act, "target_type": filters.kind, "target_id": filters.target}
    found = found.filter(**{name: value for name, value in exact.items() if value})
    zone = ZoneInfo(organization.time_zone)
    if filters.since:
        found = found.filter(at__gte=_begins(filters.since, zone))
    if filters.until:
        found = found.filter(at__lt=_begins(filters.until + timedelta(days=1), zone))
    if filters.words:
        found = found.filter(target_name__icontains=filters.words)
    return found.order_by("-at", "-id")


def _by(found: QuerySet[AuditEntry], by: str) -> QuerySet[AuditEntry]:
    if by == AUTOMATIC:
        return found.filter(actor_id=None)
    if by == OPERATOR:
        return found.filter(is_operator=True)
    return found.filter(actor_id=int(by)) if by else found


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def trail_page(organization: Organization, filters: TrailFilters, after: str = "") -> TrailPage:
    """Fifty entries behind the cursor; two statements, however many there are."""
    found = trail(organization, filters)
    count = found.order_by()[: MOST_COUNTED + 1].count()
    rows = list(_behind(found, after)[: PAGE + 1])
    shown = rows[:PAGE]
    return TrailPage(
        entries=shown,
        after=_cursor(shown[-1]) if len(rows) > PAGE else "",
        count=min(count, MOST_COUNTED),
        is_more=count > MOST_COUNTED,
    )


def whole_trail(organization: Organization, filters: TrailFilters) -> Iterator[AuditEntry]:
    """All entries that pass, a thousand in memory at a time, and no statement that stays open meanwhile."""
    found, after = trail(organization, filters), ""
    while rows := list(_behind(found, after)[:AT_ONCE]):
        yield from rows
        after = _cursor(rows[-1])


def _cursor(entry: AuditEntry) -> str:
    return places.encoded(entry.at, entry.pk)


def _behind(found: QuerySet[AuditEntry], after: str) -> QuerySet[AuditEntry]:
    """A cursor that was not made by `_cursor` is the first page."""
    place = places.decoded(after)
    if place is None:
        return found
    at, pk = place
    return found.filter(at__lte=at).exclude(at=at, id__gte=pk)


# Jumps from value to value along an index: as quick with a million entries as with ten.
_VALUES = """
    WITH RECURSIVE found(value) AS (
        (SELECT {column} FROM surveys_auditentry WHERE organization_id = %(organization)s AND {column} IS NOT NULL
         ORDER BY {column} LIMIT 1)
        UNION ALL
        SELECT (SELECT e.{column} FROM surveys_auditentry e
                WHERE e.organization_id = %(organization)s AND e.{column} > found.value ORDER BY e.{column} LIMIT 1)
        FROM found WHERE found.value IS NOT NULL
    )
    SELECT value FROM found WHERE value IS NOT NULL
"""


def acts(organization: Organization) -> list[str]:
    """What was ever done here."""
    return _values("action", organization)


def kinds(organization: Organization) -> list[str]:
    """What it was done to."""
    return [kind for kind in _values("target_type", organization) if kind]


def actors(organization: Organization) -> list[tuple[int, str]]:
    """Everybody who ever did something here and whoever is a member now, by name; those without an account by address."""
    ids = _values("actor_id", organization)
    members = Membership.objects.filter(organization=organization).values("user")
    known = dict.fromkeys(ids, "") | {
        user.pk: str(user) for user in User.objects.filter(pk__in=ids) | User.objects.filter(pk__in=members)
    }
    gone = AuditEntry.objects.filter(
        organization=organization, actor_id__in=[pk for pk, name in known.items() if not name]
    )
    known |= dict(gone.order_by("actor_id", "-id").distinct("actor_id").values_list("actor_id", "actor_email"))
    return sorted(known.items(), key=lambda person: person[1].casefold())


def _values(column: str, organization: Organization) -> list:
    with connection.cursor() as cursor:
        cursor.execute(_VALUES.format(column=column), {"organization": organization.pk})
        return [value for (value,) in cursor.fetchall()]
