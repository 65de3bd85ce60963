"""Who has not answered is reminded: in time, in the thread of the first mail, and never once there is a reason not to."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from nps_app.local.process import Child
from surveys.campaigns.actions import versions
from surveys.campaigns.models import Campaign, Status
from surveys.customers.models import Customer
from surveys.delivery import actions, letters
from surveys.delivery.actions import joining, reminding
from surveys.delivery.models import Delivery, Invitation, Kind, Queue, State
from surveys.outbox import actions as outbox
from surveys.outbox.nudges import nudge
from surveys.responses.models import Verdict
from tests import factories
from tests.delivery.world import live_campaign
from tests.helpers.smtp import SmtpSink
from tests.helpers.waiting import wait_until
from tests.people import Person

SENT = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)


def asked(of: Campaign, person: Customer, **fields: Any) -> Invitation:
    """Somebody whose ask was sent, as sending leaves it."""
    invitation = factories.invitation(of, person, sent_at=SENT, **fields)
    ask = Delivery.objects.create(
        organization=of.organization,
        campaign=of,
        invitation=invitation,
        customer=person,
        kind=Kind.ASK,
        queue=Queue.BULK,
        state=State.SENT,
        to_address=person.email or "",
        due_at=SENT,
        created_at=SENT,
        sent_at=SENT,
    )
    Delivery.objects.filter(pk=ask.pk).update(message_id=letters.message_id(ask.pk))
    reminding.expect([invitation.pk])
    return invitation


@pytest.fixture
def ada(alice: Person) -> Customer:
    return factories.customer(alice.organization, "ada@example.com", name="Ada")


@pytest.fixture
def pulse(alice: Person) -> Campaign:
    return live_campaign(alice.organization, reminders=2, reminder_days=5)


def go(at: datetime) -> list[str]:
    """What a planner and a sender do at this moment: the kinds of the messages that would go over the wire."""
    while actions.remind(at=at).considered:
        pass
    claim = actions.claim(queue=Queue.BULK, limit=100, at=at)
    sent = Delivery.objects.filter(lease_owner=claim.owner)
    sent.update(state=State.SENT, sent_at=at, lease_owner="", lease_until=None)
    return [message.kind for message in claim.messages]


def moment(of: Invitation) -> datetime | None:
    of.refresh_from_db()
    return of.remind_at


@pytest.mark.django_db
def test_reminders_go_so_many_days_apart_and_then_no_more(pulse: Campaign, ada: Customer) -> None:
    invitation = asked(pulse, ada, variant="B")
    assert moment(invitation) == SENT + 5 * DAY
    assert go(SENT + 5 * DAY - timedelta(seconds=1)) == []
    assert go(SENT + 5 * DAY) == ["reminder-1"]
    assert go(SENT + 5 * DAY + timedelta(hours=3)) == []
    assert go(SENT + 10 * DAY) == ["reminder-2"]
    assert moment(invitation) is None
    assert go(SENT + 30 * DAY) == []
    ada.refresh_from_db()
    assert (ada.last_asked_at, ada.asked_count) == (None, 0)


@pytest.mark.django_db
def test_a_reminder_speaks_as_the_ask_did_to_whom_the_customer_is_now(pulse: Campaign, ada: Customer) -> None:
    invitation = asked(pulse, ada, variant="B")
    Campaign.objects.filter(pk=pulse.pk).update(version=2)
    pulse.refresh_from_db()
    factories.wording(pulse, subject="Another version")
    Customer.objects.filter(pk=ada.pk).update(email="ada@new.example", language="de")
    actions.remind(at=SENT + 5 * DAY)
    (message,) = actions.claim(queue=Queue.BULK, limit=10, at=SENT + 5 * DAY).messages
    assert (message.version, message.language, message.variant) == (1, "en", "B")
    assert message.to_address == "ada@new.example"
    assert message.asked == invitation.deliveries.get(kind=Kind.ASK).message_id != message.message_id


REASONS: dict[str, tuple[str, dict[str, Any]]] = {
    "answered": ("invitation", {"answered_at": SENT}),
    "unsubscribed": ("invitation", {"unsubscribed_at": SENT}),
    "bounced": ("invitation", {"bounced_at": SENT}),
    "suppressed": ("customer", {"suppression": "complained"}),
    "without an address": ("customer", {"email": None}),
    "cancelled": ("campaign", {"status": Status.ENDED}),
    "over": ("campaign", {"ends_at": SENT + 4 * DAY}),
    "fewer reminders": ("campaign", {"reminders": 0}),
    "closed": ("campaign", {"answer_window_days": 4}),
}
MODELS: dict[str, Any] = {"invitation": Invitation, "customer": Customer, "campaign": Campaign}


@pytest.mark.django_db
@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("is_made", [False, True])
def test_nobody_is_reminded_after_a_reason_to_stop(pulse: Campaign, ada: Customer, reason: str, is_made: bool) -> None:
    """Neither when it would be made, nor when it was made already and is claimed."""
    invitation = asked(pulse, ada)
    if is_made:
        actions.remind(at=SENT + 5 * DAY)
    of, fields = REASONS[reason]
    MODELS[of].objects.all().update(**fields)
    assert go(SENT + 5 * DAY) == []
    assert go(SENT + 6 * DAY) == []
    if of != "campaign":
        MODELS[of].objects.all().update(**dict.fromkeys(fields) | ({"suppression": ""} if of == "customer" else {}))
        Customer.objects.all().update(email="ada@example.com")
        assert go(SENT + 7 * DAY) == []
    actions.cancel_ended(at=SENT + 7 * DAY)
    assert not Delivery.objects.filter(state=State.DUE).exists() or reason == "over"
    assert moment(invitation) is None or reason in ("cancelled", "over")


@pytest.mark.django_db
def test_a_click_that_may_be_a_robots_is_waited_for(pulse: Campaign, ada: Customer) -> None:
    invitation = asked(pulse, ada)
    click = factories.response(invitation, 9, verdict=Verdict.PROVISIONAL)
    assert go(SENT + 5 * DAY) == []
    click.verdict = Verdict.QUARANTINED
    click.save()
    assert go(SENT + 5 * DAY + timedelta(hours=1)) == ["reminder-1"]


@pytest.mark.django_db
def test_reminders_keep_to_the_hours_and_days_of_the_customer(alice: Person) -> None:
    pulse = live_campaign(
        alice.organization, reminders=1, reminder_days=5, send_from=time(10), send_until=time(16), send_days=0b0011111
    )
    ada = factories.customer(alice.organization, "ada@example.com", time_zone="Asia/Tokyo")
    invitation = asked(pulse, ada)
    monday = datetime(2026, 3, 9, 1, tzinfo=UTC)  # the first work day after Saturday; ten o'clock in Tokyo
    assert moment(invitation) == monday
    actions.remind(at=monday)
    assert go(monday + timedelta(hours=6)) == []
    assert go(monday + timedelta(hours=23, minutes=59)) == []
    assert go(monday + DAY) == ["reminder-1"]


@pytest.mark.django_db
def test_what_a_pause_held_back_comes_later_and_never_two_at_once(pulse: Campaign, ada: Customer) -> None:
    asked(pulse, ada)
    Campaign.objects.update(status=Status.PAUSED)
    assert go(SENT + 10 * DAY) == []
    Campaign.objects.update(status=Status.LIVE)
    assert go(SENT + 11 * DAY) == ["reminder-1"]
    assert go(SENT + 16 * DAY - timedelta(seconds=1)) == []
    assert go(SENT + 16 * DAY) == ["reminder-2"]


@pytest.mark.django_db
def test_one_that_was_made_before_a_pause_keeps_its_distance_to_the_next(pulse: Campaign, ada: Customer) -> None:
    asked(pulse, ada)
    actions.remind(at=SENT + 5 * DAY)
    Campaign.objects.update(status=Status.PAUSED)
    assert go(SENT + 9 * DAY) == []
    Campaign.objects.update(status=Status.LIVE)
    assert go(SENT + 11 * DAY) == ["reminder-1"]
    assert go(SENT + 12 * DAY) == []
    assert go(SENT + 16 * DAY - timedelta(seconds=1)) == []
    assert go(SENT + 16 * DAY) == ["reminder-2"]


@pytest.mark.django_db
def test_two_that_are_due_at_once_do_not_go_at_once(pulse: Campaign, ada: Customer) -> None:
    invitation = asked(pulse, ada)
    actions.remind(at=SENT + 5 * DAY)
    first = invitation.deliveries.get(kind=Kind.REMINDER_1)
    fields = {"organization": pulse.organization, "campaign": pulse, "invitation": invitation, "customer": ada}
    Delivery.objects.create(
        **fields, kind=Kind.REMINDER_2, queue=Queue.BULK, due_at=first.due_at, created_at=first.created_at
    )
    assert go(SENT + 5 * DAY) == ["reminder-1"]
    assert go(SENT + 6 * DAY - timedelta(seconds=1)) == []
    assert go(SENT + 6 * DAY) == ["reminder-2"]


@pytest.mark.django_db
def test_one_that_lay_due_over_a_long_pause_is_left_out(pulse: Campaign, ada: Customer) -> None:
    invitation = asked(pulse, ada)
    actions.remind(at=SENT + 5 * DAY)
    Campaign.objects.update(status=Status.PAUSED)
    Campaign.objects.update(status=Status.LIVE)
    assert go(SENT + 5 * DAY + timedelta(days=pulse.late_days, seconds=1)) == []
    stopped = invitation.deliveries.get(kind=Kind.REMINDER_1)
    assert stopped.state == State.CANCELLED
    assert stopped.reason == str(reminding.Stop.LATE.label)
    assert moment(invitation) is None


@pytest.mark.django_db
@pytest.mark.parametrize("is_made", [False, True])
def test_who_has_answered_by_the_campaigns_link_is_not_reminded(pulse: Campaign, ada: Customer, is_made: bool) -> None:
    asked(pulse, ada)
    if is_made:
        actions.remind(at=SENT + 5 * DAY)
    link = factories.invitation(pulse, ada, occasion="link:1", channel="link")
    Invitation.objects.filter(pk=link.pk).update(answered_at=SENT + DAY)
    assert go(SENT + 5 * DAY) == []


@pytest.mark.django_db
@pytest.mark.parametrize(("answers", "expected"), [([], ["reminder-1"]), (["ada"], []), (["twin"], [])])
@pytest.mark.parametrize("is_made", [False, True])
def test_a_person_who_was_two_is_reminded_once_or_not_at_all(
    pulse: Campaign, ada: Customer, answers: list[str], expected: list[str], is_made: bool
) -> None:
    twin = factories.customer(pulse.organization, "twin@example.com")
    asks = {"ada": asked(pulse, ada), "twin": asked(pulse, twin)}
    if is_made:
        actions.remind(at=SENT + 5 * DAY)
    for name in answers:
        Invitation.objects.filter(pk=asks[name].pk).update(answered_at=SENT + DAY)
    joining.join(organization_id=pulse.organization_id, survivor=ada.pk, gone=twin.pk, at=SENT + 5 * DAY)
    assert go(SENT + 5 * DAY) == expected


@pytest.mark.django_db
def test_after_a_long_pause_nobody_is_reminded_of_what_they_have_forgotten(pulse: Campaign, ada: Customer) -> None:
    invitation = asked(pulse, ada)
    Campaign.objects.update(status=Status.PAUSED)
    Campaign.objects.update(status=Status.LIVE)
    assert go(SENT + 5 * DAY + timedelta(days=pulse.late_days, seconds=1)) == []
    assert moment(invitation) is None


@pytest.mark.django_db
@pytest.mark.parametrize(("reminders", "days", "expected"), [(3, 5, 10), (1, 5, None), (2, 8, 16), (0, 5, None)])
def test_a_live_campaign_may_change_how_often_it_reminds(
    alice: Person, pulse: Campaign, ada: Customer, reminders: int, days: int, expected: int | None
) -> None:
    invitation = asked(pulse, ada)
    assert go(SENT + 5 * DAY) == ["reminder-1"]
    at = SENT + 7 * DAY
    with versions.edited(campaign=pulse, by=alice.membership, at=at) as edit:
        edit.rules = type(edit.rules)(**vars(edit.rules) | {"reminders": reminders, "reminder_days": days})
    outbox.drain(at=at)
    assert moment(invitation) == (SENT + expected * DAY if expected else None)


@pytest.mark.django_db
def test_reminders_that_are_added_later_reach_those_who_were_asked_lately(
    alice: Person, pulse: Campaign, ada: Customer
) -> None:
    Campaign.objects.update(reminders=0)
    invitation = asked(pulse, ada)
    assert moment(invitation) is None
    Campaign.objects.update(reminders=1)
    assert reminding.replan(campaign=pulse, at=SENT + 13 * DAY) == 0  # it would be more than a week late
    assert reminding.replan(campaign=pulse, at=SENT + 8 * DAY) == 1
    assert go(SENT + 8 * DAY) == ["reminder-1"]


@pytest.mark.django_db(transaction=True)
def test_a_reminder_arrives_in_the_thread_of_its_ask(
    alice: Person, celery_worker_process: Callable[..., Child], smtp_sink: SmtpSink
) -> None:
    ada, bea = (factories.customer(alice.organization, f"{name}@example.com", name=name) for name in ("ada", "bea"))
    pulse = live_campaign(alice.organization, reminders=1, reminder_days=5)
    pulse.wordings.update(reminders=[{"subject": "", "intro": "A gentle reminder."}])
    celery_worker_process()
    nudge("surveys.delivery.tasks.plan_due")
    wait_until(lambda: Invitation.objects.filter(remind_at__isnull=False).count() == 2)
    first = smtp_sink.to("ada@example.com")[0].message
    Invitation.objects.filter(customer=bea).update(answered_at=timezone.now())
    Invitation.objects.update(remind_at=timezone.now())
    nudge("surveys.delivery.tasks.plan_due")

    smtp_sink.wait_for(3)
    wait_until(lambda: not Invitation.objects.filter(remind_at__isnull=False).exists())

    received = smtp_sink.received[-1]
    reminder = received.message
    assert received.recipient == ada.email
    assert reminder["In-Reply-To"].strip() == first["Message-ID"] != reminder["Message-ID"]
    assert reminder["References"] == reminder["In-Reply-To"]
    assert reminder["Subject"] == f"Re: {first['Subject']}"
    assert ":reminder-1:" in reminder["Feedback-ID"]
    assert received.text.startswith("A gentle reminder.")
