"""People whose answers count everywhere: on their records, in rollups, in lists."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign
from surveys.core.choices import Channel
from surveys.customers.actions import restate_answers
from surveys.customers.models import Customer
from surveys.outbox import actions as outbox
from surveys.responses.models import Response, Verdict
from surveys.responses.queries import answer_facts

Told = tuple[Customer | None, int, date]  # who, which score, on which day


def tell(campaign: Campaign, answers: Sequence[Told], **fields: object) -> list[Response]:
    """Answers of a history, in the order given; on one day the later of the same person is the last."""
    rows = Response.objects.bulk_create(
        [_row(campaign, who, score, day, number, fields) for number, (who, score, day) in enumerate(answers)]
    )
    with transaction.atomic():
        at = timezone.now()
        outbox.publish("responses.imported", campaign, at=at, responses=[row.pk for row in rows])
        restate(campaign.organization, {row.customer_id for row in rows if row.customer_id})
    return rows


def _row(
    campaign: Campaign, who: Customer | None, score: int, day: date, number: int, fields: dict[str, object]
) -> Response:
    at = datetime.combine(day, time(8), tzinfo=UTC) + timedelta(seconds=number)
    told = {"comment": "", "property_set": who.property_set if who else None} | fields
    return Response(
        organization=campaign.organization,
        campaign=campaign,
        customer=who,
        channel=Channel.IMPORT,
        score=score,
        verdict=Verdict.CONFIRMED,
        day=day,
        responded_at=at,
        updated_at=at,
        confirmed_at=at,
        **told,
    )


def restate(organization: Organization, customers: set[int]) -> None:
    """What stands on the customers' records."""
    restate_answers(facts=answer_facts(organization, sorted(customers)))
