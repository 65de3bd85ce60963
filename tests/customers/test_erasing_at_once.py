"""Somebody is erased in the very moment in which they click, are claimed for sending, or are planned."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from surveys.analytics.upkeep import rollups
from surveys.campaigns.models import Campaign, Status
from surveys.customers import actions
from surveys.customers.models import Customer
from surveys.delivery import actions as delivery
from surveys.delivery.models import Delivery, Invitation, Queue
from surveys.responses.actions import settle
from surveys.responses.models import ClickEvent, Response
from tests import factories
from tests.helpers.waiting import wait_until
from tests.people import Person
from tests.responses.mail import Mail, differences

pytestmark = pytest.mark.django_db(transaction=True)


class Other(threading.Thread):
    """Does something on a database connection of its own; `waits` says whether it is waiting for a lock."""

    def __init__(self, act: Callable[[], Any]) -> None:
        super().__init__()
        self.act, self.result, self.pid = act, None, 0
        self.start()
        wait_until(lambda: self.pid)

    def run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.pid = cursor.fetchone()[0]
            self.result = self.act()
        finally:
            connection.close()

    def waits(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self.pid])
            return bool(cursor.fetchone()[0])

    def finish(self) -> Any:
        self.join(20)
        assert not self.is_alive()
        return self.result


@pytest.fixture
def ada(alice: Person) -> Customer:
    return factories.customer(alice.organization, "ada@example.com", name="Ada")


@pytest.fixture
def pulse(alice: Person) -> Campaign:
    return factories.campaign(alice.organization, status=Status.LIVE, launched_at=timezone.now())


def sent(pulse: Campaign, ada: Customer, **fields: Any) -> Mail:
    """A mail that was sent and is counted as sent."""
    mail = Mail(factories.invitation(pulse, ada, **fields))
    for piece in rollups.slices(pulse.organization_id):
        rollups.repair(piece)
    return mail


def erase(ada: Customer) -> int:
    return actions.erase(organization=ada.organization, ids=[ada.pk], at=timezone.now())


@pytest.mark.parametrize("clicked_before", [False, True])
def test_a_click_that_comes_while_she_is_erased_leaves_nothing(
    alice: Person, ada: Customer, pulse: Campaign, clicked_before: bool
) -> None:
    mail = sent(pulse, ada)
    if clicked_before:
        Client().get(mail.link(3))
    with transaction.atomic():
        erase(ada)
        click = Other(lambda: Client(HTTP_USER_AGENT="late").get(mail.link(9)))
        wait_until(click.waits)
    assert "no longer available" in click.finish().content.decode()
    assert (ClickEvent.objects.count(), Response.objects.count()) == (0, 0)
    assert differences(alice.organization) == []


def test_an_erasure_that_comes_while_she_clicks_takes_the_click_along(
    alice: Person, ada: Customer, pulse: Campaign
) -> None:
    mail = sent(pulse, ada)
    with transaction.atomic():
        Client().get(mail.link(9))
        erasure = Other(lambda: erase(ada))
        wait_until(erasure.waits)
    assert erasure.finish() == 1
    assert (ClickEvent.objects.count(), Response.objects.count()) == (0, 0)


def planned(pulse: Campaign) -> Delivery:
    delivery.plan(campaign=pulse, at=timezone.now())
    return Delivery.objects.get()


def test_a_claim_that_is_in_work_is_waited_for_and_its_message_is_not_sent(ada: Customer, pulse: Campaign) -> None:
    due = planned(pulse)
    with transaction.atomic():
        claim = delivery.claim(queue=Queue.BULK, limit=10, at=timezone.now())
        assert [message.to_address for message in claim.messages] == ["ada@example.com"]
        erasure = Other(lambda: erase(ada))
        wait_until(erasure.waits)
    assert erasure.finish() == 1
    assert delivery.end_and_mark([], [due.pk], owner=claim.owner, at=timezone.now()) == set()
    due.refresh_from_db()
    assert (due.state, due.to_address) == ("cancelled", "")


def test_a_claim_passes_over_her_while_she_is_erased(ada: Customer, pulse: Campaign) -> None:
    planned(pulse)
    with transaction.atomic():
        erase(ada)
        claim = Other(lambda: delivery.claim(queue=Queue.BULK, limit=10, at=timezone.now()))
        assert claim.finish().messages == []
    assert delivery.claim(queue=Queue.BULK, limit=10, at=timezone.now()).messages == []


def test_an_invitation_planned_meanwhile_goes_with_her(ada: Customer, pulse: Campaign) -> None:
    """The planner commits after the erasure has looked for invitations and before it has locked her."""
    with transaction.atomic():
        delivery.plan(campaign=pulse, at=timezone.now())
        with connection.cursor() as cursor:  # as the commit will: her row is shared with the invitation
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        erasure = Other(lambda: erase(ada))
        wait_until(erasure.waits)
    assert erasure.finish() == 1
    assert not Customer.objects.exists()
    assert list(Invitation.objects.values_list("customer", flat=True)) == [None]
    assert list(Delivery.objects.values_list("state", flat=True)) == ["cancelled"]


def test_a_settling_and_an_answer_do_not_meet_an_erasure_in_a_circle(
    alice: Person, ada: Customer, pulse: Campaign
) -> None:
    mails = [sent(pulse, ada, occasion=f"wave:{wave}") for wave in range(6)]
    for mail in mails:
        Client().get(mail.link(8))
    Response.objects.update(settles_at=timezone.now() - timedelta(seconds=1))
    with transaction.atomic():
        list(Invitation.objects.select_for_update().filter(pk=mails[-1].invitation.pk))
        others = [Other(lambda: settle(at=timezone.now())), Other(lambda: erase(ada))]
        wait_until(lambda: all(other.waits() for other in others))
    assert others[1].result is None
    assert [other.finish() for other in others][1] == 1
    assert differences(alice.organization) == []
