"""Hosts whose clocks differ go by the database's: nobody takes from a sender what it holds, and the dead hold nothing."""

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from surveys.core import clock
from surveys.delivery import actions, sending, tasks
from surveys.delivery.models import Batch, Delivery, Invitation, Queue, State
from tests.delivery.world import crowd, live_campaign, plan
from tests.helpers.smtp import SmtpSink
from tests.people import Person

TEN_MINUTES = timedelta(minutes=10)  # five leases

pytestmark = pytest.mark.django_db


def due(of: Person, people: int) -> None:
    crowd(of.organization, people)
    plan(live_campaign(of.organization))


def states() -> set[str]:
    return set(Delivery.objects.values_list("state", flat=True))


def test_a_host_that_is_ahead_leaves_a_healthy_sender_its_messages(alice: Person) -> None:
    due(alice, 3)
    claim = actions.claim(queue=Queue.BULK, limit=3, at=clock.now())
    actions.end_and_mark([], [claim.messages[0].delivery], owner=claim.owner, at=clock.now())

    with time_machine.travel(timezone.now() + TEN_MINUTES):
        tasks.sweep()

    assert states() == {State.CLAIMED, State.SENDING}
    assert Batch.objects.count() == 1


def test_a_host_that_is_behind_finds_what_a_dead_sender_left(alice: Person) -> None:
    due(alice, 3)
    claim = actions.claim(queue=Queue.BULK, limit=3, at=clock.now() + timedelta(seconds=-130))
    assert claim.messages == [], "not due then"
    Delivery.objects.update(due_at=clock.now() - TEN_MINUTES)
    actions.claim(queue=Queue.BULK, limit=3, at=clock.now() - timedelta(seconds=130))
    assert states() == {State.CLAIMED}

    with time_machine.travel(timezone.now() - TEN_MINUTES):
        tasks.sweep()

    assert states() == {State.DUE}


@pytest.mark.parametrize("off", [TEN_MINUTES, -TEN_MINUTES])
def test_what_is_sent_bears_the_time_that_all_hosts_share(alice: Person, smtp_sink: SmtpSink, off: timedelta) -> None:
    due(alice, 2)
    now = timezone.now()

    with time_machine.travel(now + off):
        sending.send_due(Queue.BULK)

    for sent_at in Invitation.objects.values_list("sent_at", flat=True):
        assert sent_at is not None
        assert abs(sent_at - now) < timedelta(minutes=1)


def test_time_goes_on_while_the_database_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    before = clock.now()
    monkeypatch.setattr(clock, "_GOOD_FOR", 0.0)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        with pytest.raises(DatabaseError):
            cursor.execute("SELECT 1 / 0")
        assert before < clock.now() < before + timedelta(minutes=1)
        cursor.execute("SELECT 1")
