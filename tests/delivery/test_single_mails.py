"""Sign-up, reset and test mails: rows that a worker sends, so that no page waits for a mail server."""

import re
import time
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from nps_app.local.process import Child
from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.delivery import actions, sending
from surveys.delivery import tasks as sending_tasks
from surveys.delivery.models import Delivery, Kind, Queue, State
from tests import factories
from tests.delivery.world import crowd, live_campaign, plan
from tests.helpers.smtp import SmtpSink
from tests.helpers.waiting import wait_until
from tests.people import Person

pytestmark = pytest.mark.django_db


def test_a_reset_mail_is_a_row_first_and_then_a_mail(alice: Person, smtp_sink: SmtpSink) -> None:
    Client().post("/accounts/password/reset/", {"email": "alice@example.com"})

    row = Delivery.objects.get()
    assert (row.kind, row.queue, row.state, row.organization) == (Kind.SYSTEM, Queue.EMAIL, State.DUE, None)
    assert smtp_sink.recipients() == []
    sending.send_due(Queue.EMAIL)
    mail = smtp_sink.wait_for(1)[0]
    assert mail.recipient == "alice@example.com"
    assert re.search(r"http://testserver/accounts/password/reset/key/\S+", mail.text)


def test_nobody_is_told_whether_an_address_has_an_account(alice: Person, smtp_sink: SmtpSink) -> None:
    Client().post("/accounts/password/reset/", {"email": "stranger@example.com"})

    sending.send_due(Queue.EMAIL)

    assert smtp_sink.recipients() == []


def test_a_test_mail_is_the_ask_and_its_links_belong_to_no_invitation(alice: Person, smtp_sink: SmtpSink) -> None:
    campaign = factories.campaign(alice.organization, "Pulse")

    alice.post(alice.url("delivery:test", pk=campaign.pk))
    sending.send_due(Queue.EMAIL)

    mail = smtp_sink.wait_for(1)[0]
    answer = f"http://testserver/r/test/{tokens.make(Purpose.TEST, campaign.pk)}/"
    assert mail.recipient == "alice@example.com"
    assert mail.message["Subject"].startswith("[Test] How are we doing,")
    for part in (mail.text, mail.html):
        assert [int(score) for score in re.findall(re.escape(answer) + r"(\d+)/", part)] == list(range(11))


def test_single_mails_do_not_wait_behind_a_campaign(alice: Person, smtp_sink: SmtpSink) -> None:
    factories.customer(alice.organization, "ada@example.com")
    plan(live_campaign(alice.organization))
    actions.enqueue_system(to="bob@example.com", subject="Hello", text="Bob", at=timezone.now())

    claim = actions.claim(queue=Queue.EMAIL, limit=10, at=timezone.now())

    assert [message.to_address for message in claim.messages] == ["bob@example.com"]


def test_a_subject_with_a_line_break_fails_alone(smtp_sink: SmtpSink) -> None:
    bad = actions.enqueue_system(to="a@example.com", subject="Hi\nBcc: x@example.com", text="", at=timezone.now())
    actions.enqueue_system(to="b@example.com", subject="Hi", text="", at=timezone.now())

    sending.send_due(Queue.EMAIL)

    bad.refresh_from_db()
    assert (bad.state, smtp_sink.recipients()) == (State.FAILED, ["b@example.com"])


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_hangs_hangs_no_page_and_one_worker_process(
    alice: Person, smtp_sink: SmtpSink, celery_worker_process: Callable[..., Child]
) -> None:
    """It takes the message and does not answer: the page is quick, and the other process goes on with other work."""
    smtp_sink.delay(30)
    celery_worker_process(concurrency=2, EMAIL_TIMEOUT=3)
    campaign = factories.campaign(alice.organization, "Pulse")

    started = time.monotonic()
    alice.post(alice.url("delivery:test", pk=campaign.pk))
    assert time.monotonic() - started < 2
    smtp_sink.wait_for(1)
    smtp_sink.accept()
    alice.post(alice.url("delivery:test", pk=campaign.pk))
    smtp_sink.wait_for(2, timeout=2.5)

    in_doubt = wait_until(lambda: Delivery.objects.filter(state=State.UNCERTAIN).first(), what="the time limit")
    assert in_doubt
    assert "may have arrived" in in_doubt.reason


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_campaign_on_all_workers_makes_room_for_a_mail_that_somebody_waits_for(
    alice: Person, smtp_sink: SmtpSink, celery_worker_process: Callable[..., Child]
) -> None:
    """In the middle of a batch that would last for long."""
    crowd(alice.organization, 400)
    plan(live_campaign(alice.organization))
    smtp_sink.delay(0.05)
    celery_worker_process(concurrency=1)
    sending_tasks.start_senders()
    smtp_sink.wait_for(1)

    alice.post(alice.url("delivery:test", pk=factories.campaign(alice.organization, "Draft").pk))

    wait_until(lambda: smtp_sink.to("alice@example.com"), what="the test mail")
    assert len(smtp_sink.received) < 400
    smtp_sink.accept()
    smtp_sink.wait_for(401)
    assert len(set(smtp_sink.recipients())) == 401
