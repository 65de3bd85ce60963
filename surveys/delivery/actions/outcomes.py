"""What became of messages in flight. Conditional on the claim being ours: a sender that was too slow changes nothing."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from surveys.campaigns.models import Campaign
from surveys.delivery import quotas
from surveys.delivery.actions import reminding
from surveys.delivery.actions.claims import Claim
from surveys.delivery.deliverability import counting
from surveys.delivery.deliverability.counting import Column, Counted
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


# Ours is what carries our name, also when a sweep has doubted it or a crash has made PostgreSQL forget our last mark.
# Without an address its customer was erased while it was on its way, and the mail server's words may hold the address.
_END = """
    UPDATE surveys_delivery
    SET state = %(state)s, reason = %(reason)s, attempts = attempts + %(tried)s,
        provider_id = coalesce(nullif(%(provider_id)s, ''), provider_id),
        last_error = CASE WHEN to_address = '' THEN '' ELSE %(error)s END,
        sent_at = CASE WHEN %(state)s = 'sent' THEN %(at)s ELSE sent_at END,
        finished_at = CASE WHEN %(state)s = 'sent' THEN %(at)s ELSE finished_at END,
        uncertain_at = CASE WHEN %(state)s = 'uncertain' THEN %(at)s ELSE uncertain_at END,
        due_at = coalesce(%(due_at)s, due_at),
        lease_owner = CASE WHEN %(state)s = 'due' THEN '' ELSE lease_owner END, lease_until = NULL
    WHERE id = %(delivery)s AND lease_owner = %(owner)s AND state IN ('claimed', 'sending', 'uncertain', 'due')
"""
# Prepared, because planning it takes longer than running it, and written so that there is one way to run it, by id: with
# OR for CASE it looked through all that was due, and with EXISTS through all live campaigns, while the tables were young
# and ever after. Those of $1 were sent at the times $2, those of $3 are next,
# ours are $4's, at $5 with a lease until $6.
_PREPARE = f"""
    PREPARE sent_and_mark (bigint[], timestamptz[], bigint[], text, timestamptz, timestamptz) AS
    UPDATE surveys_delivery d
    SET state = CASE WHEN id = ANY($3) THEN 'sending' ELSE 'sent' END,
        sending_at = CASE WHEN id = ANY($3) THEN $5 ELSE sending_at END,
        sent_at = CASE WHEN id = ANY($3) THEN sent_at ELSE $2[array_position($1, id)] END,
        finished_at = CASE WHEN id = ANY($3) THEN finished_at ELSE $2[array_position($1, id)] END,
        attempts = CASE WHEN id = ANY($3) THEN attempts ELSE attempts + 1 END,
        lease_until = CASE WHEN id = ANY($3) THEN $6 END
    WHERE id = ANY($1 || $3) AND lease_owner = $4 AND CASE
        WHEN id = ANY($1) THEN state IN ('claimed', 'sending', 'uncertain', 'due')
        ELSE state IN ('claimed', 'sending') AND (d.campaign_id IS NULL OR kind = 'test' OR (
            SELECT c.status = 'live' AND (c.ends_at IS NULL OR c.ends_at > $5) AND {quotas.IS_WORKING}
            FROM surveys_campaign c JOIN surveys_organization o ON o.id = c.organization_id WHERE c.id = d.campaign_id))
        END
    RETURNING id
"""
_SENT_AND_MARK = """
    EXECUTE sent_and_mark (%(sent)s, %(sent_at)s, %(next)s, %(owner)s, %(at)s, %(lease_until)s)
"""
# Of providers that name what they take; a mail server's messages have no such name, and this statement is not run.
_NAME = """
    UPDATE surveys_delivery d SET provider_id = named.name
    FROM unnest(%(ids)s::bigint[], %(names)s::text[]) AS named(id, name)
    WHERE d.id = named.id AND d.lease_owner = %(owner)s
"""
_MARK_AGAIN = """
    UPDATE surveys_delivery SET state = 'sending', sending_at = %(at)s, lease_until = %(lease_until)s
    WHERE id = ANY(%(ids)s) AND lease_owner = %(owner)s AND state = 'claimed'
