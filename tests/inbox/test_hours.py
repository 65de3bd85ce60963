"""Business time, by its laws and on the days that are not like others."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.inbox import moments as moments_of
from surveys.inbox.hours import ALWAYS, DAY, OFFICE, Hours

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "America/Havana", "Australia/Lord_Howe"]


def local(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@st.composite
def weeks(draw: st.DrawFn) -> dict[int, list[tuple[int, int]]]:
    week = {}
    for weekday in draw(st.sets(st.integers(1, 7), min_size=1)):
        edges = sorted(draw(st.sets(st.integers(0, DAY), min_size=2, max_size=6)))
        week[weekday] = list(zip(edges[::2], edges[1::2], strict=False))
    return week


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    days = st.dates(date(2026, 1, 1), date(2026, 12, 31))
    return Hours(draw(weeks()), ZoneInfo(draw(st.sampled_from(ZONES))), frozenset(draw(st.sets(days, max_size=5))))


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))


@settings(max_examples=60, deadline=None)
@given(hours(), moments, st.integers(0, 3000))
def test_after_so_many_minutes_exactly_so_many_have_passed(hours: Hours, moment: datetime, minutes: int) -> None:
    due = hours.after(moment, minutes)
    assert hours.between(moment, due) == timedelta(minutes=minutes)
    assert minutes == 0 or hours.between(moment, due - timedelta(seconds=1)) < timedelta(minutes=minutes)


@settings(max_examples=40, deadline=None)
@given(hours(), moments, st.integers(0, 20_000), st.integers(0, 20_000))
def test_business_time_adds_up_and_is_never_more_than_real_time(
    hours: Hours, moment: datetime, first: int, second: int
) -> None:
    middle = moment + timedelta(minutes=first)
    end = middle + timedelta(minutes=second)
    assert hours.between(moment, middle) + hours.between(middle, end) == hours.between(moment, end) <= end - moment


@pytest.mark.parametrize(
    ("since", "minutes", "due"),
    [
        ("2026-03-02 10:00", 60, "2026-03-02 11:00"),
        ("2026-03-02 16:30", 60, "2026-03-03 09:30"),
        ("2026-03-06 16:00", 120, "2026-03-09 10:00"),  # over the weekend
        ("2026-03-07 12:00", 480, "2026-03-09 17:00"),  # a whole day: at its end, not the next morning
        ("2026-04-02 16:00", 120, "2026-04-07 10:00"),  # Good Friday and Easter Monday are holidays
    ],
)
def test_in_office_hours(since: str, minutes: int, due: str) -> None:
    easter = frozenset({date(2026, 4, 3), date(2026, 4, 6)})
    assert Hours(OFFICE, BERLIN, easter).after(local(since), minutes) == local(due)


def test_when_clocks_change_real_minutes_count() -> None:
    night = Hours({6: [(22 * 60, DAY)], 7: [(0, 6 * 60)]}, BERLIN)
    spring, autumn = local("2026-03-28 22:00"), local("2026-10-24 22:00")
    assert night.between(spring, local("2026-03-29 12:00")) == timedelta(hours=7)
    assert night.between(autumn, local("2026-10-25 12:00")) == timedelta(hours=9)
    assert Hours(ALWAYS, BERLIN).after(autumn, 24 * 60) == autumn.astimezone(UTC) + timedelta(hours=24)


def test_a_week_without_hours_is_refused() -> None:
    with pytest.raises(ValueError, match="without hours"):
        Hours({1: []}, BERLIN)


@pytest.mark.parametrize(
    ("now", "offered"),
    [
        ("2026-03-03T10:00", {"tomorrow": "4 Mar", "three_days": "6 Mar", "monday": "9 Mar", "two_weeks": "17 Mar"}),
        ("2026-03-06T10:00", {"three_days": "9 Mar", "two_weeks": "20 Mar"}),  # Friday
        ("2026-03-08T10:00", {"tomorrow": "9 Mar", "three_days": "11 Mar", "two_weeks": "23 Mar"}),  # Sunday
        ("2026-12-24T10:00", {"tomorrow": "29 Dec", "two_weeks": "7 Jan"}),  # before Christmas and a closed Monday
    ],
)
def test_what_is_put_off_comes_back_on_a_working_morning_and_each_is_offered_once(
    now: str, offered: dict[str, str]
) -> None:
    open_at_ten = {**OFFICE, 4: [(10 * 60, 15 * 60)]}
    office = Hours(open_at_ten, BERLIN, frozenset({date(2026, 12, 25), date(2026, 12, 28)}))
    found = dict(moments_of.offers(local(now), office))
    assert list(found) == ["hours", *offered]
    assert all(day in found[key] for key, day in offered.items()), found
    chosen = [moments_of.chosen(key, "", local(now), office) for key in offered]
    assert all(moment and office.is_open(moment) for moment in chosen)
