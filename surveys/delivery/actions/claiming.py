"""Taking due messages for one sender. Committed before any network call; what the sender does next is in `outcomes`."""

import json
import os
import secrets
import socket
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from surveys.campaigns.models import Campaign
from surveys.core.locks import again_after_deadlock
from surveys.delivery import paces, routes
from surveys.delivery.actions import arriving, claiming_asks, claiming_letters, pacing, reminding
from surveys.delivery.actions.claiming_due import Rooms, locked_due
from surveys.delivery.actions.claiming_words import designs, wordings
from surveys.delivery.actions.claims import Claim, Claimed, Due
from surveys.delivery.models import REMINDERS, Batch, Kind


@again_after_deadlock
def claim(*, queue: str, limit: int, at: datetime, route: str = routes.OPERATOR) -> Claim:
    """Take up to `limit` due messages of a road, and for each first ask the person; nothing when there is nothing due.

    Organizations share the batch, and campaigns the share of their organization. Two senders never get the same
    message. Who must not be asked after all is deferred or left out, with a decision that says why. What has to wait for
    its domain's pace becomes due later.
    """
    owner = f"{socket.gethostname()[:32]}:{os.getpid()}:{secrets.token_hex(8)}"
    limits = paces.limits(queue, route, at=at)
    with transaction.atomic():
        rooms = Rooms.locked(queue, route, limits, at=at)
        rows = locked_due(queue, rooms.of_road(limit), rooms, at)
        if not rows:
            return Claim(owner, queue, route)
        claim = Claim(owner, queue, route, len(rows))
        wanted = claiming_letters.without_unwanted(arriving.without_arrived(rows, at), at)
        going = pacing.within_pace(wanted, queue, rooms.pace, at)
        if going:
            _take(claim, going, at)
        rooms.count_taken(claim, going, at=at)
    return claim


def _take(claim: Claim, rows: Sequence[Due], at: datetime) -> None:
    lease_until = at + timedelta(seconds=settings.LEASE_SECONDS)
    Batch.objects.create(
        owner=claim.owner, queue=claim.queue, route=claim.route, claimed_at=at, lease_until=lease_until
    )
    claim.campaigns.update(_campaigns(rows))
    claim.wordings.update(wordings(claim.campaigns, rows))
    claim.designs.update(designs(claim.campaigns, rows))
    claim.messages.extend(_messages(claim, rows, at))
    claim.messages.sort(key=lambda message: message.delivery)
    _mark_claimed(claim, lease_until)


def _messages(claim: Claim, rows: Sequence[Due], at: datetime) -> Iterable[Claimed]:
    yield from (_plain(row) for row in rows if row.kind != Kind.ASK and row.kind not in REMINDERS)
    yield from claiming_asks.claim_rows(claim, [row for row in rows if row.kind == Kind.ASK], at)
    yield from reminding.claim_rows(claim, [row for row in rows if row.kind in REMINDERS], at)


def _campaigns(rows: Iterable[Due]) -> dict[int, Campaign]:
    ids = {row.campaign_id for row in rows if row.campaign_id}
    return Campaign.objects.select_related("organization").in_bulk(ids) if ids else {}


def _plain(row: Due) -> Claimed:
    return Claimed(
        delivery=row.pk,
        organization=row.organization_id,
        campaign=row.campaign_id,
        invitation=None,
        kind=row.kind,
        to_address=row.to_address,
        message_id=row.lasting_message_id,
        attempts=row.attempts,
        content=json.loads(row.content) if row.content else None,
    )


_MARK_CLAIMED = """
    UPDATE surveys_delivery d
    SET state = 'claimed', lease_owner = %(owner)s, lease_until = %(lease_until)s, reason = '',
        to_address = claimed.to_address, message_id = claimed.message_id
    FROM unnest(%(ids)s::bigint[], %(addresses)s::text[], %(message_ids)s::text[])
         AS claimed(id, to_address, message_id)
    WHERE d.id = claimed.id
"""


def _mark_claimed(claim: Claim, lease_until: datetime) -> None:
    params: dict[str, Any] = {
        "owner": claim.owner,
        "lease_until": lease_until,
        "ids": [message.delivery for message in claim.messages],
        "addresses": [message.to_address for message in claim.messages],
        "message_ids": [message.message_id for message in claim.messages],
    }
    with connection.cursor() as cursor:
        cursor.execute(_MARK_CLAIMED, params)
