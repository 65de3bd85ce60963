"""What each provider documents, posted at its real address: once, again, out of order, spoiled, unsigned, a year late."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from time_machine import travel

from surveys.customers.models import Customer, Suppression
from surveys.delivery.hooks import roads
from surveys.delivery.models import Delivery, DeliveryEvent, State, UnreadEvent
from tests.delivery.hooks import amazon, providers
from tests.delivery.hooks.world import Hook, about, operators, part, sent_to
from tests.people import Person

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("provider", providers.PROVIDERS)]

STATES = {
    "queued": State.SENT,
    "accepted": State.SENT,
    "other": State.SENT,
    "delayed": State.DELAYED,
    "soft_bounced": State.DELAYED,
    "delivered": State.DELIVERED,
    "complained": State.DELIVERED,
    "unsubscribed": State.DELIVERED,
    "bounced": State.BOUNCED,
    "rejected": State.BOUNCED,
    "failed": State.BOUNCED,
}
GRAVEST = {"postal": "bounced"}  # it knows no complaints


@pytest.fixture
def road(db: None, provider: str, settings: Settings) -> Hook:
    return operators(provider, settings)


def test_the_book_has_every_provider_that_has_a_road(provider: str) -> None:
    assert provider in roads.PROVIDERS
    assert len(roads.PROVIDERS) == len(providers.PROVIDERS)


def test_each_event_is_understood_and_told_once(alice: Person, road: Hook, provider: str) -> None:
    for number, event in enumerate(providers.book(provider)["parts"]):
        delivery = sent_to(alice, f"person{number}@example.com")
        request = road.request(about(delivery, event["part"]))
        statuses = [road.send(request).status_code for _time in range(3)]

        delivery.refresh_from_db()
        told = list(DeliveryEvent.objects.filter(delivery_id=delivery.pk).values_list("kind", flat=True))
        suppression = Customer.objects.get(pk=delivery.customer_id or 0).suppression
        expected = (event["is"], STATES[event["is"]], event.get("suppresses", ""))
        assert statuses == [200, 200, 200]
        assert (*told, delivery.state, suppression) == expected, event["name"]
    assert not UnreadEvent.objects.exists()


def test_the_end_is_the_same_when_the_news_come_the_other_way_round(alice: Person, road: Hook, provider: str) -> None:
    first, second = (sent_to(alice, f"{name}@example.com") for name in ("ada", "bea"))
    news = [event["part"] for event in providers.book(provider)["parts"]]

    began = timezone.now() - timedelta(minutes=30)
    in_order = [(event, began + timedelta(minutes=number)) for number, event in enumerate(news)]

    for event, at in in_order:
        road.post(about(first, event, at=at))
    for event, at in reversed(in_order):
        road.post(about(second, event, at=at))

    ends = [_end(delivery) for delivery in (first, second)]
    assert ends[0] == ends[1]
    assert (ends[0][0], ends[0][2]) == (State.BOUNCED, GRAVEST.get(provider, "complained"))


def _end(delivery: Delivery) -> tuple[Any, ...]:
    delivery.refresh_from_db()
    invitation = delivery.invitation
    assert invitation
    person = Customer.objects.get(pk=delivery.customer_id or 0)
    told = {name: bool(getattr(invitation, name)) for name in ("bounced_at", "complained_at", "unsubscribed_at")}
    return delivery.state, delivery.reason, person.suppression, told


def test_one_bad_event_does_not_drop_its_neighbours(alice: Person, road: Hook, provider: str) -> None:
    ada, bea = (sent_to(alice, f"{name}@example.com") for name in ("ada", "bea"))
    delivered = next(
        event["part"] for event in providers.book(provider)["parts"] if event["is"] in ("delivered", "accepted")
    )
    bad = about(ada, providers.book(provider)["bad"])
    good = [about(delivery, delivered) for delivery in (ada, bea)]
    bodies = [[good[0], bad, good[1]]] if provider in providers.IN_BATCHES else [[good[0]], [bad], [good[1]]]

    assert [road.post(*parts).status_code for parts in bodies] == [200] * len(bodies)

    assert set(DeliveryEvent.objects.values_list("delivery_id", flat=True)) == {ada.pk, bea.pk}
    unread = UnreadEvent.objects.get()
    assert unread.provider == provider
    assert unread.problem
    assert unread.raw


def test_what_is_not_signed_by_the_provider_changes_nothing(alice: Person, road: Hook, provider: str) -> None:
    ada = sent_to(alice, "ada@example.com")
    request = road.request(about(ada, part(provider, GRAVEST.get(provider, "complained"))))
    if provider in providers.UNSIGNED:
        road.path = road.path.replace(road.path[-20:-10], "AAAAAAAAAA")
        assert road.send(request).status_code == 404
    else:
        assert road.send(providers.tampered(request)).status_code == 403
        assert UnreadEvent.objects.get().raw == "", "an admin learns of it, nothing of what was posted is kept"

    assert not DeliveryEvent.objects.exists()
    assert Customer.objects.get(pk=ada.customer_id or 0).suppression == ""


def test_a_report_that_is_posted_again_a_year_later(alice: Person, road: Hook, provider: str) -> None:
    """Also when its event has been pruned, and when people have decided to mail the address again."""
    ada = sent_to(alice, "ada@example.com")
    request = road.request(about(ada, part(provider, GRAVEST.get(provider, "complained"))))
    assert road.send(request).status_code == 200
    assert Customer.objects.get(pk=ada.customer_id or 0).suppression == GRAVEST.get(provider, "complained")
    Suppression.objects.all().delete()
    Customer.objects.update(suppression="")

    with travel(timezone.now() + timedelta(days=365), tick=False):
        amazon.knows_certificate()
        assert road.send(request).status_code == 200
        assert DeliveryEvent.objects.count() == 1
        DeliveryEvent.objects.all().delete()
        assert road.send(request).status_code == 200

    noted = DeliveryEvent.objects.get()
    assert noted.delivery_id is None
    assert Customer.objects.get(pk=ada.customer_id or 0).suppression == ""
