"""The database goes away under a sender, or forgets: what was sent is said again, what is not known is named."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from surveys.campaigns.models import Campaign, Status
from surveys.delivery import actions, queries, sending
from surveys.delivery.models import Batch, Delivery, Invitation, Queue, State
from surveys.responses import actions as responses
from surveys.responses import survey_queries
from tests.delivery.world import crowd, live_campaign, plan
from tests.helpers.smtp import Received, SmtpSink
from tests.people import Person

A_LEASE_LATER = timedelta(minutes=5)


class Cut:
    """Ends the sender's database connection while its n-th message is at the mail server."""

    def __init__(self, sink: SmtpSink, at: int) -> None:
        self._sink = sink
        self._at = at
        self._victim = _backend()

    def __call__(self, _kept: Received) -> None:
        if len(self._sink.received) == self._at:
            _in_a_thread(self._terminate)

    def _terminate(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [self._victim])


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_sender_whose_connection_is_cut_connects_again_and_sends_everything_once(
    alice: Person, smtp_sink: SmtpSink
) -> None:
    addresses = crowd(alice.organization, 30)
    campaign = live_campaign(alice.organization)
    plan(campaign)
    smtp_sink.when_kept(Cut(smtp_sink, at=12))

    sending.send_due(Queue.BULK)

    assert sorted(smtp_sink.recipients()) == sorted(addresses)
    assert queries.campaign_progress(campaign).sent == 30
    assert Invitation.objects.filter(sent_at__isnull=False).count() == 30


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("window", "sent"), [(1, 1), (2, 2)])
def test_a_pause_lets_only_the_window_go_out(
    alice: Person, smtp_sink: SmtpSink, settings: Settings, window: int, sent: int
) -> None:
    """The campaign is paused while its first message is at the mail server."""
    settings.SEND_WINDOW = window
    addresses = crowd(alice.organization, 3)
    campaign = live_campaign(alice.organization)
    plan(campaign)
    smtp_sink.when_kept(lambda _entry: _in_a_thread(lambda: _set_status(campaign, Status.PAUSED)))

    sending.send_due(Queue.BULK)
    assert len(smtp_sink.received) == smtp_sink.offered == sent
    smtp_sink.accept()
    _set_status(campaign, Status.LIVE)
    sending.send_due(Queue.BULK)

    assert sorted(smtp_sink.recipients()) == sorted(addresses)


def _set_status(campaign: Campaign, status: Status) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(status=status)


def _in_a_thread(act: Callable[[], None]) -> None:
    """The mail server's own thread belongs to asyncio, where Django refuses to work."""

    def run() -> None:
        act()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


@pytest.mark.django_db
def test_what_a_crash_may_have_forgotten_is_said_again(alice: Person, smtp_sink: SmtpSink) -> None:
    """Finalising does not wait for the disk: after a crash messages that were sent, or are in flight, may look untried."""
    crowd(alice.organization, 4)
    plan(live_campaign(alice.organization))
    claim = actions.claim(queue=Queue.BULK, limit=4, at=timezone.now())
    sent = [actions.Ending(message.delivery, State.SENT, timezone.now()) for message in claim.messages[:2]]
    in_flight = [claim.messages[2].delivery]

    actions.repeat(sent, in_flight, claim=claim, at=timezone.now())
    actions.repeat(sent, in_flight, claim=claim, at=timezone.now())

    states = list(Delivery.objects.order_by("pk").values_list("state", "attempts"))
    assert states == [(State.SENT, 1), (State.SENT, 1), (State.SENDING, 0), (State.CLAIMED, 0)]


