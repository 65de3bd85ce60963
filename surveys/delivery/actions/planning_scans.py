"""What is looked at for the first time: the people of a wave, of a day of what recurs, of a date."""

from datetime import date, datetime, timedelta

from django.db import connection
from psycopg2.sql import SQL

from surveys.campaigns.models import Campaign, Kind, Trigger
from surveys.delivery import occasions
from surveys.delivery.actions.planning_store import Planned, drop_older_turns, store_first
from surveys.delivery.eligibility import Judge, Occasions, UnknownAudience


def begin_scan(campaign: Campaign, at: datetime) -> bool:
    """Whether there is one to do. What it changes of the campaign is stored with the first slice."""
    if occasions.is_about(campaign, Trigger.EVENT):
        return False
    if campaign.planned_at is None:
        campaign.plan_day = campaign.plan_day or _first_day(campaign, at)
        return True
    day = _next_day(campaign, at)
    if day is None:
        return False
    campaign.plan_day, campaign.plan_cursor, campaign.planned_at = day, 0, None
    return True


def _first_day(campaign: Campaign, at: datetime) -> date:
    """That of the launch, for what recurs: it may have been paused before it was planned."""
    if campaign.kind != Kind.RECURRING or campaign.launched_at is None:
        return occasions.today(campaign, at)
    return max(occasions.today(campaign, campaign.launched_at), _oldest_day(campaign, at))


def _oldest_day(campaign: Campaign, at: datetime) -> date:
    """So far back are missed days caught up, that nobody has two turns."""
    return occasions.today(campaign, at) - timedelta(days=(campaign.every_days or 1) - 1)


def _next_day(campaign: Campaign, at: datetime) -> date | None:
    """The one to plan after that which was planned last; None while there is none."""
    today = occasions.today(campaign, at)
    if occasions.is_about(campaign, Trigger.DATE):
        assert campaign.planned_at
        is_old = campaign.plan_day != today or campaign.planned_at <= at - occasions.DATES_AGAIN
        return today if is_old else None
    if campaign.kind != Kind.RECURRING or (campaign.plan_day and campaign.plan_day >= today):
        return None
    oldest = _oldest_day(campaign, at)
    return max(campaign.plan_day + timedelta(days=1), oldest) if campaign.plan_day else oldest


def scan(campaign: Campaign, judge: Judge, at: datetime, limit: int) -> Planned:
    where = SQL("{} AND c.id > %(cursor)s ORDER BY c.id LIMIT %(limit)s").format(judge.audience)
    judge.params |= {"cursor": campaign.plan_cursor, "limit": limit}
    considered, last, invited = store_first(campaign, judge, judge.decided(_asked(campaign, judge, at), where))
    if campaign.kind == Kind.RECURRING:
        drop_older_turns(judge)
    planned_at = at if considered < limit else None
    Campaign.objects.filter(pk=campaign.pk).update(
        plan_cursor=last or campaign.plan_cursor, planned_at=planned_at, plan_day=campaign.plan_day
    )
    return Planned(considered, invited)


def _asked(campaign: Campaign, judge: Judge, at: datetime) -> Occasions:
    if campaign.kind == Kind.RECURRING:
        assert campaign.plan_day
        return occasions.of_day(judge, campaign, campaign.plan_day)
    if occasions.is_about(campaign, Trigger.DATE):
        return occasions.of_dates(judge, campaign, at)
    return occasions.of_wave(campaign)


_EXPECTED = SQL("SELECT count(*) FROM ({decided}) d WHERE d.reason = 'invited'")


def expect(campaign: Campaign, at: datetime) -> None:
    """Count those whom a wave is going to ask, so that progress knows its end from the start. Nobody waits for this: it
    locks nothing. Who is left to a campaign that goes first is only asked later. An audience that cannot be understood
    has no count; planning says so."""
    live = Campaign.objects.live().filter(pk=campaign.pk, kind=Kind.ONE_OFF, audience_size=None, planned_at=None)
    wave = live.exclude(ends_at__lte=at).select_related("organization").first()
    if wave is None:
        return
    judge = Judge(wave.organization, wave, at=at, higher=[])
    try:
        decided = judge.decided(occasions.of_wave(wave), judge.audience)
    except UnknownAudience:
        return
    with connection.cursor() as cursor:
        cursor.execute(_EXPECTED.format(decided=decided), judge.params)
        (expected,) = cursor.fetchone()
    live.filter(version=wave.version).update(audience_size=expected)
