"""Sending hours are those of the customer's clock, wherever that is and whatever is done to it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from surveys.customers.models import Customer
from surveys.delivery.models import Invitation
from tests.delivery.engine.hours import EVERY_DAY, Hours
from tests.delivery.engine.world import A_DAY, World

pytestmark = pytest.mark.django_db

OFFICE: dict[str, Any] = {"send_from": time(9), "send_until": time(17)}
WEEKDAYS = 0b0011111
HOUR = timedelta(hours=1)


def local(at: datetime | None, zone: str) -> str:
    assert at is not None
    return at.astimezone(ZoneInfo(zone)).strftime("%a %d %b %H:%M")


def due(of: Customer) -> datetime | None:
    return Invitation.objects.get(customer=of).due_at


def test_everyone_is_asked_in_the_morning_of_their_own_day(world: World) -> None:
    """At Monday noon in UTC it is Tuesday, 2:00, on Kiritimati and Monday, 1:00, in Pago Pago."""
    here = {
        zone: world.person(time_zone=zone)
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "Asia/Kolkata", "Europe/Berlin")
    }
    world.campaign(**OFFICE)

    assert {row.customer for row in world.run()} == {here["Europe/Berlin"].pk}
    assert {zone: local(due(person), zone) for zone, person in here.items()} == {
        "Pacific/Kiritimati": "Tue 06 Jan 09:00",
        "Pacific/Pago_Pago": "Mon 05 Jan 09:00",
        "Asia/Kathmandu": "Tue 06 Jan 09:00",  # it was 17:45 there
        "Asia/Kolkata": "Tue 06 Jan 09:00",  # and 17:30
        "Europe/Berlin": "Mon 05 Jan 13:00",
    }
    world.until(world.at + A_DAY)
    assert {
        row.customer: local(row.at, zone) for row in world.sent for zone in here if here[zone].pk == row.customer
    } == {person.pk: local(due(person), zone) for zone, person in here.items()}


def test_an_unknown_zone_counts_as_the_organizations(world: World) -> None:
    world.rule(time_zone="Pacific/Auckland")
    lost, blank, odd = (world.person(time_zone=name) for name in ("Mars/Olympus", "", "europe/berlin; --"))
    world.campaign(**OFFICE)

    world.run()  # 1:00 in Auckland

    assert {local(due(person), "Pacific/Auckland") for person in (lost, blank, odd)} == {"Tue 06 Jan 09:00"}


def test_nobody_is_asked_on_a_weekend_of_theirs(world: World) -> None:
    world.at = datetime(2026, 1, 9, 16, tzinfo=UTC)  # Friday
    samoa, berlin, kiritimati = (
        world.person(time_zone=zone) for zone in ("Pacific/Pago_Pago", "Europe/Berlin", "Pacific/Kiritimati")
    )
    world.campaign(send_days=WEEKDAYS, **OFFICE)

    world.until(world.at + 4 * A_DAY)

    assert [(row.customer, f"{row.at:%a %H:%M}") for row in world.sent] == [
        (samoa.pk, "Fri 20:00"),
        (kiritimati.pk, "Sun 19:00"),  # where it is Monday
        (berlin.pk, "Mon 08:00"),
    ]


def test_hours_that_closed_before_the_message_was_claimed_open_again_tomorrow(world: World) -> None:
    ada = world.person()
    campaign = world.campaign(**OFFICE)
    world.plan(campaign)

    assert world.run(datetime(2026, 1, 5, 17, tzinfo=UTC)) == []  # the senders stood still all afternoon
    assert due(ada) == datetime(2026, 1, 6, 9, tzinfo=UTC)
    assert world.run(datetime(2026, 1, 6, 8, 59, tzinfo=UTC)) == []
    assert len(world.run(datetime(2026, 1, 6, 9, tzinfo=UTC))) == 1


# ── The rule itself ──────────────────────────────────────────────────────────────────────────────────────────────────
def allowed(at: datetime, zone: str, hours: Hours) -> datetime:
    params: list[Any] = [at, zone, hours.opens, hours.closes, hours.days]
    with connection.cursor() as cursor:
        cursor.execute("SELECT surveys_allowed_at(%s, %s, %s, %s, %s)", params)
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("zone", "night", "opens", "closes", "expected"),
    [
        # The hour that is left out in spring: the sending hours are there in part, or not at all.
        ("Europe/Berlin", date(2026, 3, 29), time(2), time(4), "Sun 29 Mar 03:00"),
        ("Europe/Berlin", date(2026, 3, 29), time(2), time(3), "Mon 30 Mar 02:00"),
        ("America/New_York", date(2026, 3, 8), time(2, 30), time(3, 30), "Sun 08 Mar 03:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2), time(2, 45), "Sun 04 Oct 02:30"),  # half an hour
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2), time(2, 30), "Mon 05 Oct 02:00"),
        ("America/Havana", date(2026, 3, 8), time(0), time(1), "Mon 09 Mar 00:00"),  # midnight is left out
        # The hour that comes twice in autumn.
        ("Europe/Berlin", date(2026, 10, 25), time(2), time(4), "Sun 25 Oct 02:00"),
        ("America/New_York", date(2026, 11, 1), time(1, 30), time(2), "Sun 01 Nov 01:30"),
        ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 30), time(3), "Sun 05 Apr 01:30"),
    ],
)
def test_the_night_in_which_clocks_are_changed(
    zone: str, night: date, opens: time, closes: time, expected: str
) -> None:
    evening = datetime.combine(night - A_DAY, time(20), ZoneInfo(zone))
    assert local(allowed(evening, zone, Hours(opens, closes)), zone) == expected


def test_samoa_left_out_a_whole_day(world: World) -> None:
    """There was no 30 December 2011, a Friday, in Apia."""
    hours = Hours(time(9), time(17), 0b0010000)  # Fridays
    thursday = datetime(2011, 12, 29, 20, tzinfo=ZoneInfo("Pacific/Apia"))
    assert local(allowed(thursday, "Pacific/Apia", hours), "Pacific/Apia") == "Fri 06 Jan 09:00"


moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
nights = st.sampled_from(
    [datetime(2026, 3, 28, 22), datetime(2026, 10, 24, 22), datetime(2026, 3, 8), datetime(2026, 11, 1)]
).flatmap(lambda at: st.integers(0, 1800).map(lambda minutes: at.replace(tzinfo=UTC) + timedelta(minutes=minutes)))
zones = st.sampled_from(
    [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Kiritimati",
        "Pacific/Pago_Pago",
        "UTC",
    ]
)
quarters = st.integers(0, 95).map(lambda number: time(number // 4, number % 4 * 15))
windows = st.tuples(quarters, quarters).filter(lambda pair: pair[0] < pair[1])


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(moments, nights), zones, st.one_of(st.just((None, None)), windows), st.integers(1, EVERY_DAY))
@example(datetime(2026, 10, 25, 0, 50, tzinfo=UTC), "Europe/Berlin", (time(2, 15), time(2, 45)), EVERY_DAY)
def test_the_moment_is_the_first_at_which_the_hours_are_open(
    db: None, at: datetime, zone: str, window: tuple[time | None, time | None], days: int
) -> None:
    hours, where = Hours(*window, days), ZoneInfo(zone)

    found = allowed(at, zone, hours)

    first = hours.next_open(at, where)
    assert hours.are_open(found, where)
    assert found >= at
    # Hours that come twice in one night, with a break between: their second coming may be left out.
    assert found == first or (is_second_coming(first, where) and found <= hours.next_open(first + HOUR, where))


def is_second_coming(at: datetime, where: ZoneInfo) -> bool:
    return at.astimezone(where).fold == 1
