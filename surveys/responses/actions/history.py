"""Asks and answers of the past: sample data, other products' exports. Set-wise, any number, idempotent per ask."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from django.db import connection, transaction

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign
from surveys.core.choices import Channel
from surveys.customers.actions.facts import record_past_asks, restate_answers
from surveys.customers.models import Customer
from surveys.outbox import actions as outbox
from surveys.responses import queries, verdicts

CHUNK: Final = 2_000


@dataclass(frozen=True)
class PastAsk:
    """One person was asked once, and perhaps answered. `occasion` tells asks of one person in one campaign apart.

    What else became of the ask is counted; that the person is not asked again is said by a suppression, not here.
    """

    customer: int
    campaign: int
    occasion: str
    sent_at: datetime
    language: str = ""
    score: int | None = None
    comment: str = ""
    responded_at: datetime | None = None
    bounced_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    complained_at: datetime | None = None


@dataclass(frozen=True)
class Imported:
    invitations: int = 0
    responses: int = 0


class UnknownIds(ValueError):
    """Customers or campaigns that are not of the organization; nothing of their chunk was imported."""


def import_history(
    *, organization: Organization, asks: Iterable[PastAsk], at: datetime, channel: Channel = Channel.IMPORT
) -> Imported:
    """Add past asks with their answers, already counted, under the customers' present properties.

    An ask that is there already (same campaign, occasion and customer) is left as it is, so a repetition adds nothing.
    Rollups and the facts on customers follow in the same transactions, one per chunk; nobody is alerted. Returns what
    was new. Raises UnknownIds.
    """
    rest, invitations, responses = iter(asks), 0, 0
    while chunk := list(islice(rest, CHUNK)):
        with transaction.atomic():
            _check(organization, chunk)
            new = _insert(organization, chunk, channel, at)
            _tell(new, at)
            _note_on_customers(organization, new)
        invitations += len(new)
        responses += sum(row.response is not None for row in new)
    return Imported(invitations, responses)


@dataclass(frozen=True)
class _New:
    campaign: int
    customer: int
    sent_at: datetime
    invitation: int
    response: int | None


def _check(organization: Organization, chunk: Sequence[PastAsk]) -> None:
    people, campaigns = {ask.customer for ask in chunk}, {ask.campaign for ask in chunk}
    people -= set(Customer.objects.filter(organization=organization, pk__in=people).values_list("pk", flat=True))
    campaigns -= set(Campaign.objects.filter(organization=organization, pk__in=campaigns).values_list("pk", flat=True))
    if people or campaigns:
        raise UnknownIds(f"not of {organization}: customers {sorted(people)[:5]}, campaigns {sorted(campaigns)[:5]}")


# `days` are of the organization; a repeated ask within one chunk meets DO NOTHING like one that is there already.
_INSERT: Final = """
    WITH asks AS (
        SELECT * FROM unnest(%(customers)s::bigint[], %(campaigns)s::bigint[], %(occasions)s::text[],
            %(sent)s::timestamptz[], %(languages)s::text[], %(scores)s::int[], %(comments)s::text[],
            %(responded)s::timestamptz[], %(bounced)s::timestamptz[], %(unsubscribed)s::timestamptz[],
            %(complained)s::timestamptz[])
        AS ask(customer, campaign, occasion, sent_at, language, score, comment, responded_at, bounced_at,
            unsubscribed_at, complained_at)
    ), invited AS (
        INSERT INTO surveys_invitation (organization_id, campaign_id, customer_id, occasion, version, language,
            property_set_id, properties, created_at, claimed_at, sent_at, sent_day, opened_at, answered_at,
            bounced_at, unsubscribed_at, complained_at)
        SELECT p.organization_id, ask.campaign, p.id, ask.occasion, c.version, ask.language, p.property_set_id,
            p.properties, ask.sent_at, ask.sent_at, ask.sent_at, (ask.sent_at AT TIME ZONE %(zone)s)::date,
            CASE WHEN ask.score IS NOT NULL THEN coalesce(ask.responded_at, ask.sent_at) END,
            CASE WHEN ask.score IS NOT NULL THEN coalesce(ask.responded_at, ask.sent_at) END,
            ask.bounced_at, ask.unsubscribed_at, ask.complained_at
        FROM asks ask
        JOIN surveys_customer p ON p.organization_id = %(organization)s AND p.id = ask.customer
        JOIN surveys_campaign c ON c.organization_id = %(organization)s AND c.id = ask.campaign
        ON CONFLICT (organization_id, campaign_id, occasion, customer_id) DO NOTHING
        RETURNING id, campaign_id, customer_id, occasion, property_set_id, language, sent_at
    ), answered AS (
        INSERT INTO surveys_response (organization_id, campaign_id, customer_id, invitation_id, property_set_id,
            channel, language, score, comment, verdict, verdict_reasons, confirmed_at, day, responded_at, updated_at)
        SELECT DISTINCT ON (i.id) %(organization)s, i.campaign_id, i.customer_id, i.id, i.property_set_id, %(channel)s,
            i.language, ask.score, ask.comment, 'confirmed', %(reasons)s::jsonb, %(at)s,
            (moment.at AT TIME ZONE %(zone)s)::date, moment.at, moment.at
        FROM invited i
        JOIN asks ask ON ask.customer = i.customer_id AND ask.campaign = i.campaign_id AND ask.occasion = i.occasion,
        LATERAL (SELECT coalesce(ask.responded_at, ask.sent_at) AS at) moment
        WHERE ask.score IS NOT NULL
        RETURNING id, invitation_id
    )
    SELECT i.campaign_id, i.customer_id, i.sent_at, i.id, a.id
    FROM invited i LEFT JOIN answered a ON a.invitation_id = i.id
