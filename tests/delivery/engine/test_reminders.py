"""Reminders: n-th so many days after the ask, only to those who have not answered, at hours for sending."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from surveys.campaigns.models import Campaign, Status
from surveys.customers.models import Customer
from tests.delivery.engine.world import A_DAY, Sent, World, asked

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def reminded(sent: list[Sent]) -> list[tuple[str, datetime]]:
    return [(row.kind, row.at) for row in sent if row.kind != "ask"]


def test_who_does_not_answer_is_reminded_as_often_as_was_said_and_the_wave_ends(world: World) -> None:
    ada = world.person()
    campaign = world.campaign(reminders=3, reminder_days=4)
    begin = world.at

    world.until(begin + 11 * A_DAY)
    assert world.status(campaign) == Status.LIVE
    world.until(begin + 40 * A_DAY)

    assert reminded(world.sent) == [
        ("reminder-1", begin + 4 * A_DAY),
        ("reminder-2", begin + 8 * A_DAY),
        ("reminder-3", begin + 12 * A_DAY),
    ]
    ada.refresh_from_db()
    assert (ada.last_asked_at, ada.asked_count) == (begin, 1)  # a reminder is no ask
    assert world.status(campaign) == Status.ENDED


def test_who_answered_is_left_alone(world: World) -> None:
    world.people(3)
    world.campaign(reminders=2, reminder_days=3)
    first, second, third = world.run()

    world.answer(first)
    world.click(second)  # a link was opened; whether it counts is not settled yet
    world.until(world.at + 4 * A_DAY)
    world.answer(third)
    world.until(world.at + 10 * A_DAY)

    assert [(row.customer, row.kind) for row in world.sent if row.kind != "ask"] == [(third.customer, "reminder-1")]


def test_who_unsubscribed_bounced_was_erased_or_lost_the_address_is_left_alone(world: World) -> None:
    world.people(5)
    world.campaign(reminders=1, reminder_days=3)
    unsubscribes, bounces, erased, homeless, stays = world.run()

    world.unsubscribe(unsubscribes)
    world.suppress(Customer.objects.get(pk=bounces.customer).email or "", "bounced")
    world.erase(erased.customer)
    world.change(homeless.customer, email=None)
    world.until(world.at + 10 * A_DAY)

    assert [row.customer for row in world.sent if row.kind != "ask"] == [stays.customer]


def test_the_end_of_the_campaign_ends_its_reminders(world: World) -> None:
    world.people(2)
    world.campaign(reminders=3, reminder_days=3, ends_at=world.at + 5 * A_DAY)

    world.until(world.at + 20 * A_DAY)

    assert [row.kind for row in world.sent].count("reminder-1") == 2
    assert len(world.sent) == 4


def test_a_pause_holds_reminders_and_resuming_sends_each_once(world: World) -> None:
    world.people(2)
    campaign = world.campaign(reminders=2, reminder_days=3)
    world.run()
    world.pause(campaign)

    assert world.until(world.at + 5 * A_DAY) == []
    world.resume(campaign)
    world.until(world.at + 10 * A_DAY)

    kinds = [(row.customer, row.kind) for row in world.sent]
    assert len(kinds) == len(set(kinds)) == 6


def test_reminders_keep_to_the_hours_of_the_customer(world: World) -> None:
    world.at = datetime(2026, 1, 7, 0, tzinfo=UTC)  # Wednesday, 9:00 in Tokyo
    world.person(time_zone="Asia/Tokyo")
    world.campaign(reminders=1, reminder_days=3, send_from=time(9), send_until=time(12), send_days=0b0011111)

    world.until(world.at + 8 * A_DAY)

    assert [f"{at.astimezone(ZoneInfo('Asia/Tokyo')):%a %H:%M}" for _kind, at in reminded(world.sent)] == ["Mon 09:00"]


@pytest.mark.parametrize(
    ("sends_on", "expected"),
    [(0b0011111, ["Mon 12", "Mon 19", "Mon 26"]), (0b1000001, ["Sun 11", "Sun 18", "Sun 25"])],
)
def test_days_without_sending_move_all_that_follows(world: World, sends_on: int, expected: list[str]) -> None:
    """Five days after a Monday that was moved there is a Saturday; five days after a Sunday, no day for sending either."""
    world.person()
    world.campaign(reminders=3, reminder_days=5, send_days=sends_on)  # on Monday the 5th

    world.until(world.at + 40 * A_DAY)

    assert [f"{at:%a %d}" for _kind, at in reminded(world.sent)] == expected


def test_one_that_nobody_saw_to_in_time_keeps_the_next_at_its_distance(world: World) -> None:
    """Due on Sunday the 11th; looked at on a Wednesday, when it is moved, and on the Saturday of the week after."""
    world.at = datetime(2026, 1, 4, 8, tzinfo=UTC)
    world.person()
    world.campaign(reminders=2, reminder_days=5, send_from=time(8), send_until=time(17), send_days=0b1000001)
    for day in (0, 10, 20):
        world.run(datetime(2026, 1, 4, 8, tzinfo=UTC) + day * A_DAY)

    world.until(world.at + 15 * A_DAY)

    assert [f"{at:%a %d}" for _kind, at in reminded(world.sent)] == ["Sun 25", "Sun 01"]


def test_reminders_are_no_asks_for_caps_and_throttles(world: World) -> None:
    world.people(3)
    world.campaign(daily_cap=1, reminders=1, reminder_days=1)

    world.until(world.at + 5 * A_DAY)

    assert [at.date() for at in asked(world.sent)] == [datetime(2026, 1, day).date() for day in (5, 6, 7)]
    assert len(reminded(world.sent)) == 3


def test_more_reminders_for_a_live_campaign_reach_those_who_wait(world: World) -> None:
    world.person()
    campaign = world.recurring(1, reminders=1, reminder_days=2)
    world.until(world.at + A_DAY)
    Campaign.objects.filter(pk=campaign.pk).update(reminders=0)

    world.until(world.at + 5 * A_DAY)

    assert reminded(world.sent) == []
