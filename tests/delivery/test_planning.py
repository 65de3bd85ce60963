"""What planning says before and after: the dry run of each kind of campaign, what ends it, what is kept of it."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from surveys.campaigns.models import Campaign, CampaignVersion, Kind, Priority, Status, Trigger
from surveys.customers.models import Customer, CustomerEvent, Property
from surveys.delivery import actions, queries
from surveys.delivery.models import Delivery, Invitation, PlanDecision, Queue, Reason
from tests import factories
from tests.people import Person

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)  # a Monday
A_DAY = timedelta(days=1)
EVENT = {"kind": Kind.TRIGGERED, "trigger": Trigger.EVENT, "event_kind": "order.delivered"}


def live(alice: Person, name: str = "Pulse", **fields: Any) -> Campaign:
    return factories.campaign(alice.organization, name, Status.LIVE, wave=1, launched_at=NOON, at=NOON, **fields)


def plan(campaign: Campaign, at: datetime = NOON) -> None:
    while actions.plan(campaign=campaign, at=at).considered:
        pass


def people(alice: Person, count: int, **fields: Any) -> list[Customer]:
    return [factories.customer(alice.organization, at=NOON, **fields) for _ in range(count)]


def reasons(campaign: Campaign) -> dict[str, int]:
    return dict(Counter(PlanDecision.objects.filter(campaign=campaign).values_list("reason", flat=True)))


def event(of: Customer, at: datetime = NOON, **data: Any) -> CustomerEvent:
    return CustomerEvent.objects.create(
        organization=of.organization,
        event_id=f"event-{of.pk}-{at}",
        kind="order.delivered",
        customer=of,
        occurred_at=at,
        received_at=at,
        data=data,
    )


# ── Before ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_dry_run_says_of_everybody_what_planning_then_does(alice: Person) -> None:
    """Sample, cap, throttle, exclusions, hours: person by person, page by page."""
    people(alice, 12, time_zone="Asia/Tokyo")
    people(alice, 28)
    people(alice, 5, language="de")
    people(alice, 5, last_asked_at=NOON - A_DAY)
    people(alice, 2, suppression="bounced")
    german = {"all": [{"field": "language", "op": "one_of", "value": ["de"]}]}
    rules: dict[str, Any] = {"sample_share": 6000, "total_cap": 15, "send_from": time(9), "send_until": time(17)}
    campaign = live(alice, exclusions=german, **rules)

    foreseen: list[queries.Foreseen] = []
    while page := queries.forecast(
        alice.organization, campaign, at=NOON, after=foreseen[-1].customer.pk if foreseen else None, limit=20
    ):
        foreseen += page
    counted = queries.preflight(alice.organization, campaign, at=NOON)
    plan(campaign)

    decided = {row.customer_id: (row.reason, row.until) for row in PlanDecision.objects.all()}
    assert {each.customer.pk: (each.reason, each.until) for each in foreseen} == decided
    assert len(foreseen) == 52
    due = dict(Invitation.objects.values_list("customer_id", "due_at"))
    assert {each.customer.pk: each.due_at for each in foreseen if each.due_at} == due
    assert {reason.value: count for reason, count in counted.reasons.items()} == reasons(campaign)
    assert (len(due), sum(count for _day, count in counted.by_day)) == (15, 15)
    assert {moment.hour for moment in due.values() if moment} == {0, 12}, "nine in Tokyo, at once in UTC"


def test_the_dry_run_of_what_recurs_says_when_each_turn_is(alice: Person) -> None:
    people(alice, 30)
    campaign = live(alice, kind=Kind.RECURRING, every_days=10)
    foreseen = {each.customer.pk: each.due_at for each in queries.forecast(alice.organization, campaign, at=NOON)}

    for day in range(10):
        plan(campaign, NOON.replace(hour=0) + day * A_DAY if day else NOON)

    assert dict(Invitation.objects.values_list("customer_id", "due_at")) == foreseen


# ── Triggers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_conditions_on_an_event_that_nobody_understands_pause_its_campaign_and_hold_up_no_other(alice: Person) -> None:
    (ada,) = people(alice, 1)
    lost = live(alice, "Lost", **EVENT, event_conditions={"all": [{"field": "e.total", "op": "at_least", "value": 5}]})
    other = live(alice, "Other", **EVENT)
    told = event(ada, NOON + timedelta(hours=1))

    assert actions.plan_events(at=NOON + timedelta(hours=2)) == 1

    told.refresh_from_db()
    lost.refresh_from_db()
    assert told.planned_at == NOON + timedelta(hours=2)
    assert (lost.status, bool(lost.status_reason)) == (Status.PAUSED, True)
    assert PlanDecision.objects.get().campaign == other


def test_a_date_whose_property_is_gone_pauses_the_campaign(alice: Person) -> None:
    campaign = live(alice, kind=Kind.TRIGGERED, trigger=Trigger.DATE, date_property="trial_end")

    plan(campaign)

    campaign.refresh_from_db()
    assert campaign.status == Status.PAUSED
    assert "trial_end" in campaign.status_reason


def test_a_backlog_is_not_sent_when_it_is_too_late(alice: Person) -> None:
    """A pause of two weeks, for what is asked about within one."""
    (ada,) = people(alice, 1)
    campaign = live(alice, **EVENT, late_days=7)
    event(ada, NOON + timedelta(hours=1))
    actions.plan_events(at=NOON + timedelta(hours=1))
    plan(campaign, NOON + timedelta(hours=1))
    assert Delivery.objects.count() == 1

    claim = actions.claim(queue=Queue.BULK, limit=10, at=NOON + 14 * A_DAY)

    assert (claim.messages, Delivery.objects.count()) == ([], 0)
    assert PlanDecision.objects.get().reason == Reason.TOO_LATE


# ── Several campaigns, companies ─────────────────────────────────────────────────────────────────────────────────────


def test_who_is_outranked_is_looked_at_tomorrow_and_knows_by_whom(alice: Person) -> None:
    people(alice, 3)
    urgent, usual = live(alice, "Urgent", priority=Priority.HIGH), live(alice, "Usual")
    plan(urgent)
    plan(usual)

    decisions = PlanDecision.objects.filter(campaign=usual)

    assert {(row.reason, row.until, row.blocker) for row in decisions} == {(Reason.OUTRANKED, NOON + A_DAY, urgent.pk)}


def test_a_company_that_was_not_asked_after_all_keeps_nobody_waiting(alice: Person) -> None:
    alice.organization.account_property, alice.organization.account_gap_days = "company", 30
    alice.organization.save()
    Property.objects.create(organization=alice.organization, key="company", label="Company", type="text")
    people(alice, 2, properties={"company": "Acme"})
    campaign = live(alice)
    plan(campaign)
    (first,) = actions.claim(queue=Queue.BULK, limit=10, at=NOON).messages
    assert reasons(campaign) == {Reason.INVITED: 1, Reason.COMPANY: 1}

    actions.fail_address(first.delivery, route="", reason="No such mailbox.", error="550", at=NOON)
    plan(campaign, NOON)

    (second,) = actions.claim(queue=Queue.BULK, limit=10, at=NOON).messages
    assert second.customer != first.customer


# ── Variants, ends, and what is kept ─────────────────────────────────────────────────────────────────────────────────


def test_variants_share_people_and_a_second_try_keeps_its_own(alice: Person) -> None:
    people(alice, 60)
    campaign = live(alice)
    shares = {"variants": [{"key": "A", "share": 5000}, {"key": "B", "share": 5000}]}
    CampaignVersion.objects.create(
        organization=alice.organization, campaign=campaign, number=1, design=shares, created_at=NOON
    )
    plan(campaign)
    first = actions.claim(queue=Queue.BULK, limit=100, at=NOON)
    variants = {message.invitation: message.variant for message in first.messages}
    actions.release(owner=first.owner)
    Campaign.objects.filter(pk=campaign.pk).update(version=2)

    again = actions.claim(queue=Queue.BULK, limit=100, at=NOON)

    assert {message.invitation: message.variant for message in again.messages} == variants
    assert {message.version for message in again.messages} == {1}
    assert all(15 <= count <= 45 for count in Counter(variants.values()).values())
    assert set(variants.values()) == {"A", "B"}


def test_a_paused_campaign_ends_when_its_time_has_come_and_nobody_waits_any_more(alice: Person) -> None:
    people(alice, 2)
    people(alice, 1, last_asked_at=NOON - 80 * A_DAY)
    campaign = live(alice, ends_at=NOON + A_DAY)
    plan(campaign)
    Campaign.objects.filter(pk=campaign.pk).update(status=Status.PAUSED)

    assert actions.finish_done(at=NOON + A_DAY) == 1
    assert (actions.cancel_ended(at=NOON + A_DAY), actions.close_ended(at=NOON + A_DAY)) == (2, 1)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.is_cancelled) == (Status.ENDED, False)
    assert set(Delivery.objects.values_list("state", "reason")) == {("cancelled", campaign.status_reason)}
    assert reasons(campaign) == {Reason.INVITED: 2, Reason.ENDED: 1}


def test_of_what_recurs_the_latest_decision_is_kept(alice: Person) -> None:
    people(alice, 4, suppression="unsubscribed")
    campaign = live(alice, kind=Kind.RECURRING, every_days=1)
    for day in range(3):
        plan(campaign, NOON + day * A_DAY)
    assert PlanDecision.objects.count() == 12

    assert actions.forget_decisions(at=NOON + 3 * A_DAY) == 8

    assert set(PlanDecision.objects.values_list("occasion", flat=True)) == {"cycle:2"}


def test_after_a_pause_a_newer_turn_takes_the_place_of_one_that_was_not_sent(alice: Person) -> None:
    alice.organization.throttle_days = 0
    alice.organization.save()
    people(alice, 3)
    campaign = live(alice, kind=Kind.RECURRING, every_days=1)
    plan(campaign)
    plan(campaign, NOON + 40 * A_DAY)

    assert set(Invitation.objects.values_list("occasion", flat=True)) == {"cycle:40"}
    assert reasons(campaign) == {Reason.TOO_LATE: 3, Reason.INVITED: 3}


def test_days_before_the_first_plan_are_caught_up(alice: Person) -> None:
    """Paused right after the launch."""
    people(alice, 20)
    campaign = live(alice, kind=Kind.RECURRING, every_days=4)

    plan(campaign, NOON + 40 * A_DAY)

    assert Invitation.objects.count() == 20
