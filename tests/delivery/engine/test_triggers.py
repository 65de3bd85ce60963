"""After an event, around a date: late, early, twice, out of order, in leap years and at the ends of months."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from surveys.delivery.models import Invitation, PlanDecision, Reason
from tests.delivery.engine.world import A_DAY, World, asked

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DELIVERED = "order.delivered"


# ── Events ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_event_is_asked_about_after_the_delay(world: World) -> None:
    ada = world.person()
    campaign = world.after_event(DELIVERED, 2 * A_DAY)
    world.event(ada.email, DELIVERED)
    occurred = world.at

    world.run()
    waiting = world.decision(ada, campaign)
    assert (waiting.reason, waiting.until) == (Reason.WAITING, occurred + 2 * A_DAY)
    assert world.run(occurred + 2 * A_DAY - HOUR) == []
    assert asked(world.run(occurred + 2 * A_DAY)) == [occurred + 2 * A_DAY]
    assert Invitation.objects.get().event_id == waiting.event_id


def test_a_delay_is_counted_from_when_it_happened_not_from_when_it_was_told(world: World) -> None:
    ada, grace = world.person(), world.person()
    world.after_event(DELIVERED, 2 * A_DAY)
    world.event(ada.email, DELIVERED, occurred_at=world.at - A_DAY)
    world.event(grace.email, DELIVERED, occurred_at=world.at + 3 * A_DAY)  # their clock, or a plan
    begin = world.at

    world.until(begin + 7 * A_DAY)

    assert asked(world.sent, ada) == [begin + A_DAY]
    assert asked(world.sent, grace) == [begin + 5 * A_DAY]


def test_an_event_that_is_told_twice_is_one(world: World) -> None:
    ada = world.person()
    world.rule(throttle_days=0)
    world.after_event(DELIVERED)
    for _ in range(2):
        world.event(ada.email, DELIVERED, event_id="order-1")
        world.run(world.at + HOUR)

    assert len(world.until(world.at + 3 * A_DAY)) == 0
    assert len(world.sent) == 1


def test_two_events_at_once_are_one_ask_within_the_gap(world: World) -> None:
    ada = world.person()
    campaign = world.after_event(DELIVERED, late_days=7)
    world.event(ada.email, DELIVERED)
    world.event(ada.email, DELIVERED)

    world.until(world.at + 2 * A_DAY)

    assert len(world.sent) == 1
    reasons = PlanDecision.objects.filter(campaign=campaign).order_by("reason").values_list("reason", flat=True)
    assert list(reasons) in ([Reason.INVITED, Reason.THROTTLED], [Reason.INVITED, Reason.TOO_LATE])


def test_events_out_of_order_are_asked_about_each_in_its_time(world: World) -> None:
    world.rule(throttle_days=0)
    ada = world.person()
    world.after_event(DELIVERED, A_DAY)
    begin = world.at
    world.event(ada.email, DELIVERED, occurred_at=begin, event_id="second")
    world.run()
    world.event(ada.email, DELIVERED, occurred_at=begin - 12 * HOUR, event_id="first")

    world.until(begin + 2 * A_DAY)

    assert asked(world.sent) == [begin + 12 * HOUR, begin + 24 * HOUR]


def test_who_cannot_be_asked_in_time_is_not_asked_and_told_so(world: World) -> None:
    campaign = world.after_event(DELIVERED, A_DAY, late_days=7)
    old, busy, soon = world.person(), world.person(), world.person()
    busy.last_asked_at = world.at - 60 * A_DAY
    soon.last_asked_at = world.at - 85 * A_DAY
    busy.save(update_fields=["last_asked_at"])
    soon.save(update_fields=["last_asked_at"])
    world.event(old.email, DELIVERED, occurred_at=world.at - 9 * A_DAY)
    world.event(busy.email, DELIVERED)
    world.event(soon.email, DELIVERED)
    begin = world.at

    world.until(begin + 10 * A_DAY)

    assert world.decision(old, campaign).reason == Reason.TOO_LATE
    assert world.decision(busy, campaign).reason == Reason.TOO_LATE
    assert asked(world.sent) == [begin + 5 * A_DAY]
    assert {row.customer for row in world.sent} == {soon.pk}


def test_an_event_from_before_the_launch_is_nobodys_business(world: World) -> None:
    ada, grace = world.person(), world.person()
    world.event(ada.email, DELIVERED)
    world.run(world.at + HOUR)
    world.after_event(DELIVERED)
    world.event(grace.email, DELIVERED, occurred_at=world.at - 2 * HOUR)

    world.until(world.at + 3 * A_DAY)

    assert {row.customer for row in world.sent} == {grace.pk}


def test_an_event_that_nobody_looked_at_before_the_launch_is_not_asked_about_either(world: World) -> None:
    ada = world.person()
    world.event(ada.email, DELIVERED)  # and the workers stand still
    world.at += HOUR
    world.after_event(DELIVERED, A_DAY)

    assert world.until(world.at + 3 * A_DAY) == []
    assert not PlanDecision.objects.exists()


def test_conditions_about_the_event_are_asked_once_when_it_comes(world: World) -> None:
    small, large = world.person(), world.person()
    campaign = world.after_event(
        DELIVERED, A_DAY, event_conditions={"all": [{"field": "e.total", "op": "at_least", "value": 100}]}
    )
    world.event(small.email, DELIVERED, total=99)
    world.event(large.email, DELIVERED, total=100)

    world.until(world.at + 2 * A_DAY)

    assert {row.customer for row in world.sent} == {large.pk}
    assert set(PlanDecision.objects.filter(campaign=campaign).values_list("customer", flat=True)) == {large.pk}


def test_who_leaves_the_audience_while_waiting_is_not_asked(world: World) -> None:
    world.property("plan")
    ada = world.person(properties={"plan": "Pro"})
    campaign = world.after_event(
        DELIVERED, 2 * A_DAY, audience={"all": [{"field": "p.plan", "op": "one_of", "value": ["Pro"]}]}
    )
    world.event(ada.email, DELIVERED)
    world.run()
    type(ada).objects.filter(pk=ada.pk).update(properties={"plan": "Free"})

    assert world.until(world.at + 4 * A_DAY) == []
    assert set(PlanDecision.objects.filter(campaign=campaign).values_list("reason", "until")) <= {(Reason.LEFT, None)}


def test_events_wait_while_the_campaign_is_paused(world: World) -> None:
    soon, late = world.person(), world.person()
    campaign = world.after_event(DELIVERED, late_days=7)
    world.pause(campaign)
    world.event(late.email, DELIVERED)
    world.run()
    assert world.until(world.at + 5 * A_DAY) == []
    world.event(soon.email, DELIVERED)
    world.run()
    assert world.until(world.at + 4 * A_DAY) == []

    world.resume(campaign)
    world.until(world.at + A_DAY)

    assert {row.customer for row in world.sent} == {soon.pk}
    assert world.decision(late, campaign).reason == Reason.TOO_LATE


def test_a_week_of_delay_over_the_end_of_february(world: World) -> None:
    ada = world.person()
    world.at = datetime(2028, 2, 25, 10, tzinfo=UTC)  # a leap year
    world.after_event(DELIVERED, 7 * A_DAY)
    world.event(ada.email, DELIVERED)

    world.until(world.at + 9 * A_DAY)

    assert asked(world.sent) == [datetime(2028, 3, 3, 10, tzinfo=UTC)]


# ── Dates ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def days_asked(world: World) -> list[date]:
    return [at.date() for at in asked(world.sent)]


@pytest.mark.parametrize(
    ("day", "delay", "expected"),
    [
        ("2028-02-29", 0, date(2028, 2, 29)),
        ("2028-02-29", 1, date(2028, 3, 1)),
        ("2028-02-28", 1, date(2028, 2, 29)),
        ("2028-03-01", -1, date(2028, 2, 29)),
        ("2027-02-28", 1, date(2027, 3, 1)),
        ("2027-03-01", -1, date(2027, 2, 28)),
        ("2027-01-31", 30, date(2027, 3, 2)),
        ("2027-12-31", 1, date(2028, 1, 1)),
        ("2028-01-01", -1, date(2027, 12, 31)),
    ],
)
def test_days_are_counted_over_leap_days_and_ends_of_months(world: World, day: str, delay: int, expected: date) -> None:
    world.at = datetime.combine(expected - 4 * A_DAY, time(), UTC)
    world.person(properties={"trial_end": day})
    world.around_date("trial_end", delay)

    world.until(world.at + 8 * A_DAY)

    assert days_asked(world) == [expected]


def test_the_day_is_that_of_the_organization(world: World) -> None:
    world.rule(time_zone="Pacific/Kiritimati")  # 10 January begins on the 9th at 10:00 in UTC
    ada = world.person(properties={"trial_end": "2026-01-10"})
    campaign = world.around_date("trial_end")

    world.run(datetime(2026, 1, 9, 9, 59, tzinfo=UTC))
    assert not PlanDecision.objects.exists()
    world.run(datetime(2026, 1, 9, 11, 30, tzinfo=UTC))

    assert world.decision(ada, campaign).occasion == "date:2026-01-10"


def test_a_date_is_asked_about_once_and_a_new_date_is_a_new_occasion(world: World) -> None:
    world.rule(throttle_days=0)
    ada = world.person(properties={"renewal": "2026-01-10"})
    world.around_date("renewal", late_days=30)
    world.until(datetime(2026, 1, 20, 12, tzinfo=UTC))
    type(ada).objects.filter(pk=ada.pk).update(properties={"renewal": "2026-01-25"})
    world.until(datetime(2026, 2, 20, 12, tzinfo=UTC))
    type(ada).objects.filter(pk=ada.pk).update(properties={"renewal": "2026-01-25", "more": "x"})
    world.until(datetime(2026, 2, 25, 12, tzinfo=UTC))

    assert [row.occasion for row in world.sent] == ["date:2026-01-10", "date:2026-01-25"]


def test_a_date_that_was_entered_late_is_asked_about_within_its_days_and_not_later(world: World) -> None:
    world.around_date("trial_end", late_days=7)
    world.run()
    world.at += 2 * HOUR  # the day was planned already
    week_old = world.person(properties={"trial_end": "2025-12-29"})
    six_days_old = world.person(properties={"trial_end": "2025-12-30"})
    assert week_old.pk

    world.until(world.at + 2 * A_DAY)

    assert {row.customer for row in world.sent} == {six_days_old.pk}


def test_no_date_or_nonsense_is_nobodys_turn(world: World) -> None:
    world.person()
    world.person(properties={"trial_end": "soon"})
    world.person(properties={"trial_end": "2026-02-30"})
    ada = world.person(properties={"trial_end": "2026-01-06"})
    world.around_date("trial_end")

    world.until(world.at + 3 * A_DAY)

    assert [row.customer for row in world.sent] == [ada.pk]