"""


def _insert(organization: Organization, chunk: Sequence[PastAsk], channel: Channel, at: datetime) -> list[_New]:
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "organization": organization.pk,
                "zone": organization.time_zone,
                "channel": channel,
                "reasons": verdicts.as_json(verdicts.imported()),
                "at": at,
                **_columns(chunk),
            },
        )
        return [_New(*row) for row in cursor.fetchall()]


def _columns(chunk: Sequence[PastAsk]) -> dict[str, list[Any]]:
    return {
        "customers": [ask.customer for ask in chunk],
        "campaigns": [ask.campaign for ask in chunk],
        "occasions": [ask.occasion for ask in chunk],
        "sent": [ask.sent_at for ask in chunk],
        "languages": [ask.language for ask in chunk],
        "scores": [ask.score for ask in chunk],
        "comments": [ask.comment for ask in chunk],
        "responded": [ask.responded_at for ask in chunk],
        "bounced": [ask.bounced_at for ask in chunk],
        "unsubscribed": [ask.unsubscribed_at for ask in chunk],
        "complained": [ask.complained_at for ask in chunk],
    }


def _tell(new: Sequence[_New], at: datetime) -> None:
    """One event of each kind per campaign. The invitations come second: what was answered comes along with them."""
    by_campaign: dict[int, list[_New]] = defaultdict(list)
    for row in new:
        by_campaign[row.campaign].append(row)
    for campaign in Campaign.objects.filter(pk__in=by_campaign):
        rows = by_campaign[campaign.pk]
        responses = [row.response for row in rows if row.response is not None]
        outbox.publish("responses.imported", campaign, at=at, responses=responses)
        outbox.publish("invitations.sent", campaign, at=at, invitations=[row.invitation for row in rows])


def _note_on_customers(organization: Organization, new: Sequence[_New]) -> None:
    record_past_asks(asks=[(row.customer, row.sent_at) for row in new])
    answered = sorted({row.customer for row in new if row.response is not None})
    restate_answers(facts=queries.answer_facts(organization, answered))
