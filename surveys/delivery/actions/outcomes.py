"""What became of messages in flight. Conditional on the claim being ours: a sender that was too slow changes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from surveys.campaigns.models import Campaign
from surveys.delivery.models import Batch, Delivery, State
from surveys.outbox import actions as outbox


@dataclass(frozen=True)
class Ending:
    """How one message ended for now: sent, due again (at `due_at`), or uncertain (to be sent again at `due_at`)."""

    delivery: int
    state: State
    at: datetime
    due_at: datetime | None = None
    reason: str = ""
    error: str = ""
    tried: int = 1
    provider_id: str = ""


# The mark may be repeated after a lost connection, so one that is there already is ours as well.
# Ours is what carries our name, also when a sweep has doubted it or a crash has made PostgreSQL forget our last mark.
_END = """
    UPDATE surveys_delivery
    SET state = %(state)s, reason = %(reason)s, last_error = %(error)s, attempts = attempts + %(tried)s,
        sent_at = CASE WHEN %(state)s = 'sent' THEN %(at)s ELSE sent_at END,
        uncertain_at = CASE WHEN %(state)s = 'uncertain' THEN %(at)s ELSE uncertain_at END,
        due_at = coalesce(%(due_at)s, due_at),
        lease_owner = CASE WHEN %(state)s = 'due' THEN '' ELSE lease_owner END, lease_until = NULL
    WHERE id = %(delivery)s AND lease_owner = %(owner)s AND state IN ('claimed', 'sending', 'uncertain', 'due')
"""
_MARK = """
    UPDATE surveys_delivery d SET state = 'sending', sending_at = %(at)s, lease_until = %(lease_until)s
    WHERE id = %(next)s AND lease_owner = %(owner)s AND state IN ('claimed', 'sending')
      AND (kind <> 'ask' OR EXISTS (SELECT 1 FROM surveys_campaign c WHERE c.id = d.campaign_id AND c.status = 'live'))
    RETURNING id
"""
_SENT_AND_MARK = """
    UPDATE surveys_delivery d
    SET state = CASE WHEN id = %(next)s THEN 'sending' ELSE 'sent' END,
        sending_at = CASE WHEN id = %(next)s THEN %(at)s ELSE sending_at END,
        sent_at = CASE WHEN id = %(next)s THEN sent_at ELSE %(sent_at)s END,
        attempts = CASE WHEN id = %(next)s THEN attempts ELSE attempts + 1 END,
        lease_until = CASE WHEN id = %(next)s THEN %(lease_until)s::timestamptz END
    WHERE lease_owner = %(owner)s AND (
        id = %(sent)s AND state IN ('claimed', 'sending', 'uncertain', 'due')
        OR id = %(next)s AND state IN ('claimed', 'sending') AND (kind <> 'ask' OR EXISTS (
            SELECT 1 FROM surveys_campaign c WHERE c.id = d.campaign_id AND c.status = 'live'))
    )
    RETURNING id
"""


def end_and_mark(ending: Ending | None, following: int | None, *, owner: str, at: datetime) -> bool:
    """Finalise one message and mark the next `sending`, in one short statement where both are the usual case.

    Says whether the next one may be sent: not when its campaign was paused or ended meanwhile, or the claim was lost.
    """
    with connection.cursor() as cursor:
        if ending and following and ending.state == State.SENT:
            params = _marking(following, owner, at) | {"sent": ending.delivery, "sent_at": ending.at}
            cursor.execute(_SENT_AND_MARK, params)
            return (following,) in cursor.fetchall()
        if ending:
            cursor.execute(_END, vars(ending) | {"owner": owner})
        if following:
            cursor.execute(_MARK, _marking(following, owner, at))
            return cursor.fetchone() is not None
    return False


def _marking(following: int, owner: str, at: datetime) -> dict[str, Any]:
    return {"next": following, "owner": owner, "at": at, "lease_until": at + timedelta(seconds=settings.LEASE_SECONDS)}


def repeat(endings: Iterable[Ending], *, owner: str, queue: str, at: datetime) -> None:
    """Say again what became of messages: PostgreSQL may have crashed and forgotten. Changes nothing where it has not."""
    lease_until = at + timedelta(seconds=settings.LEASE_SECONDS)
    with transaction.atomic(), connection.cursor() as cursor:
        for ending in endings:
            cursor.execute(_END, vars(ending) | {"owner": owner})
        batch = Batch(owner=owner, queue=queue, claimed_at=at, lease_until=lease_until)
        Batch.objects.bulk_create([batch], ignore_conflicts=True)


def renew(*, owner: str, at: datetime) -> None:
    lease_until = at + timedelta(seconds=settings.LEASE_SECONDS)
    with transaction.atomic():
        Batch.objects.filter(owner=owner).update(lease_until=lease_until)
        Delivery.objects.filter(lease_owner=owner, state=State.CLAIMED).update(lease_until=lease_until)


def release(*, owner: str) -> int:
    """Give back what was claimed and not tried; returns how many."""
    with transaction.atomic():
        ours = Delivery.objects.filter(lease_owner=owner, state=State.CLAIMED)
        count = ours.update(state=State.DUE, lease_owner="", lease_until=None)
        Batch.objects.filter(owner=owner).delete()
    return count


# ── Telling those who count ──────────────────────────────────────────────────────────────────────────────────────────
_TELL = """
    WITH told AS (
        UPDATE surveys_delivery SET finished_at = %(at)s
        WHERE id = ANY(%(ids)s) AND state = 'sent' AND finished_at IS NULL
        RETURNING invitation_id, sent_at, kind
    )
    UPDATE surveys_invitation i
    SET sent_at = told.sent_at, sent_day = (told.sent_at AT TIME ZONE o.time_zone)::date
    FROM told, surveys_organization o
    WHERE i.id = told.invitation_id AND told.kind = 'ask' AND i.sent_at IS NULL AND o.id = i.organization_id
    RETURNING i.campaign_id, i.id
"""


def tell(deliveries: Sequence[int], *, at: datetime) -> None:
    """Write "sent" on the invitations of sent messages and publish `invitations.sent`, once for each, however often run.

    Commits synchronously: everything that this connection has finalised before is then on disk as well.
    """
    if not deliveries:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO on")
        cursor.execute(_TELL, {"ids": sorted(deliveries), "at": at})
        sent: dict[int, list[int]] = {}
        for campaign, invitation in cursor.fetchall():
            sent.setdefault(campaign, []).append(invitation)
        for campaign, invitations in sorted(sent.items()):
            outbox.publish(
                "invitations.sent", Campaign.objects.get(pk=campaign), at=at, invitations=sorted(invitations)
            )
