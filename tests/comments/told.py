"""Customers who say things."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.analytics.upkeep import rollups
from surveys.comments.actions import work
from surveys.comments.models import Reading
from surveys.responses.actions import PastAsk, import_history
from surveys.responses.models import Response
from tests import factories

MONDAY = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def tell(organization: Organization, said: Sequence[tuple[int, str]], language: str = "en") -> list[Response]:
    """Each of them a customer of their own, who answered long ago; counted, and not read yet."""
    campaign = factories.campaign(organization, f"Pulse {organization.pk} {Response.objects.count()}")
    people = [factories.customer(organization) for _each in said]
    asks = [
        PastAsk(
            customer=person.pk,
            campaign=campaign.pk,
            occasion="wave:1",
            sent_at=MONDAY,
            language=language,
            score=score,
            comment=comment,
            responded_at=MONDAY + timedelta(minutes=number),
        )
        for number, (person, (score, comment)) in enumerate(zip(people, said, strict=True))
    ]
    import_history(organization=organization, asks=asks, at=MONDAY)
    return list(Response.objects.filter(campaign=campaign).order_by("responded_at", "pk"))


def read_all() -> int:
    """What workers do: wishes to read anew, then what is unread."""
    for pk in Reading.objects.filter(status="running").order_by("pk").values_list("pk", flat=True):
        work.read_anew(reading_id=pk, clock=timezone.now)
    return work.read_new(clock=timezone.now)


def wrong_cells(organization: Organization) -> list[object]:
    """Where the rollups differ from a recount."""
    return [gap for piece in rollups.slices(organization.pk) for gap in rollups.gaps(piece)]
