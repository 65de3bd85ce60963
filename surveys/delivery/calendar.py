"""The calendar of what will be sent, ready for the template: weeks of days, each with its lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.core.periods import ONE_DAY, Period
from surveys.delivery.upcoming import Item, What

WEEKS: Final = 6


@dataclass(frozen=True)
class Line:
    """What happens with one campaign on a day."""

    text: str
    campaign: str
    url: str
    kind: str


@dataclass(frozen=True)
class Day:
    day: date
    is_today: bool
    is_past: bool
    lines: tuple[Line, ...]
    people: int

    @property
    def is_quiet(self) -> bool:
        return not self.lines and not self.is_past


@dataclass(frozen=True)
class Quiet:
    """Days in a row on which nothing happens, for the list."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def period(today: date) -> Period:
    """This week and those that follow, Monday first."""
    monday = today - timedelta(days=today.weekday())
    return Period(monday, monday + timedelta(days=7 * WEEKS - 1))


def weeks(found: Sequence[Item], today: date) -> list[list[Day]]:
    shown = period(today)
    days = [_day(shown.first + timedelta(days=number), found, today) for number in range(7 * WEEKS)]
    return [days[start : start + 7] for start in range(0, len(days), 7)]


def as_list(of_weeks: Iterable[Iterable[Day]]) -> list[Day | Quiet]:
    """From today on; quiet days in a row are one line."""
    told: list[Day | Quiet] = []
    for day in (day for week in of_weeks for day in week if not day.is_past):
        before = told[-1] if told else None
        if not day.is_quiet:
            told.append(day)
        elif isinstance(before, Quiet) and before.last + ONE_DAY == day.day:
            told[-1] = Quiet(before.first, day.day)
        else:
            told.append(Quiet(day.day, day.day))
    return told


def weekdays(today: date) -> list[tuple[str, str]]:
    """Short and long names, Monday first."""
    first = period(today).first
    return [
        (date_format(day, "D"), date_format(day, "l"))
        for day in (first + timedelta(days=number) for number in range(7))
    ]


def _day(day: date, found: Sequence[Item], today: date) -> Day:
    mine = [item for item in found if item.day == day]
    return Day(day, day == today, day < today, tuple(line(item) for item in mine), sum(item.people for item in mine))


def line(item: Item) -> Line:
    campaign = item.campaign
    text = text_of(item)
    if campaign.is_paused and item.what not in (What.END, What.START):
        text = _("%(what)s, but it is paused") % {"what": text}
    return Line(text, campaign.name, campaign.get_absolute_url(), item.what.value)


def text_of(item: Item) -> str:
    count = number_format(item.people, force_grouping=True)
    texts = {
        What.START: _("starts"),
        What.END: _("ends"),
        What.DUE: ngettext("%(n)s invitation", "%(n)s invitations", item.people),
        What.FREE: ngettext("%(n)s becomes free", "%(n)s become free", item.people),
        What.SLOT: ngettext("about %(n)s has a turn", "about %(n)s have their turn", item.people),
        What.DATE: ngettext("about %(n)s by date", "about %(n)s by date", item.people),
        What.REMINDER: ngettext("%(n)s reminder at most", "%(n)s reminders at most", item.people),
    }
    return texts[item.what] % {"n": count}
