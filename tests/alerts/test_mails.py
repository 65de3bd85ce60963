"""Colleagues are mailed what they want to know: once, together, never in their quiet hours, and not when they have left."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from celery import current_app
from django.test import Client
from pytest_django import Settings

from nps_app.local.process import Child
from surveys.accounts.models import Membership, Role
from surveys.alerts.actions import mailing
from surveys.alerts.models import AlertChoice, How, Mailing, Matter, Notification
from surveys.delivery.models import Delivery, Kind
from surveys.outbox.models import Event
from tests import factories
from tests.alerts.world import MINUTE, World
from tests.helpers.waiting import wait_until

DAY = timedelta(days=1)


def choose(office: World, **columns: object) -> AlertChoice:
    return AlertChoice.objects.update_or_create(
        organization=office.alice.organization,
        user=office.bob.membership.user,
        defaults={"updated_at": office.now, **columns},
    )[0]


def test_a_detractor_rings_the_bell_and_comes_by_mail_and_the_mails_can_be_ended_by_one_click(office: World) -> None:
    response = office.answers(office.customer("Ada Okafor"), 2, "Too <b>slow</b>")

    assert office.mails(office.now + 30 * timedelta(seconds=1)) == [], (
        "what comes in the same minute is in the same mail"
    )
    assert office.mails(office.now + MINUTE) == ["bob@example.com"]
    assert office.mails(office.now + 2 * MINUTE) == ["bob@example.com"], "not again"

    received = office.sink.received[0]
    assert received.message["Subject"] == "A detractor answered: 2 · Acme"
    assert received.message["Auto-Submitted"] == "auto-generated"
    assert "Ada Okafor answered 2, a detractor, in Pulse" in received.text
    assert "Too &lt;b&gt;slow&lt;/b&gt;" in received.html
    page = office.bob.get(office.bob.url("customers:list")).content.decode()
    assert "1 new" in page
    assert office.alice.url("responses:detail", pk=response.pk) in received.text

    link = re.search(r"<(\S+)>", received.message["List-Unsubscribe"])
    assert link
    path = link[1].removeprefix("http://testserver")
    stranger = Client()
    assert "No more of these mails?" in stranger.get(path).content.decode()
    stranger.post(path, {"List-Unsubscribe": "One-Click"})
    office.answers(office.customer("Ben"), 1)
    assert office.mails(office.now + 5 * MINUTE) == ["bob@example.com"]
    assert len(office.bell(office.bob)) == 2, "the bell goes on"


def test_several_in_a_minute_are_one_mail(office: World) -> None:
    for name in ("Ada", "Ben", "Cem"):
        office.answers(office.customer(name), 3)

    assert office.mails(office.now + MINUTE) == ["bob@example.com"]
    assert office.sink.messages[0]["Subject"] == "3 alerts · Acme"
    assert all(name in office.sink.received[0].text for name in ("Ada", "Ben", "Cem"))


def test_the_mail_of_the_day_comes_once_a_day_by_the_organizations_clock(office: World, settings: Settings) -> None:
    """Alice, who owns it, gets it without having chosen anything; what she has seen by then is left out."""
    choose(office, how={Matter.RESPONSE: How.OFF})
    office.answers(office.customer("Ada"), 3)
    office.answers(office.customer("Ben"), 4)
    seen, kept = office.told(office.alice)
    office.alice.get(office.alice.url("alerts:go", pk=seen.pk))
    due = kept.mail_due_at
    assert due is not None
    assert (office.local(due).hour, due.minute) == (settings.DIGEST_HOUR, 0)

    assert office.mails(due - MINUTE) == []
    assert office.mails(due) == ["alice@example.com"]
    assert office.mails(due + DAY) == ["alice@example.com"]
    assert "Ben" in office.sink.received[0].text
    assert "Ada" not in office.sink.received[0].text


def test_mails_wait_until_quiet_hours_are_over_and_follow_what_is_chosen_meanwhile(office: World) -> None:
    today = office.local(office.now).isoweekday()
    choose(office, quiet_days=[today], categories=["detractor"])
    office.answers(office.customer("Ada"), 3)
    (waiting,) = office.told(office.bob)
    assert waiting.mail_due_at is not None
    over = office.local(waiting.mail_due_at)
    assert (over.isoweekday(), over.hour) == (today % 7 + 1, 0)

    choose(office, how={Matter.RESPONSE: How.OFF})
    assert office.mails(waiting.mail_due_at) == []
    waiting.refresh_from_db()
    assert waiting.mailing == Mailing.DROPPED


def test_who_has_left_gets_nothing_that_waited(office: World) -> None:
    office.answers(office.customer("Ada"), 3)
    Membership.objects.filter(pk=office.bob.membership.pk).delete()

    assert office.mails(office.now + MINUTE) == []
    assert office.told(office.bob)[0].mailing == Mailing.DROPPED


@pytest.mark.long
def test_duplicate_tasks_of_two_workers_tell_and_mail_once(
    transactional_db: None, office: World, celery_worker_process: Callable[..., Child]
) -> None:
    colleagues = [factories.user(f"agent{n}@example.com") for n in range(5)]
    for each in colleagues:
        factories.member(office.alice.organization, each, Role.AGENT)
    for n in range(8):
        office.answers(office.customer(f"Ada{n}"), 3)
    Notification.objects.all().delete()
    Event.objects.filter(kind="response.confirmed").update(handled_at=None)
    workers = [celery_worker_process(queues="default", concurrency=2, NPS_ALERT_GROUP_SECONDS=0) for _ in range(2)]

    def is_mailed() -> bool:
        for _ in range(5):
            current_app.send_task("surveys.outbox.tasks.drain")
            current_app.send_task("surveys.alerts.tasks.mail")
        waiting = Notification.objects.filter(mailing=Mailing.WAITING, is_for_digest=False)
        return not Event.objects.filter(handled_at=None).exists() and not waiting.exists()

    wait_until(is_mailed, seconds=60, what="all mails")

    assert all(worker.is_running() for worker in workers)
    people = len(colleagues) + 2  # Bob, and Alice
    assert Notification.objects.count() == 8 * people
    mailed = Notification.objects.filter(mailing=Mailing.MAILED)
    assert mailed.count() == 8 * (people - 1)
    told = {
        (delivery.to_address, line)
        for delivery in Delivery.objects.filter(kind=Kind.ALERT)
        for line in _names(delivery)
    }
    lines = [line for delivery in Delivery.objects.filter(kind=Kind.ALERT) for line in _names(delivery)]
    assert len(lines) == len(told) == 8 * (people - 1)


def _names(delivery: Delivery) -> list[str]:
    return re.findall(r"Ada\d answered", (delivery.content or {})["text"])


def test_a_mail_that_cannot_be_made_keeps_nobody_elses_from_leaving(office: World) -> None:
    """Bob's choice is broken in the database; Erin gets hers, and Bob's is tried again."""
    erin = factories.member(office.alice.organization, factories.user("erin@example.com"), Role.AGENT)
    office.answers(office.customer("Ada"), 3)
    choose(office, quiet_days=["monday"], how={Matter.RESPONSE: "carrier pigeon"}, quiet_from=None, segments=None or [])
    Notification.objects.filter(user=office.bob.membership.user).update(matter="unheard")

    assert office.mails(office.now + MINUTE) == [erin.user.email]
    assert office.told(office.bob)[0].mailing == Mailing.WAITING
    assert mailing.mail_due(at=office.now + 2 * MINUTE) == 0, "later"
