"""Periods of an organization's local days, what to compare them with, and how to cut them for a trend.

period=7d | 30d | 90d | 12m          a preset that ends today
from=2025-03-01&to=2025-03-31        any days, both included; wins over a preset
compare=previous | year              the period before it, or the same days a year earlier
unit=day | week | month              how the trend is cut; without it: by the length of the period
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MONDAY = 1
ONE_DAY = timedelta(days=1)
LONGEST = timedelta(days=366 * 30)
MOST_BUCKETS = 400


class Preset(models.TextChoices):
    WEEK = "7d", gettext_lazy("7 days")
    MONTH = "30d", gettext_lazy("30 days")
    QUARTER = "90d", gettext_lazy("90 days")
    YEAR = "12m", gettext_lazy("12 months")


_PRESET_DAYS = {Preset.WEEK: 7, Preset.MONTH: 30, Preset.QUARTER: 90}
DEFAULT_PRESET = Preset.QUARTER


class Unit(models.TextChoices):
    DAY = "day", gettext_lazy("Day")
    WEEK = "week", gettext_lazy("Week")
    MONTH = "month", gettext_lazy("Month")


class Comparison(models.TextChoices):
    PREVIOUS = "previous", gettext_lazy("the period before")
    YEAR = "year", gettext_lazy("a year earlier")


def local_day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month; its last day where that month is shorter."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    month += 1
    return date(years, month, min(day.day, calendar.monthrange(years, month)[1]))


@dataclass(frozen=True)
class Bucket:
    """One piece of a trend, cut off at the ends of the period; `starts` is the whole unit's first day."""

    first: date
    last: date
    starts: date
    unit: Unit

    @property
    def label(self) -> str:
        return date_format(self.first, "M Y" if self.unit is Unit.MONTH else "j M", use_l10n=False)

    @property
    def title(self) -> str:
        if self.first == self.last:
            return date_format(self.first, "j F Y", use_l10n=False)
        return str(Period(self.first, self.last))


@dataclass(frozen=True)
class Period:
    first: date
    last: date
    preset: Preset | None = None

    @classmethod
    def ending(cls, today: date, preset: Preset) -> "Period":
        if preset is Preset.YEAR:
            return cls(months_before(today, 12) + ONE_DAY, today, preset)
        return cls(today - timedelta(days=_PRESET_DAYS[preset] - 1), today, preset)

    def __str__(self) -> str:
        """As a person writes it: 22 Nov 2026; 1–31 Oct 2026; 1 Oct – 22 Nov 2026; 23 Nov 2025 – 22 Nov 2026."""
        last = date_format(self.last, "j M Y", use_l10n=False)
        if self.first == self.last:
            return last
        if (self.first.year, self.first.month) == (self.last.year, self.last.month):
            return f"{self.first.day}–{last}"
        same_year = self.first.year == self.last.year
        return f"{date_format(self.first, 'j M' if same_year else 'j M Y', use_l10n=False)} – {last}"

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def ends(self) -> tuple[date, date]:
        return self.first, self.last

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def label(self) -> str:
        return _("the last %(length)s") % {"length": self.preset.label} if self.preset else str(self)

    def compared_with(self, comparison: Comparison) -> "Period":
        return self.year_before if comparison is Comparison.YEAR else self.previous

    @property
    def previous(self) -> "Period":
        """As long, ending the day before; months for a period of months."""
        last = self.first - ONE_DAY
        if self.preset is Preset.YEAR:
            return Period(months_before(last, 12) + ONE_DAY, last)
        return Period(last - timedelta(days=self.days - 1), last)

    @property
    def year_before(self) -> "Period":
        return Period(months_before(self.first, 12), months_before(self.last, 12))

    @property
    def natural_unit(self) -> Unit:
        if self.days <= 31:
            return Unit.DAY
        return Unit.WEEK if self.days <= 190 else Unit.MONTH

    def units(self) -> list[Unit]:
        """What a trend of this period can be cut into without more points than anyone can read."""
        lengths = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 28}
        return [unit for unit in Unit if self.days // lengths[unit] <= MOST_BUCKETS]

    def buckets(self, unit: Unit, week_start: int = MONDAY) -> list[Bucket]:
        """In order, without gaps, covering exactly the period; `week_start` is an ISO weekday: 1 is Monday, 7 Sunday."""
        return list(self._cut(unit, week_start))

    def _cut(self, unit: Unit, week_start: int) -> Iterator[Bucket]:
        first = self.first
        while first <= self.last:
            starts = bucket_start(first, unit, week_start)
            last = min(self.last, _next_start(starts, unit) - ONE_DAY)
            yield Bucket(first, last, starts, unit)
            first = last + ONE_DAY


def bucket_start(day: date, unit: Unit, week_start: int = MONDAY) -> date:
    if unit is Unit.MONTH:
        return day.replace(day=1)
    if unit is Unit.WEEK:
        return day - timedelta(days=(day.isoweekday() - week_start) % 7)
    return day


def _next_start(starts: date, unit: Unit) -> date:
    if unit is Unit.MONTH:
        return months_before(starts, -1)
    return starts + timedelta(days=7 if unit is Unit.WEEK else 1)
