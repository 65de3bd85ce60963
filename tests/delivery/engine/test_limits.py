"""How many are asked, and until when: caps, samples, targets and ends."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from surveys.campaigns.models import Campaign, Status
from surveys.delivery.models import Delivery, Invitation, PlanDecision, Reason, State
from tests.delivery.engine.world import A_DAY, World, asked

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def reasons(of: Campaign) -> Counter[str]:
    return Counter(PlanDecision.objects.filter(campaign=of).values_list("reason", flat=True))


def test_a_day_of_the_cap_begins_at_midnight_of_the_organization(world: World) -> None:
    world.rule(time_zone="America/New_York")  # midnight is at 5:00 in UTC
    world.people(8)
    world.campaign(daily_cap=3)

    assert len(world.run()) == 3
    assert world.run(datetime(2026, 1, 6, 4, 59, tzinfo=UTC)) == []
    assert len(world.run(datetime(2026, 1, 6, 5, 0, tzinfo=UTC))) == 3
    assert world.run(world.at + 23 * HOUR) == []
    assert len(world.run(world.at + HOUR)) == 2


def test_a_daily_cap_is_filled_although_the_first_in_line_must_not_be_asked(world: World) -> None:
    """Refused people take nothing of the day."""
    people = world.people(6)
    campaign = world.campaign(daily_cap=3)
    world.plan(campaign)
    ids = [person.pk for person in people[:3]]
    type(people[0]).objects.filter(pk__in=ids).update(suppression="unsubscribed")

    world.run()
    world.run(world.at + HOUR)

    assert {row.customer for row in world.sent} == {person.pk for person in people[3:]}


def test_a_message_that_is_sent_again_counts_on_its_first_day(world: World) -> None:
    world.people(2)
    world.campaign(daily_cap=1)

    assert len(world.until(world.at + 2 * A_DAY)) == 2
    assert len({at.date() for at in asked(world.sent)}) == 2


def test_a_total_cap_is_never_exceeded_and_the_others_are_told(world: World) -> None:
    world.people(10)
    campaign = world.campaign(total_cap=4)

    world.until(world.at + 3 * A_DAY)

    assert len(world.sent) == 4
    assert reasons(campaign) == {Reason.INVITED: 4, Reason.OVER_CAP: 6}


def test_a_total_cap_counts_across_turns(world: World) -> None:
    world.rule(throttle_days=0)
    world.people(10)
    campaign = world.recurring(5, total_cap=13)

    world.until(world.at + 14 * A_DAY)

    assert len(world.sent) == 13
    assert Invitation.objects.filter(campaign=campaign).count() == 13


def test_a_sample_is_the_same_people_each_time(world: World) -> None:
    world.rule(throttle_days=0)
    world.people(200)
    campaign = world.recurring(2, sample_share=2500)

    world.until(world.at + 5 * A_DAY, A_DAY)

    times = Counter(Invitation.objects.values_list("customer", flat=True))
    assert set(times.values()) == {3}
    assert 30 <= len(times) <= 70
    assert reasons(campaign)[Reason.NOT_SAMPLED] == 3 * (200 - len(times))


def test_two_campaigns_do_not_sample_the_same_people(world: World) -> None:
    world.rule(throttle_days=0)
    world.people(200)
    world.campaign("One", sample_share=5000)
    world.campaign("Two", sample_share=5000)

    world.run()

    both = Counter(Counter(row.customer for row in world.sent).values())
    assert 25 <= both[2] <= 75


def test_who_is_excluded_is_told_so_and_only_if_meant_at_all(world: World) -> None:
    world.property("plan")
    pro, free, trial = (world.person(properties={"plan": plan}) for plan in ("Pro", "Free", "Trial"))
    one_of = {"field": "p.plan", "op": "one_of"}
    campaign = world.campaign(
        audience={"all": [{**one_of, "value": ["Pro", "Free"]}]},
        exclusions={"any": [{**one_of, "value": ["Free", "Trial"]}]},
    )

    world.run()

    assert [row.customer for row in world.sent] == [pro.pk]
    assert world.decision(free, campaign).reason == Reason.EXCLUDED
    assert not PlanDecision.objects.filter(customer=trial).exists()


def test_nothing_is_sent_from_the_end_on_and_nobody_waits_any_more(world: World) -> None:
    world.people(6)
    late = world.person(last_asked_at=world.at - 85 * A_DAY)
    never = world.person(last_asked_at=world.at - 10 * A_DAY)
    end = world.at + 3 * A_DAY
    campaign = world.campaign(ends_at=end, daily_cap=1)

    world.until(world.at + 4 * A_DAY)

    assert len(world.sent) == 4
    assert max(asked(world.sent)) < end
    assert world.status(campaign) == Status.ENDED
    assert PlanDecision.objects.filter(campaign=campaign, until__isnull=False).count() == 0
    assert world.decision(late, campaign).reason == Reason.ENDED
    assert world.decision(never, campaign).reason == Reason.ENDED
    unsent = Delivery.objects.filter(campaign=campaign).exclude(state=State.SENT)
    assert [(row.state, bool(row.reason)) for row in unsent] == [(State.CANCELLED, True)] * 2


def test_a_campaign_that_has_its_answers_asks_nobody_any_more(world: World) -> None:
    world.people(9)
    campaign = world.campaign(daily_cap=3, response_target=2)

    first = world.run()
    world.answer(first[0])
    assert len(world.run(world.at + A_DAY)) == 3
    world.answer(first[1])
    assert world.until(world.at + 3 * A_DAY) == []

    assert world.status(campaign) == Status.ENDED
    assert campaign.status_reason
    assert Delivery.objects.filter(campaign=campaign, state=State.CANCELLED).count() == 3


def test_a_wave_ends_by_itself_when_the_last_deferred_was_asked(world: World) -> None:
    world.person()
    world.person(last_asked_at=world.at - 80 * A_DAY)
    campaign = world.campaign()

    world.until(world.at + 9 * A_DAY)
    assert world.status(campaign) == Status.LIVE
    world.until(world.at + 2 * A_DAY)

    assert len(world.sent) == 2
    assert world.status(campaign) == Status.ENDED


def test_what_recurs_and_what_is_triggered_does_not_end_by_itself(world: World) -> None:
    world.person()
    campaigns = [world.recurring(100), world.after_event("order.delivered"), world.around_date("trial_end")]

    world.until(world.at + 20 * A_DAY)

    assert {world.status(campaign) for campaign in campaigns} == {Status.LIVE}


def test_a_pause_sends_nothing_and_resuming_goes_on(world: World) -> None:
    world.people(6)
    campaign = world.campaign(daily_cap=2)
    world.run()
    world.pause(campaign)

    assert world.until(world.at + 3 * A_DAY) == []
    world.resume(campaign)
    world.until(world.at + 4 * A_DAY)

    assert len({row.customer for row in world.sent}) == len(world.sent) == 6
