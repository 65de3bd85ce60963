"""What became of mails is counted once, whatever is done twice, and never by waiting in a circle."""

import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from surveys.campaigns.models import Campaign
from surveys.core import tokens
from surveys.core.periods import local_day
from surveys.core.tokens import Purpose
from surveys.delivery import actions
from surveys.delivery.actions import Ending, sweeping
from surveys.delivery.deliverability import counting
from surveys.delivery.deliverability.counting import Column, Counted
from surveys.delivery.models import Delivery, Happening, Invitation, Kind, MailDomainDay, MailMinute, Queue, State
from surveys.delivery.told import Told
from tests import factories
from tests.delivery.world import live_campaign, plan
from tests.people import Person

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROUNDS = 5
DOMAINS = ("gmail.com", "Example.com", "müller.example")


def counted(of: Person) -> Counter[tuple[object, ...]]:
    rows = MailDomainDay.objects.filter(organization=of.organization)
    return Counter(
        {
            (row.day, row.domain, column.value): getattr(row, column)
            for row in rows
            for column in Column
            if getattr(row, column)
        }
    )


def recounted(of: Person) -> Counter[tuple[object, ...]]:
    """The same from the messages and asks themselves."""
    found: Counter[tuple[object, ...]] = Counter()
    zone = ZoneInfo(of.organization.time_zone)
    mails = Delivery.objects.filter(organization=of.organization, invitation__isnull=False)
    for mail in mails.select_related("invitation"):
        domain = mail.to_address.rpartition("@")[2].lower()
        if mail.sent_at:
            found[local_day(mail.sent_at, zone), domain, "sent"] += 1
        elif mail.state == State.FAILED and mail.finished_at and "550" in mail.last_error:
            for column in ("sent", "bounced"):
                found[local_day(mail.finished_at, zone), domain, column] += 1
        if mail.kind == Kind.ASK and mail.invitation and mail.invitation.unsubscribed_at:
            found[mail.invitation.sent_day, domain, "unsubscribed"] += 1
    return found


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.django_db(transaction=True)
def test_what_is_counted_is_what_a_recount_finds(alice: Person, seed: int) -> None:
    """Days of asks, reminders, refusals, unsubscriptions and their undoing, each told once too often."""
    choice = random.Random(seed)
    type(alice.organization).objects.filter(pk=alice.organization.pk).update(time_zone="Asia/Tokyo")
    alice.organization.refresh_from_db()
    people = [factories.customer(alice.organization, f"p{n}@{DOMAINS[n % 3]}", name=f"P{n}") for n in range(12)]
    nobody = str(choice.choice(people).email)
    with time_machine.travel(MONDAY, tick=False):
        plan(live_campaign(alice.organization, reminders=2, reminder_days=2))

    for hours in range(0, 24 * 7, 11):
        with time_machine.travel(MONDAY + timedelta(hours=hours), tick=False):
            at = datetime.now(UTC)
            actions.remind(at=at)
            send(at, nobody)
            some_unsubscribe_and_some_return(choice)
            told_before = list(Delivery.objects.filter(sent_at__isnull=False).values_list("pk", flat=True))
            actions.tell(told_before, at=at)
            sweeping.tell_untold(at=at + timedelta(hours=1))

    assert counted(alice) == recounted(alice)
    assert len({day for day, *_rest in counted(alice)}) > 2
    assert counted(alice).total() > 20
    assert MailMinute.objects.aggregate(n=Sum("sent"))["n"] == sum(
        n for (*_, column), n in counted(alice).items() if column == "sent"
    )


def send(at: datetime, nobody: str) -> None:
    """What a sender does with a batch; the mail server does not know that address."""
    claim = actions.claim(queue=Queue.BULK, limit=100, at=at)
    for message in claim.messages:
        actions.end_and_mark([], [message.delivery], owner=claim.owner, at=at)
        if message.to_address == nobody:
            actions.fail_address(message.delivery, route="", reason="", error="550 5.1.1 No such user", at=at)
        else:
            sent = Ending(message.delivery, State.SENT, at)
            actions.end_and_mark([sent], [], owner=claim.owner, at=at)
    actions.tell([message.delivery for message in claim.messages], at=at)
    actions.release(owner=claim.owner)


def some_unsubscribe_and_some_return(choice: random.Random) -> None:
    for invitation in Invitation.objects.filter(sent_at__isnull=False).order_by("pk"):
        page = reverse("public:unsubscribe", args=[tokens.make(Purpose.UNSUBSCRIBE, invitation.pk)])
        if choice.random() < 0.1:
            Client().post(page, {"List-Unsubscribe": "One-Click"})
        elif invitation.unsubscribed_at and choice.random() < 0.3:
            undo = Client().post(page, {"List-Unsubscribe": "One-Click"}).context["nonce"]
            Client().post(page, {"undo": undo}, headers={"origin": "http://testserver"})


@pytest.mark.django_db
def test_a_message_whose_sender_died_before_it_was_told_is_counted_by_the_sweep(alice: Person) -> None:
    """A reminder: of an ask its invitation would show it."""
    ada = factories.customer(alice.organization, "ada@example.com")
    campaign = live_campaign(alice.organization)
    asked = factories.invitation(campaign, ada, sent_at=MONDAY)
    Delivery.objects.create(
        organization=alice.organization, campaign=campaign, invitation=asked, customer=ada, kind=Kind.REMINDER_1,
        queue=Queue.BULK, state=State.DELIVERED, to_address="ada@example.com", due_at=MONDAY, created_at=MONDAY,
        sent_at=MONDAY, finished_at=MONDAY,
    )  # fmt: skip

    for _ in range(2):
        sweeping.tell_untold(at=MONDAY + timedelta(hours=1))

    assert counted(alice) == {(MONDAY.date(), "example.com", "sent"): 1}


