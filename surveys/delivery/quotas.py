"""Whether an organization may send at all, and how much more today: the operator's side of sending. See docs/operators.md.

An ask counts on the day (the organization's) on which it first took its person; sending it again after a refusal counts
nothing. What does not fit into a day stays due, and goes on the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection

from surveys.accounts.models import Organization
from surveys.core import periods
from surveys.delivery.models import MailDay

# Of an organization `o`: neither suspended nor about to be deleted.
IS_WORKING: Final = "o.suspended_at IS NULL AND o.deletes_at IS NULL"
# Of an organization `o` at %(at)s: its day is not full.
HAS_ROOM: Final = """
    (o.mails_a_day_limit IS NULL OR NOT EXISTS (
        SELECT 1 FROM surveys_mailday m
        WHERE m.organization_id = o.id AND m.day = (%(at)s AT TIME ZONE o.time_zone)::date
          AND m.taken >= o.mails_a_day_limit))
"""

# The first claim of a day counts what was taken before the limit was set.
_BEGIN_DAYS: Final = """
    INSERT INTO surveys_mailday (organization_id, day, taken)
    SELECT o.id, d.day, (
        SELECT count(*) FROM surveys_invitation i
        WHERE i.organization_id = o.id AND i.claimed_at >= (d.day::timestamp AT TIME ZONE o.time_zone))
    FROM surveys_organization o CROSS JOIN LATERAL (SELECT (%(at)s AT TIME ZONE o.time_zone)::date AS day) d
    WHERE o.mails_a_day_limit IS NOT NULL
      AND EXISTS (SELECT 1 FROM surveys_campaign c WHERE c.organization_id = o.id AND c.status = 'live')
      AND NOT EXISTS (SELECT 1 FROM surveys_mailday m WHERE m.organization_id = o.id AND m.day = d.day)
    ON CONFLICT DO NOTHING
"""
_LOCK_DAYS: Final = """
    SELECT m.organization_id, greatest(0, o.mails_a_day_limit - m.taken)
    FROM surveys_mailday m JOIN surveys_organization o ON o.id = m.organization_id
    WHERE o.mails_a_day_limit IS NOT NULL AND m.day = (%(at)s AT TIME ZONE o.time_zone)::date
    ORDER BY m.id FOR UPDATE OF m SKIP LOCKED
"""
_ADD: Final = """
    UPDATE surveys_mailday m SET taken = m.taken + added.count
    FROM unnest(%(organizations)s::bigint[], %(counts)s::int[]) AS added(organization_id, count), surveys_organization o
    WHERE o.id = added.organization_id AND m.organization_id = o.id AND m.day = (%(at)s AT TIME ZONE o.time_zone)::date
"""


def lock_rooms(*, at: datetime) -> dict[int, int]:
    """How many more each organization with a limit may ask today. Those that another claim is at are left out.

    Holds their rows until the transaction ends, so that two claims at once do not both take the last ones.
    """
    if not Organization.objects.filter(mails_a_day_limit__isnull=False).exists():
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN_DAYS, {"at": at})
        cursor.execute(_LOCK_DAYS, {"at": at})
        return dict(cursor.fetchall())


def count_taken(taken: Mapping[int, int], *, at: datetime) -> None:
    """Add to the days that `lock_rooms` holds."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD, {"organizations": list(taken), "counts": list(taken.values()), "at": at})


def prune(*, at: datetime) -> int:
    """Days that are over, with a few to look back at; returns how many."""
    count, _ = MailDay.objects.filter(day__lt=(at - timedelta(days=30)).date()).delete()
    return count


@dataclass(frozen=True)
class Quota:
    """The organization's limit, what it has used of it today, and when the next day begins."""

    limit: int
    taken: int
    next_day: datetime

    @property
    def is_full(self) -> bool:
        return self.taken >= self.limit


def today(organization: Organization, *, at: datetime) -> Quota | None:
    """None when it has no limit."""
    if organization.mails_a_day_limit is None:
        return None
    zone = ZoneInfo(organization.time_zone)
    day = periods.local_day(at, zone)
    taken = MailDay.objects.filter(organization=organization, day=day).values_list("taken", flat=True).first()
    next_day = datetime.combine(day + timedelta(days=1), time(), zone)
    return Quota(organization.mails_a_day_limit, taken or 0, next_day)
