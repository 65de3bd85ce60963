"""Taking due messages for one sender. Committed before any network call; what the sender does next is in `outcomes`."""

import json
import os
import secrets
import socket
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg2 import sql

from surveys.campaigns.models import Campaign, Wording
from surveys.customers import actions as customers
from surveys.delivery import eligibility, letters, quotas
from surveys.delivery.actions.ending import cancel
from surveys.delivery.models import Batch, Invitation, Kind, PlanDecision, Queue, Reason


@dataclass(frozen=True)
class Claimed:
    """One message to send, with all that sending needs."""

    delivery: int
    organization: int | None
    campaign: int | None
    invitation: int | None
    kind: str
    to_address: str
    message_id: str
    attempts: int
    customer: int | None = None
    name: str = ""
    language: str = ""  # of the wording
    content: dict[str, str] | None = None


@dataclass(frozen=True)
class Claim:
    """A batch that is ours until the lease ends."""

    owner: str
    queue: str
    size: int = 0  # of what was due, those included who are not asked after all
    messages: list[Claimed] = field(default_factory=list)
    campaigns: dict[int, Campaign] = field(default_factory=dict)  # with their organizations
    wordings: dict[tuple[int, str], Wording] = field(default_factory=dict)  # by campaign and language


def claim(*, queue: str, limit: int, at: datetime) -> Claim:
    """Take up to `limit` due messages, and for each first ask the person; nothing when there is nothing due.

    Organizations share the batch, and campaigns the share of their organization. Two senders never get the same
    message. Who must not be asked after all is deferred or left out, with a decision that says why.
    """
    owner = f"{socket.gethostname()[:32]}:{os.getpid()}:{secrets.token_hex(8)}"
    with transaction.atomic():
        rooms = quotas.lock_rooms(at=at) if queue == Queue.BULK else {}
        rows = _locked_due(queue, limit, rooms, at)
        if not rows:
            return Claim(owner, queue)
        lease_until = at + timedelta(seconds=settings.LEASE_SECONDS)
        Batch.objects.create(owner=owner, queue=queue, claimed_at=at, lease_until=lease_until)
        claim = Claim(owner, queue, len(rows), campaigns=_campaigns(rows))
        claim.wordings.update(_wordings(claim.campaigns.values()))
        claim.messages.extend(_plain(row) for row in rows if row.kind != Kind.ASK)
        claim.messages.extend(_asks(claim, [row for row in rows if row.kind == Kind.ASK], at))
        claim.messages.sort(key=lambda message: message.delivery)
        _mark_claimed(claim, lease_until)
        _count_taken(claim, rows, rooms, at)
    return claim


# ── Which are due ────────────────────────────────────────────────────────────────────────────────────────────────────
# Where the operator has set a limit, the campaigns of an organization share the `room` that is left of its day.
_DUE_IN_BULK = f"""
    WITH waiting AS (
        SELECT c.id, c.organization_id, r.room FROM surveys_campaign c
        JOIN surveys_organization o ON o.id = c.organization_id
        LEFT JOIN unnest(%(limited)s::bigint[], %(rooms)s::int[]) AS r(organization_id, room)
               ON r.organization_id = c.organization_id
        WHERE c.status = 'live' AND {quotas.IS_WORKING} AND (o.mails_a_day_limit IS NULL OR r.room > 0) AND EXISTS (
            SELECT 1 FROM surveys_delivery d
            WHERE d.campaign_id = c.id AND d.state = 'due' AND d.queue = 'bulk' AND d.due_at <= %(at)s
        )
    ), shares AS (
        SELECT id, least(
            greatest(1, %(limit)s / (SELECT count(DISTINCT organization_id) FROM waiting) / count(*) OVER together),
            room / count(*) OVER together
                + (row_number() OVER (PARTITION BY organization_id ORDER BY id) <= mod(room, count(*) OVER together))::int
        ) AS share
        FROM waiting WINDOW together AS (PARTITION BY organization_id)
    )
    SELECT d.id FROM shares s CROSS JOIN LATERAL (
        SELECT d.id FROM surveys_delivery d
        WHERE d.campaign_id = s.id AND d.state = 'due' AND d.queue = 'bulk' AND d.due_at <= %(at)s
        ORDER BY d.due_at, d.id LIMIT s.share FOR UPDATE SKIP LOCKED
    ) d LIMIT %(limit)s
"""
_DUE_AT_ONCE = f"""
    SELECT d.id FROM surveys_delivery d
    WHERE d.queue = %(queue)s AND d.state = 'due' AND d.due_at <= %(at)s AND (d.organization_id IS NULL OR EXISTS (
        SELECT 1 FROM surveys_organization o WHERE o.id = d.organization_id AND {quotas.IS_WORKING}))
    ORDER BY d.due_at, d.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""


@dataclass(frozen=True)
class _Row:
    """What claiming looks at of a due message and its ask."""

    pk: int
    organization_id: int | None
    campaign_id: int | None
    invitation_id: int | None
    customer_id: int | None
    kind: str
    to_address: str
    message_id: str
    attempts: int
    content: str | None  # JSON
    asked_language: str
    holds_its_person: bool


_ROWS = """
    SELECT d.id, d.organization_id, d.campaign_id, d.invitation_id, d.customer_id, d.kind, d.to_address, d.message_id,
           d.attempts, d.content, coalesce(i.language, ''), i.claimed_at IS NOT NULL
    FROM surveys_delivery d LEFT JOIN surveys_invitation i ON i.id = d.invitation_id
    WHERE d.id = ANY(%s) ORDER BY d.id
