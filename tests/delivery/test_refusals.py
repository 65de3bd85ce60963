"""What mail servers say, and what becomes of the message, the address and the campaign."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from surveys.campaigns.models import Campaign, Status
from surveys.customers import suppression_memory
from surveys.customers.models import Customer
from surveys.delivery import actions, keeping, queries, replies, sending
from surveys.delivery.models import Delivery, Queue, State
from surveys.delivery.replies import Stage, Verdict
from tests import factories
from tests.delivery.world import live_campaign, plan
from tests.helpers.smtp import SmtpSink
from tests.helpers.waiting import wait_until
from tests.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(alice: Person) -> Campaign:
    """Ada, Bea and Cleo are to be asked."""
    for name in ("ada", "bea", "cleo"):
        factories.customer(alice.organization, f"{name}@example.com", name=name.capitalize())
    campaign = live_campaign(alice.organization)
    plan(campaign)
    return campaign


def delivery_to(name: str) -> Delivery:
    return Delivery.objects.get(customer__email=f"{name}@example.com")


def customer(name: str) -> Customer:
    return Customer.objects.get(email=f"{name}@example.com")


def test_try_again_later_is_taken_at_its_word(campaign: Campaign, smtp_sink: SmtpSink) -> None:
    smtp_sink.answer("451 4.7.1 Greylisted", to="bea@example.com")

    sending.send_due(Queue.BULK)

    bea = delivery_to("bea")
    assert smtp_sink.recipients() == ["ada@example.com", "cleo@example.com"]
    assert (bea.state, bea.attempts) == (State.DUE, 1)
    assert "Greylisted" in bea.last_error
    assert timedelta(seconds=45) < bea.due_at - timezone.now() < timedelta(seconds=75)
    smtp_sink.accept()
    Delivery.objects.filter(pk=bea.pk).update(due_at=timezone.now())
    sending.send_due(Queue.BULK)
    assert smtp_sink.recipients()[-1] == "bea@example.com"
    assert customer("bea").asked_count == 1


def test_after_the_last_try_it_fails_and_the_person_may_be_asked_again(
    campaign: Campaign, smtp_sink: SmtpSink, settings: pytest.FixtureRequest
) -> None:
    settings.RETRY_SECONDS = [0]  # type: ignore[attr-defined]
    smtp_sink.answer("452 4.3.1 Disk full", to="bea@example.com")

    sending.send_due(Queue.BULK)
    sending.send_due(Queue.BULK)

    bea = delivery_to("bea")
    assert (bea.state, bea.attempts) == (State.FAILED, 2)
    assert (customer("bea").asked_count, customer("bea").last_asked_at) == (0, None)
    assert queries.campaign_progress(campaign).failed == 1


def test_an_address_that_takes_no_mail_is_never_tried_again(campaign: Campaign, smtp_sink: SmtpSink) -> None:
    smtp_sink.answer("550 5.1.1 No such user", to="bea@example.com")

    sending.send_due(Queue.BULK)

    assert smtp_sink.recipients() == ["ada@example.com", "cleo@example.com"]
    assert delivery_to("bea").state == State.FAILED
    assert customer("bea").suppression == "bounced"
    assert (customer("bea").asked_count, customer("bea").last_asked_at) == (0, None)


@pytest.mark.django_db(transaction=True)
def test_a_dead_address_waits_for_an_import_without_holding_what_that_needs(campaign: Campaign) -> None:
    """An import has begun a slice and goes on to Bea, whose address a mail server has just refused."""
    claim = actions.claim(queue=Queue.BULK, limit=3, at=timezone.now())
    bea = next(message for message in claim.messages if message.to_address == "bea@example.com")
    actions.end_and_mark([], [bea.delivery], owner=claim.owner, at=timezone.now())
    refusal = threading.Thread(target=_fail_address, args=[bea.delivery])

    with transaction.atomic():
        suppression_memory.hold_still(campaign.organization_id)
        refusal.start()
        wait_until(_somebody_waits_for_the_memory, what="the refusal's turn")
        Customer.objects.select_for_update(nowait=True).get(email="bea@example.com")
    refusal.join()

    assert customer("bea").suppression == "bounced"
    assert delivery_to("bea").state == State.FAILED


def _fail_address(delivery: int) -> None:
    actions.fail_address(delivery, route="", reason="", error="550 5.1.1 No such user", at=timezone.now())
    connection.close()


def _somebody_waits_for_the_memory() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("pipelines", [True, False])
def test_an_address_refused_before_the_message_does_not_disturb_the_next(
    campaign: Campaign, smtp_sink: SmtpSink, pipelines: bool
) -> None:
    smtp_sink.pipelines = pipelines
    smtp_sink.refuse_recipient("bea@example.com")

    sending.send_due(Queue.BULK)

    assert smtp_sink.recipients() == ["ada@example.com", "cleo@example.com"]
    assert [entry.text.split(",")[0] for entry in smtp_sink.received] == ["Hello Ada", "Hello Cleo"]
    assert customer("bea").suppression == "bounced"


def test_one_message_that_is_refused_does_not_keep_the_rest(campaign: Campaign, smtp_sink: SmtpSink) -> None:
    smtp_sink.answer("554 5.6.0 I do not like this one", to="ada@example.com")

    sending.send_due(Queue.BULK)

    assert smtp_sink.recipients() == ["bea@example.com", "cleo@example.com"]
    assert delivery_to("ada").state == State.FAILED
    assert customer("ada").suppression == ""


def test_a_server_that_refuses_the_sender_pauses_the_campaign_and_leaves_nobody_out(
    campaign: Campaign, smtp_sink: SmtpSink
) -> None:
    factories.customer(campaign.organization, "dora@example.com")
    smtp_sink.answer("550 5.7.1 Your domain is on a list")

    sending.send_due(Queue.BULK)

    campaign.refresh_from_db()
    assert campaign.status == Status.PAUSED
    assert "Your domain is on a list" in campaign.status_reason
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DUE}
    assert smtp_sink.offered == sending.REFUSALS_IN_A_ROW


def test_what_is_refused_of_one_campaign_is_not_held_against_another(
    alice: Person, charlie: Person, smtp_sink: SmtpSink
) -> None:
    """Two organizations in one batch, and two mails of each are not wanted."""
    for of in (alice, charlie):
        for name in ("ada", "bea"):
            factories.customer(of.organization, f"{name}@{of.organization.slug}.example")
        plan(live_campaign(of.organization))
    smtp_sink.answer("554 5.7.1 I do not want this")

    sending.send_due(Queue.BULK)

    assert smtp_sink.offered == 4 > sending.REFUSALS_IN_A_ROW
    assert set(Campaign.objects.values_list("status", flat=True)) == {Status.LIVE}


def test_a_connection_lost_after_the_message_leaves_it_uncertain(
    alice: Person, campaign: Campaign, smtp_sink: SmtpSink
) -> None:
    """The server may have it: it is listed first, and sent again only after the grace time, as the same message."""
    smtp_sink.drop()
    sending.send_due(Queue.BULK)
    smtp_sink.accept()

    doubted = queries.uncertain(alice.organization)
    page = alice.get(alice.url("delivery:uncertain"))
    actions.send_doubtful_again(at=timezone.now())
    assert sending.send_due(Queue.BULK) is False
    actions.send_doubtful_again(at=timezone.now() + timedelta(hours=1))
    Delivery.objects.update(due_at=timezone.now() - timedelta(seconds=10))
    sending.send_due(Queue.BULK)

    assert len(doubted) == 3
    assert b"ada@example.com" in page.content
    for name in ("ada", "bea", "cleo"):
        copies = smtp_sink.to(f"{name}@example.com")
        assert len(copies) == 2
        assert len({copy.message_id for copy in copies}) == 1
    assert queries.campaign_progress(campaign).sent == 3


def test_a_server_that_cannot_be_reached_changes_no_row(campaign: Campaign, settings: pytest.FixtureRequest) -> None:
    settings.EMAIL_PORT = 9  # type: ignore[attr-defined]
    keeping.hang_up()
    before = list(Delivery.objects.order_by("pk").values())

    assert sending.send_due(Queue.BULK) is False

    assert list(Delivery.objects.order_by("pk").values()) == before
    assert customer("ada").asked_count == 0


@pytest.mark.parametrize(
    ("stage", "code", "text", "verdict"),
    [
        (Stage.SENDER, 550, "5.1.8 bad sender", Verdict.SENDER),
        (Stage.SENDER, 451, "4.3.0 later", Verdict.TEMPORARY),
        (Stage.RECIPIENT, 530, "5.7.0 Authentication required", Verdict.SENDER),
        (Stage.RECIPIENT, 550, "no such user", Verdict.ADDRESS),
        (Stage.RECIPIENT, 550, "5.1.1 no such user", Verdict.ADDRESS),
        (Stage.RECIPIENT, 554, "5.7.1 relay access denied", Verdict.POLICY),
        (Stage.RECIPIENT, 450, "4.2.0 greylisted", Verdict.TEMPORARY),
        (Stage.CONTENT, 552, "5.3.4 too big", Verdict.UNSENDABLE),
        (Stage.CONTENT, 554, "rejected", Verdict.UNSENDABLE),
        (Stage.CONTENT, 554, "Message refused, your host [5.2.80.4] is listed at an rbl", Verdict.POLICY),
        (Stage.RECIPIENT, 554, "Client host [203.0.113.9] blocked using a blocklist", Verdict.POLICY),
        (Stage.RECIPIENT, 550, "Too many messages from 4.1.22.3, slow down", Verdict.POLICY),
        (Stage.RECIPIENT, 550, "4.1.1 no such user", Verdict.ADDRESS),
        (Stage.CONTENT, 550, "5.1.1 no such user", Verdict.ADDRESS),
        (Stage.CONTENT, 421, "closing", Verdict.TEMPORARY),
        (Stage.CONTENT, 250, "2.0.0 ok", Verdict.ACCEPTED),
    ],
)
def test_replies_are_classed(stage: Stage, code: int, text: str, verdict: Verdict) -> None:
    assert replies.classify(stage, code, text).verdict is verdict


def test_waits_grow_spread_and_end() -> None:
    waits = [60, 300]

    assert all(
        timedelta(seconds=48) <= (replies.wait(waits, 1) or timedelta()) <= timedelta(seconds=72) for _ in "." * 50
    )
    assert (replies.wait(waits, 1, retry_after=900) or timedelta()) == timedelta(seconds=900)
    assert replies.wait(waits, 3) is None