"""


_prepared = threading.local()


def _prepare(cursor: CursorWrapper) -> None:
    """Once for each connection."""
    if getattr(_prepared, "on", None) is not connection.connection:
        cursor.execute(_PREPARE)
        _prepared.on = connection.connection


def end_and_mark(endings: Sequence[Ending], following: Sequence[int], *, owner: str, at: datetime) -> set[int]:
    """Finalise messages and mark the next ones `sending`: one short statement, where all of the former were sent.

    Returns which of the next may be sent: not those whose campaign was paused or ended meanwhile, nor a lost claim's.
    """
    sent = [ending for ending in endings if ending.state == State.SENT]
    params: dict[str, Any] = {
        "sent": [ending.delivery for ending in sent],
        "sent_at": [ending.at for ending in sent],
        "next": list(following),
        "owner": owner,
        "at": at,
        "lease_until": at + timedelta(seconds=settings.LEASE_SECONDS),
    }
    with connection.cursor() as cursor:
        for ending in endings:
            if ending.state != State.SENT:
                cursor.execute(_END, vars(ending) | {"owner": owner})
        if not sent and not following:
            return set()
        if named := {ending.delivery: ending.provider_id[:200] for ending in sent if ending.provider_id}:
            cursor.execute(_NAME, {"ids": list(named), "names": list(named.values()), "owner": owner})
        _prepare(cursor)
        cursor.execute(_SENT_AND_MARK, params)
        return {pk for (pk,) in cursor.fetchall()}.intersection(following)


def repeat(endings: Iterable[Ending], in_flight: Sequence[int], *, claim: Claim, at: datetime) -> None:
    """Say again what became of messages and which are in flight: PostgreSQL may have crashed and forgotten.

    Changes nothing where it has not.
    """
    lease_until = at + timedelta(seconds=settings.LEASE_SECONDS)
    with transaction.atomic(), connection.cursor() as cursor:
        for ending in endings:
            cursor.execute(_END, vars(ending) | {"owner": claim.owner})
        cursor.execute(
            _MARK_AGAIN, {"ids": list(in_flight), "owner": claim.owner, "at": at, "lease_until": lease_until}
        )
        batch = Batch(owner=claim.owner, queue=claim.queue, route=claim.route, claimed_at=at, lease_until=lease_until)
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
# A provider may have told more of a message (that it was delivered, say) before its sender gets here. One by one by their
# ids: else all that was ever sent was looked through, while statistics said that it is little.
_TELL = """
    UPDATE surveys_invitation i
    SET sent_at = d.sent_at, sent_day = (d.sent_at AT TIME ZONE o.time_zone)::date
    FROM unnest(%(ids)s::bigint[]) AS told(id)
    CROSS JOIN LATERAL (SELECT * FROM surveys_delivery WHERE id = told.id OFFSET 0) d, surveys_organization o
    WHERE d.state IN ('sent', 'delivered', 'delayed', 'bounced') AND d.kind = 'ask'
      AND i.id = d.invitation_id AND i.sent_at IS NULL AND o.id = i.organization_id
    RETURNING i.campaign_id, i.id, i.organization_id, i.sent_day, d.to_address
"""


def tell(deliveries: Sequence[int], *, at: datetime) -> None:
    """Write "sent" on the invitations of sent messages and publish `invitations.sent`, once for each, however often run.

    Commits synchronously: everything that this connection has finalised before is then on disk as well.
    """
    if not deliveries:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO on")
        counted = counting.others_sent(deliveries)
        cursor.execute(_TELL, {"ids": sorted(deliveries)})
        sent: dict[int, list[int]] = {}
        for campaign, invitation, organization, day, address in cursor.fetchall():
            sent.setdefault(campaign, []).append(invitation)
            counted.append(Counted(organization, day, counting.domain_of(address), Column.SENT))
        reminding.expect([invitation for invitations in sent.values() for invitation in invitations])
        for campaign, invitations in sorted(sent.items()):
            outbox.publish(
                "invitations.sent", Campaign.objects.get(pk=campaign), at=at, invitations=sorted(invitations)
            )
        counting.add(counted, at=at)
