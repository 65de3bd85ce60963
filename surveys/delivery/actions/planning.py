"""From a live campaign to decisions, invitations and due messages: set-wise, in slices that may stop and go on anywhere."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from psycopg2 import sql

from surveys.campaigns import actions as campaigns
from surveys.campaigns.models import Campaign, Kind
from surveys.delivery import eligibility
from surveys.delivery.eligibility import Rule
from surveys.delivery.models import Delivery, Invitation, PlanDecision, Reason, State

SLICE = 5000

# A statement decides about some people and writes what follows. Who already has an invitation of this occasion is left
# alone, so that planning again, or on two hosts, changes nothing.
_DECIDE = sql.SQL("""
    WITH people AS (
        {people}
    ), decided AS (
        SELECT c.id, c.email, {reason} AS reason, c.last_asked_at + %(gap)s AS free_at
        FROM people c
        WHERE NOT EXISTS (
            SELECT 1 FROM surveys_invitation i
            WHERE i.organization_id = %(organization)s AND i.campaign_id = %(campaign)s
              AND i.occasion = %(occasion)s AND i.customer_id = c.id
        )
    ), decisions AS (
        INSERT INTO surveys_plandecision
            (organization_id, campaign_id, customer_id, occasion, reason, until, decided_at)
        SELECT %(organization)s, %(campaign)s, id, %(occasion)s, reason,
               CASE WHEN reason = 'throttled' THEN free_at END, %(at)s
        FROM decided ORDER BY id
        ON CONFLICT (organization_id, campaign_id, customer_id, occasion) DO UPDATE
        SET reason = excluded.reason, until = excluded.until,
            decided_at = excluded.decided_at
    ), invited AS (
        INSERT INTO surveys_invitation
            (organization_id, campaign_id, customer_id, occasion, version, language, created_at)
        SELECT %(organization)s, %(campaign)s, id, %(occasion)s, %(version)s, '', %(at)s
        FROM decided WHERE reason = 'invited' ORDER BY id
        ON CONFLICT DO NOTHING
        RETURNING id, customer_id
    ), due AS (
        INSERT INTO surveys_delivery
            (organization_id, campaign_id, invitation_id, customer_id, kind, queue, state, reason, due_at,
             lease_owner, attempts, to_address, message_id, created_at, last_error)
        SELECT %(organization)s, %(campaign)s, id, customer_id, 'ask', 'bulk', 'due', '', %(at)s,
               '', 0, '', '', %(at)s, ''
        FROM invited ORDER BY id
    )
    SELECT (SELECT count(*) FROM people), (SELECT max(id) FROM people), (SELECT count(*) FROM invited)
""")

_COLUMNS = sql.SQL("c.id, c.email, c.suppression, c.last_asked_at")

_EXPECTED = sql.SQL("SELECT count(*) FROM surveys_customer c WHERE {audience} AND {reason} = 'invited'")
_NEXT_OF_AUDIENCE = sql.SQL("""
    SELECT {columns} FROM surveys_customer c
    WHERE {audience} AND c.id > %(cursor)s ORDER BY c.id LIMIT %(limit)s
""")
_FREE_AGAIN = sql.SQL("""
    SELECT {columns} FROM surveys_customer c
    JOIN surveys_plandecision d ON d.customer_id = c.id AND d.organization_id = c.organization_id
    WHERE d.organization_id = %(organization)s AND d.campaign_id = %(campaign)s
      AND d.reason = 'throttled' AND d.until <= %(at)s AND {audience}
    ORDER BY c.id LIMIT %(limit)s
""")
# They were asked recently when the campaign was planned, and do not belong to its audience any more.
_FORGET_THOSE_WHO_LEFT = sql.SQL("""
    DELETE FROM surveys_plandecision WHERE id IN (
        SELECT d.id FROM surveys_plandecision d JOIN surveys_customer c ON c.id = d.customer_id
        WHERE d.organization_id = %(organization)s AND d.campaign_id = %(campaign)s
          AND d.reason = 'throttled' AND d.until <= %(at)s AND ({audience}) IS NOT TRUE
        ORDER BY d.id LIMIT %(limit)s
    )
