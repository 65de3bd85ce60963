"""Nobody is asked too often: across campaigns, within a company, and when several want the same person."""

from datetime import timedelta

import pytest
from django.db import transaction

from surveys.campaigns.models import Priority
from surveys.customers.actions.asking import change_asking
from surveys.delivery import actions
from surveys.delivery.models import Invitation, Queue, Reason
from surveys.outbox import actions as outbox
from tests.delivery.engine.world import A_DAY, World, asked

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_who_was_asked_recently_is_asked_the_moment_they_are_free_again(world: World) -> None:
    ada = world.person(last_asked_at=world.at - 80 * A_DAY)
    campaign = world.campaign()

    assert world.run() == []
    deferred = world.decision(ada, campaign)
    assert (deferred.reason, deferred.until) == (Reason.THROTTLED, world.at + 10 * A_DAY)
    assert world.run(world.at + 10 * A_DAY - timedelta(seconds=1)) == []
    assert asked(world.run(world.at + timedelta(seconds=1))) == [world.at]
    assert world.decision(ada, campaign).reason == Reason.INVITED
    assert world.decision(ada, campaign).until is None


def test_a_campaign_may_be_stricter_than_the_organization_but_not_laxer(world: World) -> None:
    ada = world.person(last_asked_at=world.at - 95 * A_DAY)
    strict = world.campaign("Strict", throttle_days=120)
    world.run()
    assert world.decision(ada, strict).until == world.at + 25 * A_DAY

    lax = world.campaign("Lax", throttle_days=5)
    assert len(world.run()) == 1

    laxer = world.campaign("Laxer", throttle_days=5)
    world.run(world.at + 6 * A_DAY)
    assert world.decision(ada, lax).reason == Reason.INVITED
    assert world.decision(ada, laxer).until == world.at + 84 * A_DAY


def settle_on(world: World, **rule: object) -> None:
    """The owner changes how often people are asked."""
    membership = world.membership
    with transaction.atomic():
        change_asking(organization=membership.organization, changes=rule, by=membership, at=world.at, seen={})
    outbox.drain(at=world.at)
    membership.organization.refresh_from_db()


def test_a_milder_rule_counts_for_those_who_wait_already(world: World) -> None:
    ada = world.person(last_asked_at=world.at - A_DAY)
    campaign = world.campaign()
    assert world.run() == []

    settle_on(world, throttle_days=30)

    assert world.run(world.at + HOUR) == []
    assert world.decision(ada, campaign).until == world.at - HOUR + 29 * A_DAY
    assert len(world.run(world.at + 29 * A_DAY)) == 1


def test_a_new_rule_for_companies_counts_what_was_sent_before(world: World) -> None:
    for key in ("company", "plan"):
        world.property(key)
    world.person(properties={"company": "Acme", "plan": "Pro"})
    world.campaign("First")
    assert len(world.run()) == 1
    asked_at = world.at
    world.at += 2 * A_DAY
    settle_on(world, account_property="company", account_gap_days=30)
    grace = world.person(properties={"company": "Acme"})
    second = world.campaign("Second")

    assert world.run() == []
    assert (world.decision(grace, second).reason, world.decision(grace, second).until) == (
        Reason.COMPANY,
        asked_at + 30 * A_DAY,
    )

    settle_on(world, account_property="plan")
    assert [row.customer for row in world.run(world.at + HOUR)] == [grace.pk]


def test_two_occasions_that_become_free_at_once_are_one_ask(world: World) -> None:
    """Thirty days are the turn, ninety the throttle: two turns wait for the same day."""
    ada = world.person()
    campaign = world.recurring(30)

    sent = world.until(world.at + 184 * A_DAY, 5 * A_DAY)

    gaps = [later - earlier for earlier, later in zip(asked(sent), asked(sent)[1:], strict=False)]
    assert len(sent) in (2, 3)
    assert min(gaps) >= 90 * A_DAY
    assert Invitation.objects.filter(customer=ada, campaign=campaign, claimed_at=None).count() == 0