@pytest.mark.django_db
def test_mails_that_were_not_counted_are_counted_on_wish_and_once(alice: Person) -> None:
    """Days of which nothing was counted, a part, and more than asks and reminders show."""
    today = timezone.now()
    campaign = live_campaign(alice.organization)
    people = [factories.customer(alice.organization, f"p{n}@{domain}") for n, domain in enumerate(DOMAINS * 3)]
    for days, person in zip((3, 3, 3, 3, 5, 200, 6, 7, 7), people, strict=True):
        factories.invitation(campaign, person, sent_at=today - timedelta(days=days), unsubscribed_at=today)
    day, more, part = ((today - timedelta(days=days)).date() for days in (3, 5, 6))
    counting.add([Counted(alice.organization.pk, more, "example.com", Column.SENT, 7)], at=today)
    counting.add([Counted(alice.organization.pk, part, "gmail.com", Column.BOUNCED, 1)], at=today)
    # From before there were counts, counted, and about to be.
    for person, is_counted in zip((people[1], people[4], people[7]), (None, True, False), strict=True):
        reminder(campaign, Invitation.objects.get(customer=person), today - timedelta(days=7), is_counted)

    for _ in range(2):
        call_command("count_past_mails")

    week = (today - timedelta(days=7)).date()
    sent = {(day, "gmail.com"): 2, (day, "example.com"): 1, (day, "müller.example"): 1}
    sent |= {(part, "gmail.com"): 1, (week, "example.com"): 3, (week, "müller.example"): 1}
    unsubscribed = sent | {(more, "example.com"): 1, (week, "example.com"): 1}
    assert counted(alice) == {
        **{(*key, "sent"): n for key, n in {**sent, (more, "example.com"): 7}.items()},
        **{(*key, "unsubscribed"): n for key, n in unsubscribed.items()},
        (part, "gmail.com", "bounced"): 1,
    }


@pytest.mark.django_db
def test_what_comes_back_of_mails_from_before_an_upgrade_is_a_share_of_them(alice: Person) -> None:
    """The day of the upgrade: asks and a reminder had left, another reminder was due, and then news comes of them."""
    alice.organization.refresh_from_db()
    campaign, at = live_campaign(alice.organization), MONDAY
    asked = [
        factories.invitation(campaign, factories.customer(alice.organization, f"p{n}@example.com"), sent_at=at)
        for n in range(9)
    ]
    asks = [message(campaign, each, Kind.ASK, sent_at=at, is_counted=None) for each in asked]
    reminder(campaign, asked[0], at, None)
    due = message(campaign, asked[1], Kind.REMINDER_1, state=State.DUE, is_counted=None)

    with time_machine.travel(at + timedelta(minutes=1), tick=False):
        import_module("surveys.migrations.0039_mails_of_the_past").count_the_past(apps, connection.schema_editor())
    Delivery.objects.filter(pk=due.pk).update(state=State.SENT, sent_at=at, finished_at=at)
    actions.tell([due.pk], at=at)
    bounced = Told(
        "", None, "1", Happening.BOUNCED, at, address="p3@example.com", token=tokens.make(Purpose.MESSAGE, asks[3].pk)
    )
    assert actions.tell_of([bounced], at=at).stored == 1

    day = at.date()
    assert counted(alice) == {(day, "example.com", "sent"): 11, (day, "example.com", "bounced"): 1}


def reminder(campaign: Campaign, asked: Invitation, sent_at: datetime, is_counted: bool | None) -> Delivery:
    return message(campaign, asked, Kind.REMINDER_1, sent_at=sent_at, is_counted=is_counted)


def message(campaign: Campaign, asked: Invitation, kind: Kind, *, state: State = State.SENT, **more: Any) -> Delivery:
    assert asked.customer
    return Delivery.objects.create(
        organization=campaign.organization, campaign=campaign, invitation=asked, customer=asked.customer, kind=kind,
        queue=Queue.BULK, state=state, to_address=str(asked.customer.email), due_at=MONDAY, created_at=MONDAY, **more,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_those_who_count_at_once_neither_wait_in_a_circle_nor_lose_anything(alice: Person, charlie: Person) -> None:
    """Rows come in any order, some more and some fewer; each thread counts the same thing in another order."""
    organizations = [alice.organization.pk, charlie.organization.pk]
    day = MONDAY.date()
    rows = [
        Counted(organization, day + timedelta(days=later), domain, column, n)
        for organization in organizations
        for later in range(3)
        for domain in ("a.example", "b.example")
        for column, n in ((Column.SENT, 2), (Column.UNSUBSCRIBED, 1))
    ]
    failures: list[BaseException] = []

    def count(seed: int) -> None:
        mixed = random.Random(seed)
        try:
            for _ in range(ROUNDS):
                counting.add(mixed.sample(rows, len(rows)), at=MONDAY)
                taken_back = [_less(row) for row in rows if row.column is Column.UNSUBSCRIBED]
                counting.add(mixed.sample(taken_back, len(taken_back)), at=MONDAY)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    counting.add(rows, at=MONDAY)
    threads = [threading.Thread(target=count, args=[seed]) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    found = MailDomainDay.objects.order_by("pk").values_list("sent", "unsubscribed")
    assert set(found) == {(2 * (4 * ROUNDS + 1), 1)}
    assert len(found) == 12


def _less(row: Counted) -> Counted:
    return Counted(row.organization, row.day, row.domain, row.column, -row.n)
