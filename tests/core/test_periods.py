"""Periods are the organization's own days; trends cover them without gap or overlap."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.core.periods import Comparison, Period, Preset, Unit, bucket_start, local_day, months_before

days = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1))
lengths = st.integers(min_value=0, max_value=800)
periods = st.builds(lambda first, length: Period(first, first + timedelta(days=length)), days, lengths)


def test_a_click_late_in_the_evening_counts_on_the_day_of_the_organization():
    click = datetime(2025, 3, 1, 22, 30, tzinfo=UTC)
    assert local_day(click, ZoneInfo("Pacific/Auckland")) == date(2025, 3, 2)
    assert local_day(click, ZoneInfo("America/New_York")) == date(2025, 3, 1)


@pytest.mark.parametrize(
    ("preset", "first", "days"),
    [
        (Preset.WEEK, date(2024, 2, 23), 7),
        (Preset.MONTH, date(2024, 1, 31), 30),
        (Preset.QUARTER, date(2023, 12, 2), 90),
        (Preset.YEAR, date(2023, 3, 1), 366),
    ],
)
def test_presets_end_today_and_contain_it(preset, first, days):
    period = Period.ending(date(2024, 2, 29), preset)
    assert (period.first, period.last, period.days) == (first, date(2024, 2, 29), days)


def test_twelve_months_are_compared_with_the_twelve_before():
    period = Period.ending(date(2025, 3, 15), Preset.YEAR)
    assert period.previous == Period(date(2023, 3, 16), date(2024, 3, 15))


def test_a_year_earlier_are_the_same_dates_and_a_leap_day_is_the_last_of_february():
    period = Period(date(2024, 2, 10), date(2024, 2, 29))
    assert period.compared_with(Comparison.YEAR) == Period(date(2023, 2, 10), date(2023, 2, 28))


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 11, 22), date(2026, 11, 22), "22 Nov 2026"),
        (date(2026, 10, 1), date(2026, 10, 31), "1–31 Oct 2026"),
        (date(2026, 10, 1), date(2026, 11, 22), "1 Oct – 22 Nov 2026"),
        (date(2025, 11, 23), date(2026, 11, 22), "23 Nov 2025 – 22 Nov 2026"),
        (date(2025, 11, 1), date(2026, 11, 1), "1 Nov 2025 – 1 Nov 2026"),
    ],
)
def test_a_period_reads_as_a_person_would_write_it(first, last, words):
    assert str(Period(first, last)) == words


@given(periods)
def test_the_period_before_is_as_long_and_ends_the_day_before(period):
    before = period.compared_with(Comparison.PREVIOUS)
    assert before.days == period.days
    assert before.last + timedelta(days=1) == period.first


@given(periods, st.sampled_from(list(Unit)), st.sampled_from([1, 6, 7]))
def test_buckets_cover_the_period_once(period, unit, week_start):
    covered = [
        bucket.first + timedelta(days=offset)
        for bucket in period.buckets(unit, week_start)
        for offset in range((bucket.last - bucket.first).days + 1)
    ]
    assert covered == [period.first + timedelta(days=offset) for offset in range(period.days)]


@given(days, st.integers(min_value=1, max_value=7))
def test_weeks_start_on_the_weekday_of_the_organization(day, week_start):
    start = bucket_start(day, Unit.WEEK, week_start)
    assert start.isoweekday() == week_start
    assert 0 <= (day - start).days < 7


@given(days, st.integers(min_value=-30, max_value=30))
def test_months_back_and_forth_keep_the_day_or_the_end_of_the_month(day, months):
    moved = months_before(day, months)
    assert (day.year - moved.year) * 12 + day.month - moved.month == months
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(("days", "unit"), [(7, Unit.DAY), (31, Unit.DAY), (90, Unit.WEEK), (365, Unit.MONTH)])
def test_the_trend_is_cut_by_the_length_of_the_period(days, unit):
    assert Period(date(2025, 1, 1), date(2025, 1, 1) + timedelta(days=days - 1)).natural_unit is unit


def test_a_very_long_period_cannot_be_cut_into_thousands_of_points():
    assert Period(date(2000, 1, 1), date(2029, 12, 31)).units() == [Unit.MONTH]