""")


@dataclass(frozen=True)
class Planned:
    """What one slice did; nothing is left to do when `considered` is 0."""

    considered: int
    invited: int


_NOTHING = Planned(0, 0)


def plan(*, campaign: Campaign, at: datetime, limit: int = SLICE) -> Planned:
    """Decide about the next people of a live campaign's audience, then about those who have become free again.

    The first slice also counts those who are going to be asked, so that progress knows its end from the start. Another
    process that plans the same campaign makes this one do nothing. An audience that cannot be understood any more pauses
    the campaign and says why.
    """
    with transaction.atomic():
        locked = Campaign.objects.live().select_for_update(skip_locked=True, of=("self",), no_key=True)
        live = locked.select_related("organization").filter(pk=campaign.pk).first()
        if live is None:
            return _NOTHING
        try:
            audience = eligibility.audience(live.organization, live, at=at)
        except eligibility.UnknownAudience as error:
            campaigns.pause_because(campaign=live, reason=str(error), at=at)
            return _NOTHING
        decide = _free_again if live.planned_at else _next_of_audience
        return decide(live, audience, at, limit)


def _next_of_audience(campaign: Campaign, audience: Rule, at: datetime, limit: int) -> Planned:
    if campaign.audience_size is None:
        _expect(campaign, audience, at)
    people = Rule(_NEXT_OF_AUDIENCE.format(columns=_COLUMNS, audience=audience.sql), audience.params)
    considered, last, invited = _decide(campaign, people, at, cursor=campaign.plan_cursor, limit=limit)
    planned_at = at if considered < limit else None
    Campaign.objects.filter(pk=campaign.pk).update(plan_cursor=last or campaign.plan_cursor, planned_at=planned_at)
    return Planned(considered, invited)


def _expect(campaign: Campaign, audience: Rule, at: datetime) -> None:
    moment = eligibility.moment(campaign.organization, campaign, at)
    with connection.cursor() as cursor:
        cursor.execute(_EXPECTED.format(audience=audience.sql, reason=eligibility.REASON), audience.params | moment)
        (expected,) = cursor.fetchone()
    Campaign.objects.filter(pk=campaign.pk).update(audience_size=expected)


def _free_again(campaign: Campaign, audience: Rule, at: datetime, limit: int) -> Planned:
    left = _forget_those_who_left(campaign, audience, at, limit)
    people = Rule(_FREE_AGAIN.format(columns=_COLUMNS, audience=audience.sql), audience.params)
    considered, _last, invited = _decide(campaign, people, at, limit=limit)
    return Planned(left + considered, invited)


def _forget_those_who_left(campaign: Campaign, audience: Rule, at: datetime, limit: int) -> int:
    params: dict[str, Any] = {"campaign": campaign.pk, "at": at, "limit": limit, **audience.params}
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_THOSE_WHO_LEFT.format(audience=audience.sql), params)
        return cursor.rowcount


def _decide(campaign: Campaign, people: Rule, at: datetime, **more: Any) -> tuple[int, int | None, int]:
    """How many were looked at, the last of them, and how many are invited."""
    params = {
        "organization": campaign.organization_id,
        "campaign": campaign.pk,
        "occasion": campaign.occasion,
        "version": campaign.version,
        **eligibility.moment(campaign.organization, campaign, at),
        **people.params,
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DECIDE.format(people=people.sql, reason=eligibility.REASON), params)
        considered, last, invited = cursor.fetchone()
    return considered, last, invited


# ── When it is done ──────────────────────────────────────────────────────────────────────────────────────────────────
_OPEN = (State.DUE, State.CLAIMED, State.SENDING, State.UNCERTAIN)


def finish_done(*, at: datetime) -> int:
    """End the one-off campaigns that have nobody left to ask: none due, in flight, in doubt or deferred, nor to remind."""
    mine = {"organization_id": OuterRef("organization_id"), "campaign_id": OuterRef("pk")}
    done = Campaign.objects.live().filter(
        ~Exists(Delivery.objects.filter(**mine, state__in=_OPEN)),
        ~Exists(PlanDecision.objects.filter(**mine, reason=Reason.THROTTLED)),
        ~Exists(Invitation.objects.filter(**mine, remind_at__isnull=False)),
        kind=Kind.ONE_OFF,
        planned_at__isnull=False,
    )
    return sum(campaigns.finish(campaign=campaign, at=at) for campaign in done)
