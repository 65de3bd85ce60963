"""What need not be kept about messages that are over."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from surveys.delivery.models import Delivery, Kind, State, UnreadEvent

OVER: Final = (
    State.SENT,
    State.DELIVERED,
    State.DELAYED,
    State.BOUNCED,
    State.FAILED,
    State.CANCELLED,
    State.EXPIRED,
)
KEEP_LETTERS: Final = timedelta(hours=1)
KEEP_SYSTEM: Final = timedelta(days=90)
KEEP_EVENTS: Final = timedelta(days=400)  # longer than telling_matching.LATE: what is repeated later changes nothing
KEEP_UNREAD: Final = timedelta(days=30)
KEEP_DECISIONS: Final = timedelta(days=90)  # of triggered campaigns, and the days for which an occasion is asked about


# Of a reply all that matters is in its conversation; what a rule wrote stays, for the customer's page shows it.
_FORGOTTEN: Final = (Kind.SYSTEM, Kind.ALERT, Kind.REPLY)


def forget_letters(*, at: datetime) -> int:
    """Blank the text of system mails, alerts and replies that are over: links to set a password, and what customers
    wrote, must not lie in backups beside where they belong. How many."""
    over = Delivery.objects.filter(kind__in=_FORGOTTEN, state__in=OVER, finished_at__lt=at - KEEP_LETTERS)
    return over.exclude(content=None).update(content=None)


def prune_system(*, at: datetime) -> int:
    """Delete system mails and alerts that were over KEEP_SYSTEM ago; returns how many."""
    system = Delivery.objects.filter(kind__in=(Kind.SYSTEM, Kind.ALERT), state__in=OVER)
    count, _ = system.filter(finished_at__lt=at - KEEP_SYSTEM).delete()
    return count


# The latest decision explains how a campaign stands to somebody, and an invitation explains itself. In a wave there is
# one for each; where occasions come again, there would be more with each.
_FORGET_DECISIONS: Final = """
    DELETE FROM surveys_plandecision WHERE id IN (
        SELECT p.id FROM surveys_campaign c JOIN surveys_plandecision p ON p.campaign_id = c.id
        WHERE p.until IS NULL AND (c.kind = 'recurring' OR c.kind = 'triggered'
              AND p.decided_at < %(at)s - %(keep)s - c.late_days * interval '1 day')
          AND EXISTS (SELECT 1 FROM surveys_plandecision later
                      WHERE later.organization_id = p.organization_id + 0 AND later.campaign_id = p.campaign_id
                        AND later.customer_id = p.customer_id AND later.id > p.id)
        LIMIT %(limit)s)
"""


def forget_decisions(*, at: datetime, limit: int = 50_000) -> int:
    """Delete decisions that a later one has taken the place of; returns how many."""
    params: dict[str, Any] = {"at": at, "keep": KEEP_DECISIONS, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_DECISIONS, params)
        return cursor.rowcount


_FORGET_EVENTS: Final = """
    DELETE FROM surveys_deliveryevent WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM surveys_deliveryevent WHERE received_at < %(before)s LIMIT %(limit)s))
"""


def forget_events(*, at: datetime, limit: int = 50_000) -> int:
    """Delete what providers told KEEP_EVENTS ago; what could not be understood goes sooner. How many of the former."""
    UnreadEvent.objects.filter(received_at__lt=at - KEEP_UNREAD).delete()
    params: dict[str, Any] = {"before": at - KEEP_EVENTS, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_EVENTS, params)
        return cursor.rowcount
