"""What each kind of campaign asks people about, and when: SQL for eligibility.Judge. docs/delivery.md says it in words."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from psycopg2.sql import SQL, Composable

from surveys.campaigns.models import Campaign, Kind, Trigger
from surveys.core import periods
from surveys.core.conditions.catalogue import Type
from surveys.customers.condition_fields import PROPERTY_PREFIX
from surveys.delivery.eligibility import (
    NOW,
    OF_THE_CYCLE,
    Judge,
    Occasions,
    UnknownAudience,
    hashed,
)

EVERYBODY: Final = SQL("surveys_customer c")
DATES_AGAIN: Final = timedelta(hours=1)  # dates that were entered late are looked for so often
_MINUTES_A_DAY: Final = 24 * 60


def is_about(campaign: Campaign, trigger: Trigger) -> bool:
    return campaign.kind == Kind.TRIGGERED and campaign.trigger == trigger


def today(campaign: Campaign, at: datetime) -> date:
    """Of its organization."""
    return periods.local_day(at, ZoneInfo(campaign.organization.time_zone))


# ── What is looked at for the first time ─────────────────────────────────────────────────────────────────────────────


# What a change of the campaign may take back: it had nothing to do with the person.
REVISABLE: Final = SQL("('excluded', 'not_sampled', 'left', 'over_cap')")
# OFFSET 0: each person is looked up in the unique index. A join would be made by statistics, and there are none yet of rows
# that the slice before has written.
_NOT_LOOKED_AT_IN_WAVE = SQL("""
    NOT EXISTS (SELECT 1 FROM surveys_plandecision p WHERE p.organization_id = %(organization)s
                AND p.campaign_id = %(campaign)s AND p.customer_id = c.id AND p.occasion = %(occasion)s
                AND p.reason NOT IN {} OFFSET 0)
""").format(REVISABLE)


def of_wave(campaign: Campaign) -> Occasions:
    """Everybody, at once; when the campaign was changed under way, those who were not decided about for good."""
    only = _NOT_LOOKED_AT_IN_WAVE if campaign.version > 1 else None
    return Occasions(EVERYBODY, SQL("%(occasion)s"), only=only, params={"occasion": campaign.occasion})


def of_day(judge: Judge, campaign: Campaign, day: date) -> Occasions:
    """Of what recurs: those whose turn it is on this day, spread over its sending hours.

    After a standstill missed turns are caught up late; whose next one would follow at once is left out this time.
    """
    assert campaign.launched_at
    assert campaign.every_days
    cycle, turn = divmod((day - today(campaign, campaign.launched_at)).days, campaign.every_days)
    apart = timedelta(days=max(0, campaign.every_days // 2 - 1))
    return Occasions(
        EVERYBODY,
        SQL("%(occasion)s"),
        only=_TURN.format(bucket=hashed(OF_THE_CYCLE)),
        wished=judge.spread(SQL("%(day)s::date")),
        params={
            "occasion": f"cycle:{cycle}",
            "every_days": campaign.every_days,
            "turn": turn,
            "day": day,
            "apart": apart,
        },
    )


_TURN = SQL("""
    {bucket} %% %(every_days)s = %(turn)s AND NOT EXISTS (
        SELECT 1 FROM surveys_invitation asked
        WHERE asked.organization_id = %(organization)s AND asked.customer_id = c.id
          AND asked.campaign_id + 0 = %(campaign)s AND asked.claimed_at > %(at)s - %(apart)s
    )
""")


_NOT_LOOKED_AT = SQL("""
    NOT EXISTS (SELECT 1 FROM surveys_plandecision p WHERE p.organization_id = %(organization)s
                AND p.campaign_id = %(campaign)s AND p.customer_id = c.id AND p.occasion = 'date:' || d.value OFFSET 0)
    AND NOT EXISTS (SELECT 1 FROM surveys_invitation i WHERE i.organization_id = %(organization)s
                AND i.campaign_id = %(campaign)s AND i.occasion = 'date:' || d.value AND i.customer_id = c.id OFFSET 0)
""")


def of_dates(judge: Judge, campaign: Campaign, at: datetime) -> Occasions:
    """Those whose date, with the delay, was within the last days or is today. Raises UnknownAudience without the property."""
    _need_property(judge, campaign)
    days = [today(campaign, at) - timedelta(days=back) for back in range(max(1, campaign.late_days))]
    delay = timedelta(days=delay_days(campaign))
    return Occasions(
        SQL("""
            surveys_customer c JOIN unnest(%(values)s::text[], %(days)s::date[]) AS d(value, day)
                               ON d.value = c.properties ->> %(date_property)s
        """),
        SQL("('date:' || d.value)"),
        only=_NOT_LOOKED_AT,
        wished=judge.spread(SQL("d.day")),
        limit=_end_of_dates(judge, SQL("d.day")),
        params={
            "values": [(day - delay).isoformat() for day in days],
            "days": days,
            "date_property": campaign.date_property,
        },
    )


def _need_property(judge: Judge, campaign: Campaign) -> None:
    known = judge.known.get(PROPERTY_PREFIX + campaign.date_property)
    if known is None or known.type is not Type.DATE:
        said = _("The date property “%(key)s” does not exist any more.")
        raise UnknownAudience(said % {"key": campaign.date_property})


def delay_days(campaign: Campaign) -> int:
    return campaign.delay_minutes // _MINUTES_A_DAY


# ── What is looked at again ──────────────────────────────────────────────────────────────────────────────────────────


def of_decisions(judge: Judge, campaign: Campaign) -> Occasions:
    """Deferred decisions `o`."""
    return _stored(judge, campaign, SQL("surveys_plandecision o JOIN surveys_customer c ON c.id = o.customer_id"))


# OFFSET 0: found before people are, of whom PostgreSQL thinks that there are few while the statistics are young.
_ASKS = SQL("""
    (SELECT * FROM surveys_invitation WHERE id = ANY(%(invitations)s) OFFSET 0) o
    JOIN surveys_customer c ON c.id = o.customer_id