"""


def _locked_due(queue: str, limit: int, rooms: Mapping[int, int], at: datetime) -> list[_Row]:
    statement = _DUE_IN_BULK if queue == Queue.BULK else _DUE_AT_ONCE
    limited = {"limited": list(rooms), "rooms": list(rooms.values())}
    with connection.cursor() as cursor:
        cursor.execute(statement, {"queue": queue, "limit": limit, "at": at, **limited})
        ids = [pk for (pk,) in cursor.fetchall()]
        if not ids:
            return []
        cursor.execute(_ROWS, [ids])
        return [_Row(*row) for row in cursor.fetchall()]


def _count_taken(claim: Claim, rows: Iterable[_Row], rooms: Mapping[int, int], at: datetime) -> None:
    """The people who were taken now; those whom an ask held already were counted on an earlier claim."""
    held = {row.pk for row in rows if row.holds_its_person}
    asks = (message for message in claim.messages if message.kind == Kind.ASK and message.delivery not in held)
    taken = Counter(ask.organization for ask in asks if ask.organization in rooms)
    if taken:
        quotas.count_taken({organization or 0: count for organization, count in taken.items()}, at=at)


def _campaigns(rows: Iterable[_Row]) -> dict[int, Campaign]:
    ids = {row.campaign_id for row in rows if row.campaign_id}
    return Campaign.objects.select_related("organization").in_bulk(ids) if ids else {}


def _wordings(campaigns: Iterable[Campaign]) -> dict[tuple[int, str], Wording]:
    """The words of each campaign's version, the main language under "" as well."""
    versions = {campaign.pk: campaign.version for campaign in campaigns}
    found: dict[tuple[int, str], Wording] = {}
    for wording in Wording.objects.filter(campaign__in=versions).order_by("pk"):
        if wording.version == versions[wording.campaign_id]:
            found.setdefault((wording.campaign_id, ""), wording)
            found[wording.campaign_id, wording.language] = wording
    return found


def _plain(row: _Row) -> Claimed:
    return Claimed(
        delivery=row.pk,
        organization=row.organization_id,
        campaign=row.campaign_id,
        invitation=None,
        kind=row.kind,
        to_address=row.to_address,
        message_id=row.message_id or letters.message_id(row.pk),
        attempts=row.attempts,
        content=json.loads(row.content) if row.content else None,
    )


# ── Asks take the person ─────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class _Person:
    id: int
    email: str | None
    name: str
    language: str
    reason: str  # a Reason: what planning would decide now
    free_at: datetime | None


_PEOPLE = sql.SQL("""
    SELECT c.id, c.email, c.name, c.language, {reason}, c.last_asked_at + %(gap)s
    FROM surveys_customer c WHERE c.id = ANY(%(ids)s)
""")
_LOCK_PEOPLE = "SELECT id FROM surveys_customer WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"


