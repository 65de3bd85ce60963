"""What recurs: everyone every so many days, some of them each day, through pauses, newcomers and changed clocks."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from surveys.delivery.models import Invitation, PlanDecision, Reason
from tests.delivery.engine.world import A_DAY, World

pytestmark = pytest.mark.django_db

PRO = {"all": [{"field": "p.plan", "op": "one_of", "value": ["Pro"]}]}
HOUR = timedelta(hours=1)


def by_person(world: World) -> dict[int, list[datetime]]:
    found: dict[int, list[datetime]] = {}
    for row in world.sent:
        found.setdefault(row.customer, []).append(row.at)
    return found


def test_some_are_asked_each_day_and_everyone_in_turn(world: World) -> None:
    world.rule(throttle_days=0, time_zone="Europe/Berlin")
    people = world.people(60)
    world.recurring(5)

    world.until(world.at + 19 * A_DAY, A_DAY)

    asks = by_person(world)
    assert {person.pk for person in people} == asks.keys()
    gaps = {later.date() - earlier.date() for times in asks.values() for earlier, later in pairwise(times)}
    assert gaps <= {4 * A_DAY, 5 * A_DAY, 6 * A_DAY}
    each_day = Counter(row.at.date() for row in world.sent)
    assert len(each_day) == 20
    assert max(each_day.values()) <= 3 * 60 / 5  # a stable hash is not a ruler
    assert PlanDecision.objects.filter(until__isnull=False).count() == 0


def test_in_a_year_everyone_is_asked_as_often_as_promised(world: World) -> None:
    """However seldom the workers come by."""
    world.rule(throttle_days=0, time_zone="Europe/Berlin")
    people = world.people(25)
    world.recurring(30)

    world.until(world.at + 364 * A_DAY, 26 * A_DAY)

    turns = Counter(Invitation.objects.values_list("customer", flat=True))
    assert turns.keys() == {person.pk for person in people}
    assert set(turns.values()) <= {11, 12, 13}
    assert len({(row.customer, row.occasion) for row in world.sent}) == len(world.sent)


def test_a_day_is_planned_once_and_after_midnight_of_the_organization(world: World) -> None:
    world.rule(throttle_days=0, time_zone="Pacific/Auckland")  # midnight is at 11:00 in UTC
    world.people(60)
    campaign = world.recurring(7)

    first = world.run()
    planned = PlanDecision.objects.count()
    assert world.run(world.at + 22 * HOUR) == world.sent[len(first) :]
    assert PlanDecision.objects.count() == planned
    world.run(world.at + HOUR)

    assert PlanDecision.objects.count() > planned
    campaign.refresh_from_db()
    assert campaign.plan_day == datetime(2026, 1, 7).date()


def test_who_joins_gets_the_next_turn_and_who_leaves_gets_none(world: World) -> None:
    world.rule(throttle_days=0)
    world.property("plan")
    world.people(20, properties={"plan": "Free"})
    stays = world.person(properties={"plan": "Pro"})
    campaign = world.recurring(10, audience=PRO)
    world.until(world.at + 15 * A_DAY)
    assert by_person(world).keys() == {stays.pk}

    joins = world.person(properties={"plan": "Pro"})
    type(stays).objects.filter(pk=stays.pk).update(properties={"plan": "Free"})
    world.sent.clear()
    world.until(world.at + 20 * A_DAY + 12 * HOUR - timedelta(seconds=1))  # two turns of whole days, today's is over

    assert [len(times) for times in by_person(world).values()] == [2]
    assert by_person(world).keys() == {joins.pk}
    assert Invitation.objects.filter(campaign=campaign, customer=stays).count() in (1, 2)


def test_missed_days_are_caught_up_once(world: World) -> None:
    """Nothing ran for three days: whose turn it was then is asked now, and nobody twice."""
    world.rule(throttle_days=0)
    world.people(50)
    world.recurring(10)
    world.until(world.at + 4 * A_DAY)

    world.run(world.at + 3 * A_DAY)
    world.until(world.at + 2 * A_DAY)

    world.run(world.at + HOUR * 23)
    asks = by_person(world)
    assert len(asks) == 50
    assert {len(times) for times in asks.values()} <= {1, 2}
    assert all(later - earlier >= 6 * A_DAY for times in asks.values() for earlier, later in pairwise(times))


def test_who_was_caught_up_late_is_not_asked_again_the_next_day(world: World) -> None:
    world.rule(throttle_days=0)
    people = world.people(60)
    world.recurring(10)
    world.until(world.at + 4 * A_DAY, A_DAY)

    world.run(world.at + 13 * A_DAY)
    world.until(world.at + 12 * A_DAY, A_DAY)

    asks = by_person(world)
    assert asks.keys() == {person.pk for person in people}
    assert all(later - earlier >= 4 * A_DAY for times in asks.values() for earlier, later in pairwise(times))


def test_turns_begin_at_the_launch_however_late_the_workers_come(world: World) -> None:
    world.rule(throttle_days=0)
    people = world.people(30)
    world.recurring(5)

    world.run(world.at + 4 * A_DAY)

    assert Counter(Invitation.objects.values_list("customer", flat=True)) == {person.pk: 1 for person in people}


def test_after_a_long_pause_turns_are_skipped_and_not_doubled(world: World) -> None:
    world.rule(throttle_days=0)
    people = world.people(50)
    campaign = world.recurring(10)
    world.until(world.at + 10 * A_DAY, A_DAY)
    world.pause(campaign)
    world.sent.clear()
    assert world.until(world.at + 3 * A_DAY, A_DAY) == []

    world.at += 150 * A_DAY
    known = set(Invitation.objects.values_list("pk", flat=True))
    world.resume(campaign)
    world.run()

    caught_up = Invitation.objects.exclude(pk__in=known)
    assert Counter(caught_up.values_list("customer", flat=True)) == {person.pk: 1 for person in people}
    world.until(world.at + 9 * A_DAY, A_DAY)
    assert {len(times) for times in by_person(world).values()} <= {1, 2}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize(
    "start", [datetime(2026, 3, 1), datetime(2026, 3, 25), datetime(2026, 9, 28), datetime(2026, 10, 20)]
)
def test_days_of_23_and_25_hours_are_days(world: World, zone: str, start: datetime) -> None:
    """Whose turn it is comes on every day once, and in the hours that were chosen."""
    world.at = start.replace(tzinfo=ZoneInfo(zone))
    world.rule(throttle_days=0, time_zone=zone)
    people = world.people(9)
    world.recurring(3, send_from=time(9), send_until=time(12))

    last_moment = timedelta(hours=12) - timedelta.resolution  # somebody's is within the last second
    for number in range(15):
        world.run((start + timedelta(days=number, minutes=5)).replace(tzinfo=ZoneInfo(zone)))
        world.run((start + timedelta(days=number) + last_moment).replace(tzinfo=ZoneInfo(zone)))

    asks = by_person(world)
    assert {pk: len(times) for pk, times in asks.items()} == {person.pk: 5 for person in people}
    days = [[at.astimezone(ZoneInfo(zone)).date() for at in times] for times in asks.values()]
    assert {later - earlier for mine in days for earlier, later in pairwise(mine)} == {3 * A_DAY}


def test_due_times_are_spread_over_the_hours(world: World) -> None:
    world.at = datetime(2026, 1, 5, 0, 5, tzinfo=UTC)
    world.people(80)
    world.recurring(1, send_from=time(8), send_until=time(18))
    world.run()

    hours = Counter(due.hour for due in Invitation.objects.values_list("due_at", flat=True) if due)
    assert set(hours) <= set(range(8, 18))
    assert len(hours) >= 8
    assert max(hours.values()) <= 25


def test_the_throttle_defers_a_turn_and_the_next_one_still_comes(world: World) -> None:
    world.rule(throttle_days=30)
    ada = world.person()
    campaign = world.recurring(45)
    world.until(world.at + 45 * A_DAY, 9 * A_DAY)
    world.sent.clear()
    last = world.at - 5 * A_DAY
    type(ada).objects.filter(pk=ada.pk).update(last_asked_at=last)

    world.until(world.at + 46 * A_DAY, 2 * A_DAY)

    assert len(world.sent) in (1, 2)
    assert world.sent[0].at >= last + 30 * A_DAY
    reasons = set(PlanDecision.objects.filter(campaign=campaign).values_list("reason", flat=True))
    assert reasons <= {Reason.INVITED, Reason.THROTTLED}