""")


def of_asks(judge: Judge, campaign: Campaign) -> Occasions:
    """The invitations %(invitations)s as `o`, as if they did not hold their people."""
    asks = _stored(judge, campaign, _ASKS)
    return replace(
        asks,
        last_asked_at=SQL("CASE WHEN c.last_asked_at = o.claimed_at THEN o.asked_before ELSE c.last_asked_at END"),
        account_asked_at=SQL(
            "CASE WHEN a.last_asked_at = o.claimed_at AND a.value = o.account THEN o.account_before ELSE a.last_asked_at END"
        ),
    )


def _stored(judge: Judge, campaign: Campaign, source: Composable) -> Occasions:
    limit: Composable | None = None
    if is_about(campaign, Trigger.EVENT):
        source = SQL("{} LEFT JOIN surveys_customerevent e ON e.id = o.event_id").format(source)
        limit = SQL("(e.occurred_at + %(delay)s + %(late)s)")
    elif is_about(campaign, Trigger.DATE):
        day = SQL("(substring(o.occasion FROM 6 FOR 10)::date + %(delay_days)s)")
        limit = SQL("CASE WHEN o.occasion LIKE 'date:%%' THEN {} END").format(_end_of_dates(judge, day))
    params = {"delay_days": delay_days(campaign)}
    return Occasions(source, SQL("o.occasion"), event_id=SQL("o.event_id"), limit=limit, row=SQL("o.id"), params=params)


def _end_of_dates(judge: Judge, day: Composable) -> Composable:
    """So many days after the day is over where the customer lives."""
    return SQL("((({} + 1)::timestamp AT TIME ZONE {}) + %(late)s)").format(day, judge.zone)


# ── What would be ────────────────────────────────────────────────────────────────────────────────────────────────────
# A stored text is a date only if it looks like one; the 31st of a month that has 30 days is the first of the next.
_AS_DAY = SQL("""
    CASE WHEN c.properties ->> %(date_property)s ~ '^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'
         THEN (left(c.properties ->> %(date_property)s, 7) || '-01')::date
              + right(c.properties ->> %(date_property)s, 2)::integer - 1 + %(delay_days)s END
""")


def foreseen(judge: Judge, campaign: Campaign, at: datetime) -> Occasions:
    """The next occasion of everybody who has one; of a draft, if it were launched at this moment."""
    begins: dict[str, Any] = {
        "day": today(campaign, at),
        "every_days": campaign.every_days,
        "delay_days": delay_days(campaign),
    }
    if campaign.kind == Kind.RECURRING:
        begins |= _next_turns(campaign, at)
        turn = SQL("(({} %% %(every_days)s + %(every_days)s - %(passed)s) %% %(every_days)s)::integer")
        day = SQL("(%(day)s::date + {})").format(turn.format(hashed(OF_THE_CYCLE)))
        looked_at = SQL("greatest({}, {}::timestamp AT TIME ZONE %(zone)s)").format(NOW, day)
        return Occasions(EVERYBODY, SQL("'cycle:0'"), wished=judge.spread(day), looked_at=looked_at, params=begins)
    if is_about(campaign, Trigger.DATE):
        return _foreseen_dates(judge, campaign, begins)
    if is_about(campaign, Trigger.EVENT):
        later = SQL("({} + %(delay)s)").format(NOW)
        return Occasions(EVERYBODY, SQL("'event'"), wished=later, looked_at=later)
    return Occasions(EVERYBODY, SQL("'wave'"))


def _next_turns(campaign: Campaign, at: datetime) -> dict[str, Any]:
    """The first day that is still to be planned, and how much of the cycle has passed then."""
    first = today(campaign, at)
    if campaign.plan_day:
        first = max(first, campaign.plan_day + timedelta(days=1))
    launched = today(campaign, campaign.launched_at or at)
    return {"day": first, "passed": (first - launched).days % (campaign.every_days or 1)}


def _foreseen_dates(judge: Judge, campaign: Campaign, begins: dict[str, Any]) -> Occasions:
    _need_property(judge, campaign)
    source = SQL("surveys_customer c CROSS JOIN LATERAL (SELECT {} AS day OFFSET 0) d").format(_AS_DAY)
    return Occasions(
        source,
        SQL("('date:' || (d.day - %(delay_days)s))"),
        only=SQL("d.day > %(day)s::date - %(late_days)s"),
        wished=judge.spread(SQL("d.day")),
        looked_at=SQL("greatest({}, d.day::timestamp AT TIME ZONE %(zone)s)").format(NOW),
        limit=_end_of_dates(judge, SQL("d.day")),
        params={**begins, "date_property": campaign.date_property, "late_days": max(1, campaign.late_days)},
    )
