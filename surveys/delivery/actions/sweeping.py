"""What senders that died have left: found by lease, named, and brought on its way again."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from surveys.campaigns.models import Campaign, Status
from surveys.delivery.actions.ending import cancel
from surveys.delivery.actions.outcomes import tell
from surveys.delivery.models import Delivery, Invitation, Kind, State

# A claim whose batch is missing is from before a crash of the database, which may have forgotten that it was sent.
_EXPIRE = """
    UPDATE surveys_delivery d
    SET state = CASE WHEN expired.is_untried THEN 'due' ELSE 'uncertain' END,
        lease_owner = CASE WHEN expired.is_untried THEN '' ELSE d.lease_owner END, lease_until = NULL,
        uncertain_at = CASE WHEN expired.is_untried THEN d.uncertain_at ELSE %(at)s END,
        due_at = CASE WHEN expired.is_untried THEN d.due_at ELSE %(again_at)s END,
        reason = CASE WHEN expired.is_untried THEN '' WHEN d.state = 'claimed' THEN %(forgotten)s ELSE %(in_doubt)s END
    FROM (
        SELECT l.id, l.state = 'claimed' AND b.owner IS NOT NULL AS is_untried
        FROM surveys_delivery l LEFT JOIN surveys_batch b ON b.owner = l.lease_owner
        WHERE l.state IN ('claimed', 'sending') AND l.lease_until < %(at)s
        ORDER BY l.lease_until LIMIT %(limit)s FOR UPDATE OF l SKIP LOCKED
    ) expired
    WHERE d.id = expired.id
    RETURNING d.state
"""
_FORGET_BATCHES = """
    DELETE FROM surveys_batch b WHERE b.lease_until < %(at)s AND NOT EXISTS (
        SELECT 1 FROM surveys_delivery d WHERE d.state IN ('claimed', 'sending') AND d.lease_owner = b.owner
    )
"""


def expire_leases(*, at: datetime, limit: int = 5000) -> int:
    """Untried messages of dead senders become due; those that may have been sent become uncertain. Returns how many."""
    params: dict[str, Any] = {
        "at": at,
        "again_at": at + timedelta(seconds=settings.UNCERTAIN_GRACE_SECONDS),
        "limit": limit,
        "in_doubt": _("The sender stopped while this message was on its way. It may have arrived."),
        "forgotten": _("The database restarted after a crash. This message may have been sent just before."),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_EXPIRE, params)
        expired = len(cursor.fetchall())
        cursor.execute(_FORGET_BATCHES, {"at": at})
    return expired


def send_doubtful_again(*, at: datetime, limit: int = 5000) -> int:
    """After the grace time an uncertain message becomes due, with the same Message-ID; not in a campaign that has ended."""
    doubtful = Delivery.objects.filter(state=State.UNCERTAIN, due_at__lte=at)
    ended = Campaign.objects.filter(status__in=(Status.ENDED, Status.ARCHIVED))
    with transaction.atomic():
        locked = doubtful.select_for_update(skip_locked=True, of=("self",)).order_by("pk")
        ids = list(locked.values_list("pk", flat=True)[:limit])
        over = list(Delivery.objects.filter(pk__in=ids, campaign__in=ended).values_list("pk", flat=True))
        cancel(over, reason=_("It may have arrived; the campaign ended before it could be sent again."), at=at)
        again = Delivery.objects.filter(pk__in=ids, state=State.UNCERTAIN)
        return again.update(state=State.DUE, due_at=at)


def tell_untold(*, at: datetime, limit: int = 5000) -> int:
    """Messages that were finalised by a sender that died before it told those who count; returns how many."""
    before = at - timedelta(seconds=settings.LEASE_SECONDS)
    under_way = Invitation.objects.filter(claimed_at__isnull=False, sent_at=None)
    sent = (State.SENT, State.DELIVERED, State.DELAYED, State.BOUNCED)
    untold = Delivery.objects.filter(invitation__in=under_way, kind=Kind.ASK, state__in=sent, sent_at__lt=before)
    uncounted = Delivery.objects.filter(is_counted=False, sent_at__lt=before).exclude(kind=Kind.ASK)
    ids = list(untold.order_by("pk").values_list("pk", flat=True)[:limit])
    ids += uncounted.order_by("sent_at").values_list("pk", flat=True)[:limit]
    tell(ids, at=at)
    return len(ids)
