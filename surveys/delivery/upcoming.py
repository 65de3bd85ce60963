"""What will be sent, day by day, as far as it is known: what is due, who becomes free, slots, dates, reminders."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection
from psycopg2 import sql

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign, Kind, Status, Trigger
from surveys.core.periods import ONE_DAY, Period, local_day
from surveys.delivery import eligibility


class What(StrEnum):
    START = "start"
    DUE = "due"
    FREE = "free"  # decided anew, and probably asked
    SLOT = "slot"  # of what recurs
    DATE = "date"  # of a date property
    REMINDER = "reminder"
    END = "end"


@dataclass(frozen=True)
class Item:
    """So many people of one campaign on one day. Starts and ends have no number."""

    day: date
    campaign: Campaign
    what: What
    people: int = 0

    @property
    def is_estimate(self) -> bool:
        return self.what in (What.SLOT, What.DATE)


def items(organization: Organization, period: Period, *, at: datetime) -> list[Item]:
    """By day, in the order of campaigns. Two statements, and a third when something recurs or hangs on a date.

    What should have gone already stands on today; what a daily cap pushes behind today, on the days after.
    """
    campaigns = _campaigns(organization)
    zone = ZoneInfo(organization.time_zone)
    today = local_day(at, zone)
    found = [
        *_starts_and_ends(campaigns.values(), zone),
        *_counted(campaigns, period, zone, at),
        *_estimated(organization, campaigns.values(), Period(today + ONE_DAY, period.last), zone, at),
    ]
    shown = [item for item in found if period.first <= item.day <= period.last and item.day >= today]
    return sorted(shown, key=lambda item: (item.day, item.campaign.pk, list(What).index(item.what)))


def _campaigns(organization: Organization) -> dict[int, Campaign]:
    running = Campaign.objects.filter(
        organization=organization, status__in=(Status.SCHEDULED, Status.LIVE, Status.PAUSED)
    )
    return {campaign.pk: campaign for campaign in running.select_related("organization").order_by("pk")}


def _starts_and_ends(campaigns: Iterable[Campaign], zone: ZoneInfo) -> list[Item]:
    found = []
    for campaign in campaigns:
        if campaign.is_scheduled:
            moments = [moment for moment in (campaign.starts_at, campaign.begins_at) if moment]
            found += [Item(local_day(max(moments), zone), campaign, What.START)] if moments else []
        if campaign.ends_at:
            found.append(Item(local_day(campaign.ends_at, zone), campaign, What.END))
    return found


# ── What stands in rows already ──────────────────────────────────────────────────────────────────────────────────────
# Of reminders the next one's moment is known; those after it are counted from there, for everybody who may still answer.
_ROWS: Final = """
    SELECT d.campaign_id, 'due', (greatest(d.due_at, %(at)s) AT TIME ZONE %(zone)s)::date AS day, count(*)
      FROM surveys_delivery d
     WHERE d.campaign_id = ANY(%(campaigns)s) AND d.state = 'due' AND d.kind = 'ask' AND d.due_at < %(until)s
     GROUP BY 1, 3
    UNION ALL
    SELECT p.campaign_id, 'free', (greatest(p.until, %(at)s) AT TIME ZONE %(zone)s)::date, count(*)
      FROM surveys_plandecision p
     WHERE p.campaign_id = ANY(%(campaigns)s) AND p.until IS NOT NULL AND p.until < %(until)s
     GROUP BY 1, 3
    UNION ALL
    SELECT next.campaign_id, 'reminder', later.day, sum(next.people)::bigint
      FROM (SELECT i.campaign_id, i.reminded, (greatest(i.remind_at, %(at)s) AT TIME ZONE %(zone)s)::date AS day,
                   count(*) AS people
              FROM surveys_invitation i
             WHERE i.campaign_id = ANY(%(campaigns)s) AND i.remind_at < %(until)s AND i.answered_at IS NULL
             GROUP BY 1, 2, 3) next
      JOIN surveys_campaign c ON c.id = next.campaign_id
      CROSS JOIN LATERAL (
          SELECT next.day UNION ALL
          SELECT (surveys_allowed_at((next.day + c.reminder_days * n)::timestamp AT TIME ZONE %(zone)s, %(zone)s,
                                     c.send_from, c.send_until, c.send_days) AT TIME ZONE %(zone)s)::date
            FROM generate_series(1, c.reminders - next.reminded - 1) n
      ) later (day)
     WHERE later.day < (%(until)s AT TIME ZONE %(zone)s)::date
     GROUP BY 1, 3
