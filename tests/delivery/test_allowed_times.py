"""When a message may go out, in PostgreSQL, against a slow search by Python's own time zones."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import example, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.django_db

# Changes of an hour, of half an hour and of a whole day; in the evening, at midnight and in the early morning.
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Santiago",
    "Asia/Kathmandu",
    "UTC",
)
STEP = timedelta(minutes=5)
Window = tuple[time | None, time | None]

CHANGES = (
    "2011-12-30",
    "2024-04-07",
    "2024-09-08",
    "2026-02-15",
    "2026-03-08",
    "2026-03-29",
    "2026-10-04",
    "2026-10-25",
)
moments = st.builds(
    lambda day, steps: datetime.fromisoformat(day).replace(tzinfo=UTC) + steps * STEP,
    st.sampled_from(CHANGES),
    st.integers(-3 * 288, 2 * 288),
)
clock = st.integers(0, 287).map(lambda step: time(step // 12, step % 12 * 5))
windows = st.one_of(st.just((None, None)), st.tuples(clock, clock).filter(lambda pair: pair[0] < pair[1]))


def is_allowed(moment: datetime, zone: ZoneInfo, window: Window, days: int) -> bool:
    local = moment.astimezone(zone)
    opens, closes = window
    if not days >> local.weekday() & 1:
        return False
    return opens is None or closes is None or opens <= local.time() < closes


def first_allowed(moment: datetime, zone: ZoneInfo, window: Window, days: int) -> datetime:
    while not is_allowed(moment, zone, window, days):
        moment += STEP
    return moment


def allowed_at(moment: datetime, zone: str, window: Window, days: int) -> datetime:
    params: list[Any] = [moment, zone, *window, days]
    with connection.cursor() as cursor:
        cursor.execute("SELECT surveys_allowed_at(%s, %s, %s::time, %s::time, %s)", params)
        (found,) = cursor.fetchone()
    return found


@settings(max_examples=150, deadline=None)
@given(moments, st.sampled_from(ZONES), windows, st.integers(1, 127))
@example(datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "Europe/Berlin", (time(2, 15), time(2, 45)), 127)  # hours left out
@example(datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "Europe/Berlin", (time(2, 15), time(3, 30)), 127)
@example(datetime(2026, 10, 25, 0, 45, tzinfo=UTC), "Europe/Berlin", (time(2, 10), time(2, 40)), 127)  # and repeated
@example(datetime(2011, 12, 30, 9, 0, tzinfo=UTC), "Pacific/Apia", (time(9), time(17)), 0b0010000)  # no such Friday
@example(datetime(2024, 9, 8, 3, 0, tzinfo=UTC), "America/Santiago", (time(0), time(0, 30)), 127)  # no midnight
def test_it_is_the_first_moment_of_the_window_that_is_not_before(
    moment: datetime, zone: str, window: Window, days: int
) -> None:
    assert allowed_at(moment, zone, window, days) == first_allowed(moment, ZoneInfo(zone), window, days)


@settings(max_examples=100, deadline=None)
@given(
    st.dates(date(2024, 1, 1), date(2026, 12, 31)),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from(ZONES),
    windows,
    st.integers(1, 127),
)
def test_a_day_is_spread_over_its_window(day: date, share: float, zone: str, window: Window, days: int) -> None:
    params: list[Any] = [day, share, zone, *window, days]
    with connection.cursor() as cursor:
        cursor.execute("SELECT surveys_spread_at(%s, %s, %s, %s::time, %s::time, %s)", params)
        (found,) = cursor.fetchone()

    assert found.astimezone(ZoneInfo(zone)).date() >= day
    assert is_allowed(found, ZoneInfo(zone), window, days)


def test_a_zone_that_nobody_knows_is_the_organizations() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT surveys_zone(wanted, 'Asia/Tokyo')"
            " FROM unnest(ARRAY['', 'Europe/Berlin', 'Mars/Phobos', 'Berlin']) WITH ORDINALITY AS w(wanted, n) ORDER BY n"
        )
        found = [zone for (zone,) in cursor.fetchall()]
    assert found == ["Asia/Tokyo", "Europe/Berlin", "Asia/Tokyo", "Asia/Tokyo"]
