"""Whether an organization may send at all, and how much more it and its campaigns may today. See docs/operators.md.

An ask counts on the day (the organization's) on which it first took its person; sending it again after a refusal counts
nothing. What does not fit into a day stays due, and goes on the next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign
from surveys.core import periods
from surveys.delivery.models import CampaignDay, MailDay

# Of an organization `o`: neither suspended nor about to be deleted.
IS_WORKING: Final = "o.suspended_at IS NULL AND o.deletes_at IS NULL"
# Of a single mail `d` and its organization `o`, if there is one.
MAY_GO: Final = f"(d.organization_id IS NULL OR {IS_WORKING})"
# Of a campaign `c` at %(at)s: live, and its end has not come.
IS_SENDING: Final = "c.status = 'live' AND (c.ends_at IS NULL OR c.ends_at > %(at)s)"
# Of a campaign `c` at %(at)s: it has bulk mail that is due. Neither EXISTS nor a LIMIT without an order, which both may be
# made a look through all that is due.
HAS_DUE: Final = """
    (SELECT true FROM surveys_delivery d
     WHERE d.campaign_id = c.id AND d.state = 'due' AND d.queue = 'bulk' AND d.due_at <= %(at)s
     ORDER BY d.due_at, d.id LIMIT 1)
"""
# Of an organization `o` and its campaign `c` at %(at)s: their day is not full.
HAS_ROOM: Final = """
    (o.mails_a_day_limit IS NULL OR NOT EXISTS (
        SELECT 1 FROM surveys_mailday m
        WHERE m.organization_id = o.id AND m.day = (%(at)s AT TIME ZONE o.time_zone)::date
          AND m.taken >= o.mails_a_day_limit))
    AND (c.daily_cap IS NULL OR NOT EXISTS (
        SELECT 1 FROM surveys_campaignday k
        WHERE k.campaign_id = c.id AND k.day = (%(at)s AT TIME ZONE o.time_zone)::date AND k.taken >= c.daily_cap))
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


# ── The daily caps of campaigns ──────────────────────────────────────────────────────────────────────────────────────
# As of organizations: the first claim of a day counts what was taken before the cap was set.
_BEGIN_DAYS_OF_CAMPAIGNS: Final = """
    INSERT INTO surveys_campaignday (organization_id, campaign_id, day, taken)
    SELECT c.organization_id, c.id, d.day, (
        SELECT count(*) FROM surveys_invitation i
        WHERE i.organization_id = c.organization_id AND i.campaign_id = c.id
          AND i.claimed_at >= (d.day::timestamp AT TIME ZONE o.time_zone))
    FROM surveys_campaign c JOIN surveys_organization o ON o.id = c.organization_id
    CROSS JOIN LATERAL (SELECT (%(at)s AT TIME ZONE o.time_zone)::date AS day) d
    WHERE c.status = 'live' AND c.daily_cap IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM surveys_campaignday k WHERE k.campaign_id = c.id AND k.day = d.day)
    ORDER BY c.id
    ON CONFLICT DO NOTHING
"""
_LOCK_DAYS_OF_CAMPAIGNS: Final = """
    SELECT k.campaign_id, greatest(0, c.daily_cap - k.taken)
    FROM surveys_campaignday k
    JOIN surveys_campaign c ON c.id = k.campaign_id AND c.status = 'live' AND c.daily_cap IS NOT NULL
    JOIN surveys_organization o ON o.id = c.organization_id
    WHERE k.day = (%(at)s AT TIME ZONE o.time_zone)::date
    ORDER BY k.id FOR UPDATE OF k SKIP LOCKED
"""
_ADD_TO_CAMPAIGNS: Final = """
    UPDATE surveys_campaignday k SET taken = k.taken + added.count
    FROM unnest(%(campaigns)s::bigint[], %(counts)s::int[]) AS added(campaign_id, count), surveys_campaign c,
         surveys_organization o
    WHERE c.id = added.campaign_id AND o.id = c.organization_id AND k.campaign_id = c.id
      AND k.day = (%(at)s AT TIME ZONE o.time_zone)::date
"""


def lock_campaign_rooms(*, at: datetime) -> dict[int, int]:
    """As `lock_rooms`, of the live campaigns with a daily cap. Locks after those of organizations, in every claim."""
    if not Campaign.objects.live().filter(daily_cap__isnull=False).exists():
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN_DAYS_OF_CAMPAIGNS, {"at": at})
        cursor.execute(_LOCK_DAYS_OF_CAMPAIGNS, {"at": at})
        return dict(cursor.fetchall())


def count_taken_of_campaigns(taken: Mapping[int, int], *, at: datetime) -> None:
    """Add to the days that `lock_campaign_rooms` holds."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD_TO_CAMPAIGNS, {"campaigns": list(taken), "counts": list(taken.values()), "at": at})


# ── Messages that come back untried ──────────────────────────────────────────────────────────────────────────────────
# The people of these invitations are let go: the day on which each was taken has room for another.
_TAKEN_BACK: Final = (
    """
    WITH back AS (
        SELECT i.organization_id, (i.claimed_at AT TIME ZONE o.time_zone)::date AS day, count(*) AS count
        FROM surveys_invitation i JOIN surveys_organization o ON o.id = i.organization_id
        WHERE i.id = ANY(%(invitations)s) AND i.claimed_at IS NOT NULL GROUP BY 1, 2
    ), held AS (
        SELECT m.id, back.count FROM back
        JOIN surveys_mailday m ON m.organization_id = back.organization_id AND m.day = back.day
        ORDER BY m.id FOR UPDATE OF m
    )
    UPDATE surveys_mailday m SET taken = greatest(0, m.taken - held.count) FROM held WHERE m.id = held.id
    """,
    """
    WITH back AS (
        SELECT i.campaign_id, (i.claimed_at AT TIME ZONE o.time_zone)::date AS day, count(*) AS count
        FROM surveys_invitation i JOIN surveys_organization o ON o.id = i.organization_id
        WHERE i.id = ANY(%(invitations)s) AND i.claimed_at IS NOT NULL GROUP BY 1, 2
    ), held AS (
        SELECT k.id, back.count FROM back
        JOIN surveys_campaignday k ON k.campaign_id = back.campaign_id AND k.day = back.day
        ORDER BY k.id FOR UPDATE OF k
    )
    UPDATE surveys_campaignday k SET taken = greatest(0, k.taken - held.count) FROM held WHERE k.id = held.id
    """,
)


def take_back(invitations: Sequence[int]) -> None:
    """Not counted any more: they are asked another time. Before their people are given back."""
    with connection.cursor() as cursor:
        for statement in _TAKEN_BACK:
            cursor.execute(statement, {"invitations": list(invitations)})


def prune(*, at: datetime) -> int:
    """Days that are over, with a few to look back at; returns how many."""
    over = {"day__lt": (at - timedelta(days=30)).date()}
    return MailDay.objects.filter(**over).delete()[0] + CampaignDay.objects.filter(**over).delete()[0]


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