@pytest.mark.django_db
def test_untried_messages_of_a_dead_sender_are_due_again(alice: Person) -> None:
    crowd(alice.organization, 2)
    plan(live_campaign(alice.organization))
    claim = actions.claim(queue=Queue.BULK, limit=2, at=timezone.now())
    actions.end_and_mark([], [claim.messages[0].delivery], owner=claim.owner, at=timezone.now())

    assert actions.expire_leases(at=timezone.now()) == 0, "the lease holds"
    assert actions.expire_leases(at=timezone.now() + A_LEASE_LATER) == 2

    states = list(Delivery.objects.order_by("pk").values_list("state", flat=True))
    assert states == [State.UNCERTAIN, State.DUE]
    assert not Batch.objects.exists()


@pytest.mark.django_db
def test_after_a_crash_of_the_database_untried_messages_of_a_dead_sender_are_in_doubt_too(alice: Person) -> None:
    crowd(alice.organization, 2)
    plan(live_campaign(alice.organization))
    actions.claim(queue=Queue.BULK, limit=2, at=timezone.now())
    Batch.objects.all().delete()  # what PostgreSQL does to an unlogged table when it recovers

    actions.expire_leases(at=timezone.now() + A_LEASE_LATER)

    assert set(Delivery.objects.values_list("state", flat=True)) == {State.UNCERTAIN}


@pytest.mark.django_db
def test_a_sender_that_was_only_slow_settles_its_doubtful_message(alice: Person) -> None:
    crowd(alice.organization, 1)
    plan(live_campaign(alice.organization))
    claim = actions.claim(queue=Queue.BULK, limit=1, at=timezone.now())
    pk = claim.messages[0].delivery
    actions.end_and_mark([], [pk], owner=claim.owner, at=timezone.now())
    actions.expire_leases(at=timezone.now() + A_LEASE_LATER)

    actions.end_and_mark([actions.Ending(pk, State.SENT, timezone.now())], [], owner=claim.owner, at=timezone.now())

    assert Delivery.objects.get().state == State.SENT


@pytest.mark.django_db
def test_a_batch_that_was_emptied_by_a_crash_is_one_in_an_unlogged_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'surveys_batch'")
        assert cursor.fetchone() == ("u",)


@pytest.mark.django_db
def test_an_answer_proves_that_a_doubtful_message_arrived(alice: Person, smtp_sink: SmtpSink) -> None:
    crowd(alice.organization, 2)
    plan(live_campaign(alice.organization))
    smtp_sink.drop()
    sending.send_due(Queue.BULK)
    answered, silent = Invitation.objects.order_by("pk")
    Invitation.objects.filter(pk=answered.pk).update(answered_at=timezone.now())

    assert actions.settle_answered(at=timezone.now()) == 1
    actions.send_doubtful_again(at=timezone.now() + timedelta(hours=1))

    states = dict(Delivery.objects.values_list("invitation", "state"))
    assert states == {answered.pk: State.SENT, silent.pk: State.DUE}
    answered.refresh_from_db()
    assert answered.sent_at is not None


@pytest.mark.django_db(transaction=True)
def test_an_answer_to_a_doubtful_message_that_is_due_again_proves_that_it_arrived(
    alice: Person, smtp_sink: SmtpSink
) -> None:
    """Not "cancelled because unsubscribed": the person had the mail, and it counts as sent."""
    crowd(alice.organization, 1)
    campaign = live_campaign(alice.organization)
    plan(campaign)
    smtp_sink.drop()
    sending.send_due(Queue.BULK)
    smtp_sink.accept()
    actions.send_doubtful_again(at=timezone.now() + timedelta(hours=1))
    assert Delivery.objects.get().state == State.DUE
    survey = survey_queries.survey_of(Invitation.objects.get().pk)
    assert survey is not None
    responses.unsubscribe(survey=survey, at=timezone.now())

    later = timezone.now() + timedelta(hours=1)
    actions.claim(queue=Queue.BULK, limit=10, at=later)
    actions.tell_untold(at=later + A_LEASE_LATER)

    assert Delivery.objects.get().state == State.SENT
    assert len(smtp_sink.received) == 1
    assert queries.campaign_progress(campaign).sent == 1
