"""An event commits with the change that it tells of, and its listeners run at least once."""

import socketserver
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection, transaction

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign
from surveys.outbox import actions, listeners, nudges
from surveys.outbox.models import Event
from tests import factories
from tests.people import Person

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KIND = "test.happened"


@pytest.fixture
def campaign(alice: Person) -> Campaign:
    return factories.campaign(alice.organization)


@pytest.fixture
def handled() -> Iterator[list[int]]:
    """The ids of events that the after-commit listener has seen."""
    seen: list[int] = []
    listeners.after_commit(KIND, lambda event: seen.append(event.pk))
    yield seen
    listeners._after_commit.pop(KIND)


def test_an_event_without_listeners_is_kept_and_is_no_work(campaign: Campaign) -> None:
    actions.publish("test.unheard", campaign, at=AT, score=9)

    event = Event.objects.get(kind="test.unheard")
    assert (event.object_id, event.payload, event.handled_at) == (campaign.pk, {"score": 9}, AT)
    assert actions.drain(at=AT) == 0


def test_a_listener_after_commit_hears_of_an_event_once(campaign: Campaign, handled: list[int]) -> None:
    actions.publish(KIND, campaign, at=AT)

    assert actions.drain(at=AT) == 1
    assert actions.drain(at=AT) == 0
    assert handled == [Event.objects.get(kind=KIND).pk]


def test_an_event_of_a_change_that_is_rolled_back_never_happened(campaign: Campaign, handled: list[int]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        actions.publish(KIND, campaign, at=AT)
        raise ZeroDivisionError

    assert actions.drain(at=AT) == 0
    assert handled == []


def test_a_listener_in_the_transaction_that_fails_undoes_the_change(campaign: Campaign) -> None:
    def refuse(event: Event) -> None:
        raise LookupError(event.kind)

    listeners.in_transaction(KIND, refuse)
    try:
        with pytest.raises(LookupError), transaction.atomic():
            Organization.objects.filter(pk=campaign.organization_id).update(name="Changed")
            actions.publish(KIND, campaign, at=AT)
    finally:
        listeners._in_transaction.pop(KIND)

    assert Organization.objects.get(pk=campaign.organization_id).name == "Acme"


@pytest.mark.django_db(transaction=True)
def test_publishing_outside_a_transaction_is_refused(campaign: Campaign) -> None:
    with pytest.raises(actions.NotInTransaction):
        actions.publish(KIND, campaign, at=AT)


def test_a_failing_listener_is_tried_again_later_and_stops_nobody(campaign: Campaign, handled: list[int]) -> None:
    broken = True

    def fail_once(event: Event) -> None:
        if broken:
            raise ConnectionError("the other side is down")

    listeners.after_commit("test.broken", fail_once)
    try:
        actions.publish("test.broken", campaign, at=AT)
        actions.publish(KIND, campaign, at=AT)

        assert actions.drain(at=AT) == 2
        assert len(handled) == 1
        event = Event.objects.get(kind="test.broken")
        assert event.handled_at is None
        assert event.error == "ConnectionError: the other side is down"
        assert event.due_at > AT

        broken = False
        actions.drain(at=event.due_at)
        event.refresh_from_db()
        assert event.handled_at == event.due_at
        assert event.error == ""
    finally:
        listeners._after_commit.pop("test.broken")


@pytest.mark.django_db(transaction=True)
def test_two_drains_at_once_share_the_events(campaign: Campaign, handled: list[int]) -> None:
    with transaction.atomic():
        for _ in range(60):
            actions.publish(KIND, campaign, at=AT)

    def drain() -> None:
        actions.drain(at=AT)
        connection.close()

    threads = [threading.Thread(target=drain) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(handled) == sorted(Event.objects.filter(kind=KIND).values_list("pk", flat=True))


def test_handled_events_are_pruned_after_a_month_and_open_ones_never(campaign: Campaign, handled: list[int]) -> None:
    actions.publish("test.unheard", campaign, at=AT)
    actions.publish(KIND, campaign, at=AT)

    actions.prune(at=AT + timedelta(days=31))

    assert list(Event.objects.values_list("kind", flat=True).exclude(kind="organization.created")) == [KIND]


class DeadBroker(socketserver.BaseRequestHandler):
    """Hangs up on everybody, and counts how often it was called."""

    calls = 0

    def handle(self) -> None:
        type(self).calls += 1


def test_a_lost_nudge_neither_raises_nor_keeps_trying(monkeypatch: pytest.MonkeyPatch) -> None:
    DeadBroker.calls = 0
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), DeadBroker) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        celery = Celery(set_as_current=False)
        celery.conf.update(
            broker_url=f"redis://127.0.0.1:{server.server_address[1]}/0",
            broker_transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        )
        monkeypatch.setattr(nudges, "current_app", celery)

        nudges.nudge("surveys.outbox.tasks.drain")

        server.shutdown()
    assert 0 < DeadBroker.calls <= 6, "a page that nudges must not wait for a broker that is down"
