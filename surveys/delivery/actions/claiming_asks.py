"""Asks take their person, in the transaction that claims them; who must not be asked after all is left out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from psycopg2 import sql

from surveys.campaigns.models import Campaign
from surveys.customers import actions as customers
from surveys.delivery import eligibility
from surveys.delivery.actions import claiming_words
from surveys.delivery.actions.claims import Claim, Claimed, Due
from surveys.delivery.actions.ending import cancel
from surveys.delivery.models import Invitation, PlanDecision, Reason


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


def claim_rows(claim: Claim, rows: Sequence[Due], at: datetime) -> list[Claimed]:
    """The asks whose person is ours: taken now, or taken by an earlier claim of the same ask.

    The people of the whole batch are locked at once, in the order of their ids and whichever campaigns they are in, so
    that no two claims wait for each other in a circle.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_PEOPLE, [[row.customer_id for row in rows if row.customer_id]])
    by_campaign: dict[int, list[Due]] = defaultdict(list)
    for row in rows:
        by_campaign[row.campaign_id or 0].append(row)
    return [
        ask for pk, mine in sorted(by_campaign.items()) for ask in _of_campaign(claim, claim.campaigns[pk], mine, at)
    ]


def _of_campaign(claim: Claim, campaign: Campaign, rows: list[Due], at: datetime) -> list[Claimed]:
    people = _people(campaign, rows, at)
    before = _take(campaign, [row for row in rows if not row.holds_its_person], at)
    asks: list[Claimed] = []
    refused: list[Due] = []
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


def _people(campaign: Campaign, rows: Sequence[Due], at: datetime) -> dict[int, _Person]:
    params = eligibility.moment(campaign.organization, campaign, at) | {"ids": [row.customer_id for row in rows]}
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE.format(reason=eligibility.REASON), params)
        return {row[0]: _Person(*row) for row in cursor.fetchall()}


def _take(campaign: Campaign, rows: Sequence[Due], at: datetime) -> dict[int, datetime | None]:
    asked_before = at - eligibility.gap(campaign.organization, campaign)
    ids = [row.customer_id for row in rows if row.customer_id]
    return customers.take_for_asking(customer_ids=ids, asked_before=asked_before, at=at)


def _ask(claim: Claim, row: Due, person: _Person) -> Claimed:
    return Claimed(
        delivery=row.pk,
        organization=row.organization_id,
        campaign=row.campaign_id,
        invitation=row.invitation_id,
        customer=person.id,
        kind=row.kind,
        to_address=person.email or "",
        message_id=row.lasting_message_id,
        attempts=row.attempts,
        name=person.name,
        version=claiming_words.version(claim, row),
        language=claiming_words.language(claim, row, person.language),
        variant=row.variant,
    )


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
def _leave_out(campaign: Campaign, rows: Sequence[Due], people: dict[int, _Person], at: datetime) -> None:
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


def _give_up(rows: Sequence[Due], people: dict[int, _Person], at: datetime) -> None:
    """A message that was tried before, to somebody who has unsubscribed or gone since."""
    for row in rows:
        person = people.get(row.customer_id or 0)
        reason = Reason(person.reason).label if person else _("The customer was deleted.")
        cancel([row.pk], reason=str(reason), at=at)
