"""From a live campaign to mails at a real SMTP server: who gets one, what stands in it, and what is written down."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from nps_app.local.process import Child
from surveys.campaigns import actions as campaigns
from surveys.campaigns.models import Status
from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.customers.models import Customer
from surveys.delivery import actions, letters, queries, sending
from surveys.delivery.models import Delivery, Invitation, PlanDecision, Queue, Reason, State
from surveys.outbox.models import Event
from surveys.outbox.nudges import nudge
from tests import factories
from tests.delivery.world import crowd, live_campaign, plan
from tests.helpers.smtp import SmtpSink
from tests.helpers.waiting import wait_until
from tests.people import Person

pytestmark = pytest.mark.django_db


def test_everyone_who_may_be_asked_gets_one_mail_and_everyone_else_a_reason(alice: Person, smtp_sink: SmtpSink) -> None:
    ada = factories.customer(alice.organization, "ada@example.com")
    grace = factories.customer(alice.organization, "grace@example.com")
    others = {
        factories.customer(alice.organization, None): Reason.NO_ADDRESS,
        factories.customer(alice.organization, "bye@example.com", suppression="unsubscribed"): Reason.UNSUBSCRIBED,
        factories.customer(
            alice.organization, "asked@example.com", last_asked_at=timezone.now() - timedelta(days=3)
        ): Reason.THROTTLED,
    }
    campaign = live_campaign(alice.organization)
    forecast = queries.preflight(alice.organization, campaign, at=timezone.now())

    assert plan(campaign) == 2
    assert plan(campaign) == 0
    sending.send_due(Queue.BULK)
    sending.send_due(Queue.BULK)

    assert sorted(smtp_sink.recipients()) == ["ada@example.com", "grace@example.com"]
    assert {decision.customer: decision.reason for decision in PlanDecision.objects.all()} == {
        ada: Reason.INVITED,
        grace: Reason.INVITED,
        **others,
    }
    assert forecast.reasons == {Reason.INVITED: 2} | dict.fromkeys(others.values(), 1)


def test_planning_in_slices_says_the_same_as_planning_at_once(alice: Person) -> None:
    crowd(alice.organization, 25)
    factories.customer(alice.organization, suppression="unsubscribed")
    campaign = live_campaign(alice.organization)

    sizes = [actions.plan(campaign=campaign, at=timezone.now(), limit=10).considered for _ in range(4)]

    campaign.refresh_from_db()
    assert sizes == [10, 10, 6, 0]
    assert (campaign.audience_size, Invitation.objects.count(), Delivery.objects.count()) == (25, 25, 25)


def test_progress_knows_its_end_before_planning_does(alice: Person) -> None:
    crowd(alice.organization, 25)
    factories.customer(alice.organization, last_asked_at=timezone.now(), asked_count=1)
    campaign = live_campaign(alice.organization)
    totals = []
    for _ in range(3):
        actions.plan(campaign=campaign, at=timezone.now(), limit=10)
        campaign.refresh_from_db()
        found = queries.campaign_progress(campaign)
        totals.append((found.total, found.is_planned))

    assert totals == [(25, False), (25, False), (25, True)]


def test_the_mail_has_what_mailboxes_ask_of_bulk_senders(alice: Person, smtp_sink: SmtpSink) -> None:
    factories.customer(alice.organization, "jorg@example.com", name="Jörg Müller")
    plan(live_campaign(alice.organization))

    sending.send_due(Queue.BULK)

    mail = smtp_sink.wait_for(1)[0]
    invitation = Invitation.objects.get()
    unsubscribe = f"http://testserver/u/{tokens.make(Purpose.UNSUBSCRIBE, invitation.pk)}/"
    assert mail.message["Subject"] == "How are we doing, Jörg?"
    assert re.sub(r"\s", "", mail.message["List-Unsubscribe"]) == f"<{unsubscribe}>", (
        "nobody reads what would be mailed"
    )
    preferences = f"http://testserver/p/{tokens.make(Purpose.PREFERENCES, invitation.pk)}/"
    assert preferences in mail.text
    assert preferences in mail.html
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message["X-Auto-Response-Suppress"]
    assert mail.message["List-Id"]
    assert mail.message["Feedback-ID"].count(":") == 3
    assert letters.delivery_of(mail.message_id) == Delivery.objects.get().pk
    assert len(mail.raw) < 100_000
    assert max(len(line) for line in mail.raw.split(b"\r\n")) <= 998


def test_both_parts_of_the_mail_carry_eleven_answers_and_a_way_out(alice: Person, smtp_sink: SmtpSink) -> None:
    factories.customer(alice.organization, "ada@example.com", name="Ada <b>Okafor</b>")
    plan(live_campaign(alice.organization))

    sending.send_due(Queue.BULK)

    mail = smtp_sink.wait_for(1)[0]
    invitation = Invitation.objects.get()
    answer = f"http://testserver/r/{tokens.make(Purpose.ANSWER, invitation.pk)}/"
    unsubscribe = f"http://testserver/u/{tokens.make(Purpose.UNSUBSCRIBE, invitation.pk)}/"
    for part in (mail.text, mail.html):
        assert [int(score) for score in re.findall(re.escape(answer) + r"(\d+)/", part)] == list(range(11))
        assert unsubscribe in part
        assert "Hello Ada," in part
    assert re.findall(r'aria-label="(\d.*?)"', mail.html)[:2] == ["0 out of 10, Not at all likely", "1 out of 10"]
    assert "http://" not in mail.html.replace("http://testserver/", "").replace("http://www.w3.org/1999/xhtml", "")


def test_the_invitation_keeps_what_the_person_was_like(alice: Person, smtp_sink: SmtpSink) -> None:
    organization = alice.organization
    organization.time_zone = "Pacific/Auckland"
    organization.save()
    pro = factories.property_set(organization, plan="Pro")
    ada = factories.customer(organization, "ada@example.com", properties={"plan": "Pro"}, property_set=pro)
    campaign = live_campaign(organization)
    plan(campaign)

    sending.send_due(Queue.BULK)
    Customer.objects.filter(pk=ada.pk).update(properties={"plan": "Free"}, property_set=None)

    invitation = Invitation.objects.get()
    assert (invitation.properties, invitation.property_set, invitation.language) == ({"plan": "Pro"}, pro, "en")
    assert invitation.sent_at is not None
    assert invitation.sent_day == (invitation.sent_at + timedelta(hours=13)).date()
    told = Event.objects.get(kind="invitations.sent")
    assert (told.object_id, told.payload) == (campaign.pk, {"invitations": [invitation.pk]})
    ada.refresh_from_db()
    assert (ada.last_asked_at, ada.asked_count) == (invitation.claimed_at, 1)


def test_what_a_dead_sender_did_not_tell_is_told_once(alice: Person, smtp_sink: SmtpSink) -> None:
    factories.customer(alice.organization, "ada@example.com")
    plan(live_campaign(alice.organization))
    claim = actions.claim(queue=Queue.BULK, limit=10, at=timezone.now())
    sent = actions.Ending(claim.messages[0].delivery, State.SENT, timezone.now())
    actions.end_and_mark([], [sent.delivery], owner=claim.owner, at=timezone.now())
    actions.end_and_mark([sent], [], owner=claim.owner, at=timezone.now())

    told = [actions.tell_untold(at=timezone.now() + timedelta(hours=hour)) for hour in (0, 1, 2)]

    assert told == [0, 1, 0]
    assert Event.objects.filter(kind="invitations.sent").count() == 1
    assert Invitation.objects.get().sent_at == sent.at


def test_it_does_not_end_before_those_who_remind_were_told_what_was_sent(alice: Person) -> None:
    """A sender is killed after its messages are finalised, and a planner looks whether all is done."""
    factories.customer(alice.organization, "ada@example.com")
    campaign = live_campaign(alice.organization, reminders=1, reminder_days=5)
    plan(campaign)
    claim = actions.claim(queue=Queue.BULK, limit=10, at=timezone.now())
    sent = actions.Ending(claim.messages[0].delivery, State.SENT, timezone.now())
    actions.end_and_mark([], [sent.delivery], owner=claim.owner, at=timezone.now())
    actions.end_and_mark([sent], [], owner=claim.owner, at=timezone.now())

    assert actions.finish_done(at=timezone.now()) == 0

    actions.tell_untold(at=timezone.now() + timedelta(hours=1))
    assert actions.finish_done(at=timezone.now()) == 0
    assert actions.remind(at=timezone.now() + timedelta(days=5)).made == 1


def test_the_campaign_ends_by_itself_once_nobody_is_left_to_ask(alice: Person, smtp_sink: SmtpSink) -> None:
    factories.customer(alice.organization, "ada@example.com")
    asked = datetime(2026, 1, 1, tzinfo=UTC)
    factories.customer(alice.organization, "late@example.com", last_asked_at=asked)
    campaign = live_campaign(alice.organization)
    at = asked + timedelta(days=30)
    actions.plan(campaign=campaign, at=at)
    sending.send_due(Queue.BULK)
    assert actions.finish_done(at=at) == 0, "somebody is deferred"

    free = asked + timedelta(days=90)
    assert queries.to_plan(at=free - timedelta(seconds=1)).count() == 0
    assert queries.to_plan(at=free).get() == campaign
    actions.plan(campaign=campaign, at=free)
    sending.send_due(Queue.BULK)

    assert smtp_sink.recipients() == ["ada@example.com", "late@example.com"]
    assert actions.finish_done(at=free) == 1
    campaign.refresh_from_db()
    assert campaign.status == Status.ENDED


def test_who_left_the_audience_meanwhile_is_not_asked_when_free(alice: Person, smtp_sink: SmtpSink) -> None:
    asked = datetime(2026, 1, 1, tzinfo=UTC)
    for name in ("ada", "bea"):
        spoken = {"language": "de", "last_asked_at": asked}
        factories.customer(alice.organization, f"{name}@example.com", **spoken)
    german = {"all": [{"field": "language", "op": "one_of", "value": ["de"]}]}
    campaign = live_campaign(alice.organization, audience=german)
    actions.plan(campaign=campaign, at=asked + timedelta(days=30))
    assert queries.campaign_progress(campaign).deferred == 2

    Customer.objects.filter(email="bea@example.com").update(language="fr")
    free = asked + timedelta(days=90)
    while actions.plan(campaign=campaign, at=free).considered:
        pass
    sending.send_due(Queue.BULK)

    assert smtp_sink.recipients() == ["ada@example.com"]
    bea = PlanDecision.objects.get(customer__email="bea@example.com")
    assert (bea.reason, bea.until) == (Reason.LEFT, None)
    assert actions.finish_done(at=free) == 1, "nobody is waited for"


def test_organizations_share_a_batch(alice: Person, charlie: Person) -> None:
    for person, count in ((alice, 50), (charlie, 5)):
        crowd(person.organization, count)
        plan(live_campaign(person.organization))

    claim = actions.claim(queue=Queue.BULK, limit=20, at=timezone.now())

    assert Counter(message.organization for message in claim.messages) == {
        alice.organization.pk: 10,
        charlie.organization.pk: 5,
    }


# ── Pause, cancel ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_pause_stops_in_the_middle_of_a_batch_and_resume_goes_on(alice: Person, smtp_sink: SmtpSink) -> None:
    addresses = crowd(alice.organization, 20)
    campaign = live_campaign(alice.organization)
    plan(campaign)
    claim = actions.claim(queue=Queue.BULK, limit=20, at=timezone.now())
    first, second = claim.messages[:2]
    assert actions.end_and_mark([], [first.delivery], owner=claim.owner, at=timezone.now())
    campaigns.pause(campaign=campaign, by=alice.membership, at=timezone.now())

    sent = actions.Ending(first.delivery, State.SENT, timezone.now())
    assert not actions.end_and_mark([sent], [second.delivery], owner=claim.owner, at=timezone.now())
    actions.release(owner=claim.owner)
    assert not sending.send_due(Queue.BULK)
    campaigns.resume(campaign=campaign, by=alice.membership, at=timezone.now())
    sending.send_due(Queue.BULK)

    assert sorted(smtp_sink.recipients()) == sorted(set(addresses) - {first.to_address})
    assert queries.campaign_progress(campaign).sent == 20


def test_cancelling_gives_back_those_who_were_not_asked(alice: Person, smtp_sink: SmtpSink) -> None:
    crowd(alice.organization, 3)
    campaign = live_campaign(alice.organization)
    plan(campaign)
    claim = actions.claim(queue=Queue.BULK, limit=2, at=timezone.now())
    assert Customer.objects.filter(asked_count=1).count() == 2
    campaigns.cancel(campaign=campaign, by=alice.membership, at=timezone.now())

    actions.release(owner=claim.owner)
    actions.cancel_ended(at=timezone.now())

    assert queries.campaign_progress(campaign).cancelled == 3
    assert Customer.objects.filter(asked_count=0, last_asked_at=None).count() == 3
    assert not sending.send_due(Queue.BULK)
    assert smtp_sink.recipients() == []


# ── Races ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_is_suppressed_between_planning_and_sending_is_left_out(alice: Person, smtp_sink: SmtpSink) -> None:
    ada = factories.customer(alice.organization, "ada@example.com")
    campaign = live_campaign(alice.organization)
    plan(campaign)
    Customer.objects.filter(pk=ada.pk).update(suppression="unsubscribed")

    sending.send_due(Queue.BULK)

    assert smtp_sink.recipients() == []
    assert PlanDecision.objects.get().reason == Reason.UNSUBSCRIBED
    assert not Invitation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_campaigns_racing_ask_a_person_once(
    alice: Person, smtp_sink: SmtpSink, celery_worker_process: Callable[..., Child]
) -> None:
    addresses = crowd(alice.organization, 120)
    for name in ("Onboarding", "After support"):
        plan(live_campaign(alice.organization, name))
    assert Delivery.objects.filter(state=State.DUE).count() == 240

    celery_worker_process(concurrency=2, NPS_CLAIM_BATCH=8)
    for _ in range(2):
        nudge("surveys.delivery.tasks.send_due")
    wait_until(lambda: not Delivery.objects.exclude(state=State.SENT).exists(), what="an end of sending")

    assert sorted(smtp_sink.recipients()) == sorted(addresses)
    reasons = Counter(PlanDecision.objects.values_list("reason", flat=True))
    assert reasons == {Reason.INVITED: 120, Reason.THROTTLED: 120}
    assert not PlanDecision.objects.filter(reason=Reason.THROTTLED, until__isnull=True).exists()