def _asks(claim: Claim, rows: Sequence[_Row], at: datetime) -> list[Claimed]:
    """The asks whose person is ours: taken now, or taken by an earlier claim of the same ask.

    The people of the whole batch are locked at once, in the order of their ids and whichever campaigns they are in, so
    that no two claims wait for each other in a circle.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_PEOPLE, [[row.customer_id for row in rows if row.customer_id]])
    by_campaign: dict[int, list[_Row]] = defaultdict(list)
    for row in rows:
        by_campaign[row.campaign_id or 0].append(row)
    return [
        ask for pk, mine in sorted(by_campaign.items()) for ask in _of_campaign(claim, claim.campaigns[pk], mine, at)
    ]


def _of_campaign(claim: Claim, campaign: Campaign, rows: list[_Row], at: datetime) -> list[Claimed]:
    people = _people(campaign, rows, at)
    before = _take(campaign, [row for row in rows if not row.holds_its_person], at)
    asks: list[Claimed] = []
    refused: list[_Row] = []
    for row in rows:
        person = people.get(row.customer_id or 0)
        if person and (row.customer_id in before or (row.holds_its_person and _may_be_mailed(person))):
            asks.append(_ask(claim, row, person))
        else:
            refused.append(row)
    _snapshot(campaign, [ask for ask in asks if ask.customer in before], before, at)
    _leave_out(campaign, [row for row in refused if not row.holds_its_person], people, at)
    _give_up([row for row in refused if row.holds_its_person], people, at)
    return asks


def _may_be_mailed(person: _Person) -> bool:
    return person.reason in (Reason.INVITED, Reason.THROTTLED)


def _people(campaign: Campaign, rows: Sequence[_Row], at: datetime) -> dict[int, _Person]:
    params = eligibility.moment(campaign.organization, campaign, at) | {"ids": [row.customer_id for row in rows]}
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE.format(reason=eligibility.REASON), params)
        return {row[0]: _Person(*row) for row in cursor.fetchall()}


def _take(campaign: Campaign, rows: Sequence[_Row], at: datetime) -> dict[int, datetime | None]:
    asked_before = at - eligibility.gap(campaign.organization, campaign)
    ids = [row.customer_id for row in rows if row.customer_id]
    return customers.take_for_asking(customer_ids=ids, asked_before=asked_before, at=at)


def _ask(claim: Claim, row: _Row, person: _Person) -> Claimed:
    return Claimed(
        delivery=row.pk,
        organization=row.organization_id,
        campaign=row.campaign_id,
        invitation=row.invitation_id,
        customer=person.id,
        kind=row.kind,
        to_address=person.email or "",
        message_id=row.message_id or letters.message_id(row.pk),
        attempts=row.attempts,
        name=person.name,
        language=_language(claim, row, person),
    )


def _language(claim: Claim, row: _Row, person: _Person) -> str:
    """Of the wording: the one the ask already has, the person's own, its main part ("de" of "de-AT"), the first one."""
    spoken = row.asked_language or person.language
    for language in (spoken, spoken.split("-")[0], ""):
        wording = claim.wordings.get((row.campaign_id or 0, language))
        if wording:
            return wording.language
    return ""


_SNAPSHOT = """
    UPDATE surveys_invitation i
    SET claimed_at = %(at)s, version = %(version)s, language = taken.language, asked_before = taken.before,
        property_set_id = c.property_set_id, properties = c.properties
    FROM unnest(%(ids)s::bigint[], %(languages)s::text[], %(before)s::timestamptz[]) AS taken(id, language, before),
         surveys_customer c
    WHERE i.id = taken.id AND c.id = i.customer_id
"""


def _snapshot(campaign: Campaign, asks: Sequence[Claimed], before: dict[int, datetime | None], at: datetime) -> None:
    """What the person is like now is what this ask will be counted under."""
    params: dict[str, Any] = {
        "at": at,
        "version": campaign.version,
        "ids": [ask.invitation for ask in asks],
        "languages": [ask.language for ask in asks],
        "before": [before[ask.customer or 0] for ask in asks],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT, params)


# ── Those who must not be asked after all ────────────────────────────────────────────────────────────────────────────
def _leave_out(campaign: Campaign, rows: Sequence[_Row], people: dict[int, _Person], at: datetime) -> None:
    """Nothing was sent yet: the ask goes, and the decision says why. The throttled are planned again when they are free."""
    Invitation.objects.filter(pk__in=[row.invitation_id for row in rows]).delete()
    found = [people[row.customer_id] for row in rows if row.customer_id in people]
    decisions = [
        PlanDecision(
            organization_id=campaign.organization_id,
            campaign=campaign,
            customer_id=person.id,
            occasion=campaign.occasion,
            reason=person.reason,
            until=person.free_at if person.reason == Reason.THROTTLED else None,
            decided_at=at,
        )
        for person in found
    ]
    PlanDecision.objects.bulk_create(
        decisions,
        update_conflicts=True,
        unique_fields=["organization", "campaign", "customer", "occasion"],
        update_fields=["reason", "until", "decided_at"],
    )


def _give_up(rows: Sequence[_Row], people: dict[int, _Person], at: datetime) -> None:
    """A message that was tried before, to somebody who has unsubscribed or gone since."""
    for row in rows:
        person = people.get(row.customer_id or 0)
        reason = Reason(person.reason).label if person else _("The customer was deleted.")
        cancel([row.pk], reason=str(reason), at=at)


# ── Ours from here on ────────────────────────────────────────────────────────────────────────────────────────────────
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