"""


def _counted(campaigns: dict[int, Campaign], period: Period, zone: ZoneInfo, at: datetime) -> list[Item]:
    if not campaigns:
        return []
    params: dict[str, Any] = {
        "campaigns": list(campaigns),
        "at": at,
        "zone": zone.key,
        "until": datetime.combine(period.last + ONE_DAY, time(), zone),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, params)
        rows = [(campaigns[pk], What(what), day, count) for pk, what, day, count in cursor.fetchall()]
    due = [(campaign, day, count) for campaign, what, day, count in rows if what is What.DUE]
    others = [Item(day, campaign, what, count) for campaign, what, day, count in rows if what is not What.DUE]
    return _capped(due, period.last) + others


def _capped(due: Sequence[tuple[Campaign, date, int]], last: date) -> list[Item]:
    """What is more than a campaign may send on a day waits for the next."""
    by_campaign: dict[Campaign, dict[date, int]] = defaultdict(dict)
    for campaign, day, count in due:
        by_campaign[campaign][day] = count
    return [
        Item(day, campaign, What.DUE, count)
        for campaign, days in by_campaign.items()
        for day, count in _spread(days, campaign.daily_cap, last)
    ]


def _spread(days: dict[date, int], cap: int | None, last: date) -> list[tuple[date, int]]:
    if cap is None:
        return sorted(days.items())
    spread, waiting, day = [], 0, min(days)
    while day <= last and (waiting or day <= max(days)):
        waiting += days.get(day, 0)
        if waiting:
            spread.append((day, min(cap, waiting)))
        waiting -= min(cap, waiting)
        day += ONE_DAY
    return spread


# ── What is only expected ────────────────────────────────────────────────────────────────────────────────────────────
_BY_BUCKET = sql.SQL("""
    SELECT {campaign} AS campaign, '' AS day,
           mod(hashint8extended(c.id, {campaign}) & 9223372036854775807, {every})::int AS bucket, count(*) AS people
    FROM surveys_customer c WHERE {audience} AND c.suppression = '' AND c.email <> '' GROUP BY 3
""")
_BY_DATE = sql.SQL("""
    SELECT {campaign} AS campaign, c.properties ->> {key} AS day, 0 AS bucket, count(*) AS people
    FROM surveys_customer c
    WHERE {audience} AND c.suppression = '' AND c.email <> ''
      AND c.properties ->> {key} BETWEEN {first} AND {last} GROUP BY 2
""")


def _estimated(
    organization: Organization, campaigns: Iterable[Campaign], period: Period, zone: ZoneInfo, at: datetime
) -> list[Item]:
    """From the audience as it is today, all campaigns in one statement; today itself is decided already."""
    repeating = {
        campaign.pk: campaign
        for campaign in campaigns
        if campaign.kind == Kind.RECURRING or campaign.trigger == Trigger.DATE
    }
    statements = [found for campaign in repeating.values() if (found := _expected(organization, campaign, period, at))]
    if not statements:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(statements))
        rows = cursor.fetchall()
    return [
        item for pk, day, bucket, people in rows for item in _days(repeating[pk], day, bucket, people, period, zone)
    ]


def _expected(organization: Organization, campaign: Campaign, period: Period, at: datetime) -> str | None:
    """None for an audience that cannot be understood any more."""
    try:
        audience = eligibility.audience(organization, campaign, at=at)
    except eligibility.UnknownAudience:
        return None
    gaps: dict[str, sql.Composable] = {"campaign": sql.Literal(campaign.pk), "audience": audience.sql}
    if campaign.kind == Kind.RECURRING:
        statement = _BY_BUCKET.format(**gaps, every=sql.Literal(campaign.every_days))
    else:
        shift = _shift(campaign)
        first, last = period.first - shift, period.last - shift
        bounds = {"first": sql.Literal(first.isoformat()), "last": sql.Literal(last.isoformat())}
        statement = _BY_DATE.format(**gaps, **bounds, key=sql.Literal(campaign.date_property))
    with connection.cursor() as cursor:
        return str(cursor.mogrify(statement, audience.params).decode())


def _shift(campaign: Campaign) -> timedelta:
    return timedelta(days=campaign.delay_minutes // (24 * 60))


def _days(campaign: Campaign, day: str, bucket: int, people: int, period: Period, zone: ZoneInfo) -> Iterable[Item]:
    if campaign.kind != Kind.RECURRING:
        yield Item(date.fromisoformat(day) + _shift(campaign), campaign, What.DATE, people)
        return
    share = campaign.sample_share / 10_000
    for slot in slots(campaign, bucket, period, zone):
        yield Item(slot, campaign, What.SLOT, round(people * share))


def slots(campaign: Campaign, bucket: int, period: Period, zone: ZoneInfo) -> Iterable[date]:
    """The days of the period on which those with this bucket have their turn in what recurs."""
    began = campaign.launched_at or campaign.starts_at or campaign.begins_at
    every = campaign.every_days or 1
    if began is None:
        return
    day = max(local_day(began, zone), period.first)
    day += timedelta(days=(bucket - (day - local_day(began, zone)).days) % every)
    while day <= period.last:
        yield day
        day += timedelta(days=every)


def of_person(campaign: Campaign, bucket: int, *, at: datetime) -> date | None:
    """The next day on which who has this bucket has a turn: after today, whose planning is over or under way."""
    zone = ZoneInfo(campaign.organization.time_zone)
    tomorrow = local_day(at, zone) + ONE_DAY
    period = Period(tomorrow, tomorrow + timedelta(days=campaign.every_days or 1))
    return next(iter(slots(campaign, bucket, period, zone)), None)