def test_the_campaign_of_higher_priority_asks_and_the_other_waits_its_turn(world: World) -> None:
    ada = world.person()
    low = world.campaign("Pulse", priority=Priority.LOW)
    world.plan(low)
    high = world.campaign("After support", priority=Priority.HIGH)

    sent = world.run()

    assert [row.campaign for row in sent] == [high.pk]
    assert world.decision(ada, low).reason in (Reason.THROTTLED, Reason.OUTRANKED)
    world.run(world.at + A_DAY)
    assert world.decision(ada, low).reason == Reason.THROTTLED
    assert world.decision(ada, low).until == world.at + 89 * A_DAY


@pytest.mark.parametrize(("days", "goes_first"), [(3, "After support"), (9, "Pulse")])
def test_who_is_wanted_by_a_higher_campaign_within_a_week_is_left_to_it(
    world: World, days: int, goes_first: str
) -> None:
    ada = world.person()
    high = world.after_event("ticket.closed", days * A_DAY, "After support", priority=Priority.HIGH)
    world.event(ada.email, "ticket.closed")
    low = world.campaign("Pulse", priority=Priority.LOW)

    world.run()

    decision = world.decision(ada, low)
    if goes_first == "After support":
        assert (decision.reason, decision.until) == (Reason.OUTRANKED, world.at + A_DAY)
        assert decision.blocker == high.pk
    world.until(world.at + 10 * A_DAY)
    assert [row.campaign for row in world.sent] == [{"After support": high, "Pulse": low}[goes_first].pk]


def test_a_paused_campaign_of_higher_priority_holds_nobody(world: World) -> None:
    ada = world.person()
    high = world.campaign("After support", priority=Priority.HIGH)
    world.plan(high)
    type(high).objects.filter(pk=high.pk).update(status="paused")
    low = world.campaign("Pulse", priority=Priority.LOW)

    assert [row.campaign for row in world.run()] == [low.pk]

    type(high).objects.filter(pk=high.pk).update(status="live")
    assert world.run(world.at + HOUR) == []
    assert world.decision(ada, high).reason == Reason.THROTTLED


def test_among_equals_the_first_to_come_asks(world: World) -> None:
    world.person()
    first, second = world.campaign("First"), world.campaign("Second")
    world.plan(first)
    world.plan(second)

    assert [row.campaign for row in world.run()] == [first.pk]


def test_one_of_a_company_is_asked_and_the_colleague_when_the_company_is_free(world: World) -> None:
    world.property("company")
    world.rule(account_property="company", account_gap_days=30)
    ada, grace, loner = (world.person(properties={"company": name}) for name in ("Acme", "Acme", "Solo"))
    nobody = world.person()
    campaign = world.campaign()

    sent = world.run()

    first = {row.customer for row in sent}
    assert {loner.pk, nobody.pk} < first
    assert len(first & {ada.pk, grace.pk}) == 1
    colleague = grace if ada.pk in first else ada
    waiting = world.decision(colleague, campaign)
    assert (waiting.reason, waiting.until) == (Reason.COMPANY, world.at + 30 * A_DAY)
    assert world.run(world.at + 30 * A_DAY - HOUR) == []
    assert [row.customer for row in world.run(world.at + HOUR)] == [colleague.pk]


def test_a_company_whose_mail_was_refused_is_free_for_a_colleague(world: World) -> None:
    """An ask that ended without having been sent gives back its person and its company."""
    world.property("company")
    world.rule(account_property="company", account_gap_days=30)
    ada, grace = (world.person(properties={"company": "Acme"}) for _ in range(2))
    campaign = world.campaign()
    world.plan(campaign)
    claim = actions.claim(queue=Queue.BULK, limit=10, at=world.at)
    (claimed,) = claim.messages
    actions.fail_address(claimed.delivery, route="", reason="No such mailbox.", error="550", at=world.at)

    refused, other = (ada, grace) if claimed.customer == ada.pk else (grace, ada)
    refused.refresh_from_db()
    assert refused.last_asked_at is None
    assert [row.customer for row in world.run(world.at + HOUR)] == [other.pk]
