"""An ask whose message was tried and not taken holds its person; when it may be tried again, and when it may not."""

from datetime import datetime, timedelta

import pytest

from surveys.campaigns.models import Campaign, Priority, Status
from surveys.delivery import actions
from surveys.delivery.actions import Ending
from surveys.delivery.models import Delivery, Invitation, Queue, Reason, State
from tests.delivery.engine.world import A_DAY, World, asked

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def tried(world: World, campaign: Campaign, state: State = State.DUE) -> Invitation:
    """The only person was asked, and the mail server wants it again in five minutes, or did not answer (uncertain)."""
    world.prepare()
    world.plan(campaign)
    claim = actions.claim(queue=Queue.BULK, limit=10, at=world.at)
    (message,) = claim.messages
    actions.end_and_mark([], [message.delivery], owner=claim.owner, at=world.at)
    again = Ending(message.delivery, state, world.at, due_at=world.at + timedelta(minutes=5))
    actions.end_and_mark([again], [], owner=claim.owner, at=world.at)
    actions.release(owner=claim.owner)
    return Invitation.objects.get(deliveries=message.delivery)


def sleep(world: World, campaign: Campaign, until: datetime) -> None:
    """Paused until then."""
    Campaign.objects.filter(pk=campaign.pk).update(status=Status.PAUSED)
    world.run(until)


def wake(world: World, campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(status=Status.LIVE)
    actions.send_doubtful_again(at=world.at)


def test_it_is_tried_again_and_its_person_rests_from_then_on(world: World) -> None:
    ada = world.person()
    first = world.campaign("First")
    begin = world.at
    tried(world, first)
    sleep(world, first, begin + 60 * A_DAY)
    wake(world, first)

    assert asked(world.run()) == [begin + 60 * A_DAY]

    ada.refresh_from_db()
    assert (ada.last_asked_at, ada.asked_count) == (world.at, 1)
    second = world.campaign("Second")
    assert world.run(begin + 91 * A_DAY) == []
    assert world.decision(ada, second).until == begin + 150 * A_DAY
    assert world.decision(ada, second).blocker == first.pk


def test_it_waits_when_another_campaign_has_asked_meanwhile(world: World) -> None:
    ada = world.person()
    first = world.campaign("First")
    tried(world, first)
    sleep(world, first, world.at + 91 * A_DAY)
    second = world.campaign("Second")
    assert [row.campaign for row in world.run()] == [second.pk]
    asked_at = world.at
    wake(world, first)

    assert world.run(world.at + HOUR) == []

    waiting = world.decision(ada, first)
    assert (waiting.reason, waiting.until, waiting.blocker) == (Reason.THROTTLED, asked_at + 90 * A_DAY, second.pk)
    ada.refresh_from_db()
    assert (ada.last_asked_at, ada.asked_count) == (asked_at, 1)
    assert [row.campaign for row in world.run(asked_at + 90 * A_DAY)] == [first.pk]


def test_one_that_may_have_arrived_is_not_sent_again_then(world: World) -> None:
    """Its answer counts all the same."""
    ada = world.person()
    first = world.campaign("First")
    invitation = tried(world, first, State.UNCERTAIN)
    sleep(world, first, world.at + 91 * A_DAY)
    world.campaign("Second")
    assert len(world.run()) == 1
    wake(world, first)

    assert world.run(world.at + HOUR) == []

    message = Delivery.objects.get(invitation=invitation)
    assert message.state == State.CANCELLED
    assert message.reason == str(Reason.THROTTLED.label)
    ada.refresh_from_db()
    assert (ada.last_asked_at, ada.asked_count) == (world.at - HOUR, 2)


def test_a_colleague_of_the_company_who_was_asked_meanwhile_counts(world: World) -> None:
    world.property("company")
    world.rule(account_property="company", account_gap_days=30)
    ada = world.person(properties={"company": "Acme"})
    first = world.campaign("First")
    tried(world, first)
    sleep(world, first, world.at + 31 * A_DAY)
    grace = world.person(properties={"company": "Acme"})
    world.campaign("Second")
    assert [row.customer for row in world.run()] == [grace.pk]
    asked_at = world.at
    wake(world, first)

    assert [row.campaign for row in world.run(world.at + HOUR)] == []

    assert world.decision(ada, first).reason == Reason.COMPANY
    assert world.decision(ada, first).until == asked_at + 30 * A_DAY
    assert [row.customer for row in world.run(asked_at + 30 * A_DAY)] == [ada.pk]


def test_what_it_is_about_may_be_too_long_ago_now(world: World) -> None:
    ada = world.person("ada@example.com")
    campaign = world.after_event("order.delivered", late_days=7)
    world.event("ada@example.com", "order.delivered")
    tried(world, campaign)
    sleep(world, campaign, world.at + 8 * A_DAY)
    wake(world, campaign)

    assert world.run() == []

    assert world.decision(ada, campaign).reason == Reason.TOO_LATE
    ada.refresh_from_db()
    assert (ada.last_asked_at, ada.asked_count) == (None, 0)


def test_a_campaign_of_higher_priority_goes_first_again(world: World) -> None:
    ada = world.person("ada@example.com")
    low = world.campaign("Pulse", priority=Priority.LOW)
    tried(world, low)
    world.after_event("order.delivered", 2 * HOUR, priority=Priority.HIGH)
    world.event("ada@example.com", "order.delivered")

    sent = world.run(world.at + HOUR) + world.run(world.at + HOUR)

    assert [row.occasion[:5] for row in sent] == ["event"]
    assert world.decision(ada, low).reason == Reason.OUTRANKED
