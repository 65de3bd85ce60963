"""Importing what was asked and answered before."""

from datetime import UTC, datetime, timedelta

import pytest

from surveys.campaigns.models import Campaign
from surveys.customers.models import Customer
from surveys.delivery.models import Invitation
from surveys.outbox.models import Event
from surveys.responses import actions, queries
from surveys.responses.actions import PastAsk, UnknownIds, import_history
from surveys.responses.models import Response
from tests import factories
from tests.people import Person
from tests.responses.mail import differences

SPRING = datetime(2025, 3, 31, 22, 30, tzinfo=UTC)
NOW = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def campaign(alice: Person) -> Campaign:
    alice.organization.time_zone = "Europe/Berlin"
    alice.organization.save()
    return factories.campaign(alice.organization)


@pytest.fixture
def asks(campaign: Campaign) -> list[PastAsk]:
    ada, bo = (factories.customer(campaign.organization, properties={"plan": "Pro"}).pk for _ in range(2))
    half_year = timedelta(days=180)
    return [
        PastAsk(ada, campaign.pk, "wave:1", SPRING - half_year, "en", 3, "Slow", SPRING - half_year),
        PastAsk(ada, campaign.pk, "wave:2", SPRING, "en", 9, "", SPRING),
        PastAsk(bo, campaign.pk, "wave:2", SPRING),
    ]


def test_a_history_is_counted_and_stands_on_the_customers(campaign: Campaign, asks: list[PastAsk]) -> None:
    done = import_history(organization=campaign.organization, asks=asks, at=NOW)
    assert (done.invitations, done.responses) == (3, 2)

    ada, bo = Customer.objects.order_by("pk")
    assert (ada.last_score, ada.previous_score, ada.answered_count, ada.asked_count) == (9, 3, 2, 2)
    assert (ada.last_answered_at, ada.last_asked_at) == (SPRING, SPRING)
    assert (bo.answered_count, bo.asked_count, bo.last_asked_at) == (0, 1, SPRING)
    newest, _ = queries.responses_of(ada)
    assert (newest.day.isoformat(), newest.channel, newest.is_counted) == ("2025-04-01", "import", True)
    assert [score for _, score in queries.score_history(ada)] == [3, 9]
    assert differences(campaign.organization) == []
    asked = Invitation.objects.get(customer=bo)
    assert (asked.sent_day.isoformat() if asked.sent_day else None, asked.answered_at) == ("2025-04-01", None)
    assert asked.properties == {"plan": "Pro"}


def test_importing_again_adds_nothing(campaign: Campaign, asks: list[PastAsk]) -> None:
    for expected in (3, 0):
        done = import_history(organization=campaign.organization, asks=[*asks, asks[0]], at=NOW)
        assert done.invitations == expected
    assert Response.objects.count() == 2
    assert Customer.objects.order_by("pk").values_list("asked_count", flat=True)[0] == 2


def test_chunks_do_not_change_the_result(
    campaign: Campaign, asks: list[PastAsk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions.history, "CHUNK", 1)
    import_history(organization=campaign.organization, asks=reversed(asks), at=NOW)
    ada = Customer.objects.order_by("pk")[0]
    assert (ada.last_score, ada.previous_score, ada.answered_count, ada.asked_count) == (9, 3, 2, 2)


def test_downstream_is_told_once_per_campaign(campaign: Campaign, asks: list[PastAsk]) -> None:
    import_history(organization=campaign.organization, asks=asks, at=NOW)
    told = {event.kind: event.payload for event in Event.objects.all()}
    assert sorted(told) == ["invitations.sent", "responses.imported"]
    assert sorted(told["responses.imported"]["responses"]) == sorted(Response.objects.values_list("pk", flat=True))
    assert len(told["invitations.sent"]["invitations"]) == 3


def test_anothers_customers_are_refused(campaign: Campaign, asks: list[PastAsk], charlie: Person) -> None:
    with pytest.raises(UnknownIds):
        import_history(organization=charlie.organization, asks=asks, at=NOW)
    assert not Invitation.objects.exists()
