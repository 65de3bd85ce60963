"""What follows from decisions: their rows, invitations, and messages that are due."""

from dataclasses import dataclass
from typing import Final

from django.db import connection
from psycopg2.sql import SQL, Composable

from surveys.campaigns.models import Campaign, Kind
from surveys.delivery.eligibility import Judge
from surveys.delivery.models import Invitation
from surveys.delivery.occasions import REVISABLE

SLICE: Final = 20_000  # as large as a second allows: what an audience asks about is gathered anew for each


@dataclass(frozen=True)
class Planned:
    """What one slice did. Nothing is left to do now when `considered` is 0 and `is_done`."""

    considered: int
    invited: int
    is_done: bool = False


NOTHING: Final = Planned(0, 0, is_done=True)

# Who already has an invitation of this occasion is left alone, so that planning again, or on two hosts, changes nothing.
_INVITED = SQL("""
    invited AS (
        INSERT INTO surveys_invitation
            (organization_id, campaign_id, customer_id, occasion, event_id, version, language, created_at, due_at)
        SELECT %(organization)s, %(campaign)s, id, occasion, event_id, %(version)s, '', %(at)s, due_at
        FROM decided WHERE reason = 'invited' ORDER BY id
        ON CONFLICT DO NOTHING
        RETURNING id, customer_id, due_at
    ), due AS (
        INSERT INTO surveys_delivery
            (organization_id, campaign_id, invitation_id, customer_id, kind, queue, state, reason, due_at,
             lease_owner, attempts, to_address, message_id, created_at, last_error)
        SELECT %(organization)s, %(campaign)s, id, customer_id, 'ask', 'bulk', 'due', '', due_at,
               '', 0, '', '', %(at)s, ''
        FROM invited ORDER BY id
    )
    SELECT (SELECT count(*) FROM decided), (SELECT max(id) FROM decided), (SELECT count(*) FROM invited)
""")
_FIRST = SQL("""
    WITH decided AS MATERIALIZED ({decided}), decisions AS (
        INSERT INTO surveys_plandecision
            (organization_id, campaign_id, customer_id, occasion, reason, until, event_id, blocker, decided_at)
        SELECT %(organization)s, %(campaign)s, id, occasion, reason, until, event_id, blocker, %(at)s
        FROM decided ORDER BY id
        ON CONFLICT (organization_id, campaign_id, customer_id, occasion) DO UPDATE
        SET reason = excluded.reason, until = excluded.until, blocker = excluded.blocker, decided_at = excluded.decided_at
        WHERE surveys_plandecision.reason IN {revisable}
    ), {superseded} {invited}
""")
# A newer cycle takes the place of one that waits: else they would pile up where people are left alone for longer.
_SUPERSEDED = SQL("""
    superseded AS (
        UPDATE surveys_plandecision p SET reason = 'too_late', until = NULL, decided_at = %(at)s FROM decided d
        WHERE p.organization_id = %(organization)s AND p.campaign_id = %(campaign)s AND p.customer_id = d.id
          AND p.occasion <> d.occasion AND p.until IS NOT NULL
    ),
""")
_AGAIN = SQL("""
    WITH decided AS MATERIALIZED ({decided}), decisions AS (
        UPDATE surveys_plandecision p
        SET reason = d.reason, until = d.until, blocker = d.blocker, decided_at = %(at)s
        FROM decided d WHERE p.id = d.row
    ), {invited}
""")


# The same of an ask of an older turn that was not sent meanwhile (a pause, a cap): it goes, for there is a newer one.
_UNSENT = """
    SELECT d.id, i.id FROM surveys_delivery d
    JOIN surveys_invitation i ON i.id = d.invitation_id
    JOIN surveys_plandecision n ON n.organization_id = %(organization)s AND n.campaign_id = %(campaign)s
                               AND n.customer_id = i.customer_id AND n.occasion = %(occasion)s
    WHERE d.campaign_id = %(campaign)s AND d.state = 'due' AND d.kind = 'ask' AND i.claimed_at IS NULL
      AND i.occasion <> %(occasion)s
    ORDER BY d.id FOR UPDATE OF d SKIP LOCKED
"""
_SAY_TOO_LATE = """
    UPDATE surveys_plandecision p SET reason = 'too_late', until = NULL, decided_at = %(at)s FROM surveys_invitation i
    WHERE i.id = ANY(%(invitations)s) AND p.organization_id = i.organization_id AND p.campaign_id = i.campaign_id
      AND p.customer_id = i.customer_id AND p.occasion = i.occasion
"""


def drop_older_turns(judge: Judge) -> None:
    """Of those who have a decision about the turn that is being planned."""
    with connection.cursor() as cursor:
        cursor.execute(_UNSENT, judge.params)
        invitations = [invitation for _delivery, invitation in cursor.fetchall()]
        if invitations:
            cursor.execute(_SAY_TOO_LATE, {**judge.params, "invitations": invitations})
            Invitation.objects.filter(pk__in=invitations).delete()


def store_first(campaign: Campaign, judge: Judge, decided: Composable) -> tuple[int, int | None, int]:
    """How many were looked at, the last of them, and how many are invited."""
    superseded = _SUPERSEDED if campaign.kind == Kind.RECURRING else SQL("")
    return _store(
        campaign, judge, _FIRST.format(decided=decided, superseded=superseded, invited=_INVITED, revisable=REVISABLE)
    )


def store_again(campaign: Campaign, judge: Judge, decided: Composable) -> tuple[int, int | None, int]:
    """As `store_first`, of decisions that stood already."""
    return _store(campaign, judge, _AGAIN.format(decided=decided, invited=_INVITED))


def _store(campaign: Campaign, judge: Judge, statement: Composable) -> tuple[int, int | None, int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**judge.params, "version": campaign.version})
        considered, last, invited = cursor.fetchone()
    return considered, last, invited
