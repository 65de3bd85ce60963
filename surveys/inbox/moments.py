"""Until when a conversation can be put off: moments that people mean, in the organization's time zone. Pure."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

MORNING: Final = time(9)


def _in_days(number: int) -> Callable[[date], date]:
    return lambda today: today + timedelta(days=number)


def _next_monday(today: date) -> date:
    return today + timedelta(days=7 - today.weekday())


_DAYS: Final[dict[str, Callable[[date], date]]] = {
    "tomorrow": _in_days(1),
    "three_days": _in_days(3),
    "monday": _next_monday,
    "two_weeks": _in_days(14),
}
_HOURS: Final = {"hours": timedelta(hours=3)}


def offers(at: datetime, zone: ZoneInfo) -> list[tuple[str, str]]:
    """The choices of a form: key and words."""
    names = {
        "hours": _("In three hours"),
        "tomorrow": _("Tomorrow morning"),
        "three_days": _("In three days"),
        "monday": _("Monday morning"),
        "two_weeks": _("In two weeks"),
    }
    said = {key: date_format(_moment(key, at, zone).astimezone(zone), "D j M, H:i", use_l10n=False) for key in names}
    return [(key, f"{name} ({said[key]})") for key, name in names.items()]


def chosen(key: str, day: str, at: datetime, zone: ZoneInfo) -> datetime | None:
    """What a form chose: a day that was typed wins over the offers. None for neither."""
    if day:
        typed = _day(day)
        return _morning(typed, zone) if typed else None
    return _moment(key, at, zone) if key in _HOURS or key in _DAYS else None


def read(text: str) -> datetime | None:
    """A moment with its zone, as we wrote it into a page."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _moment(key: str, at: datetime, zone: ZoneInfo) -> datetime:
    if key in _HOURS:
        return at.replace(second=0, microsecond=0) + _HOURS[key]  # pressed twice it is the same moment
    return _morning(_DAYS[key](at.astimezone(zone).date()), zone)


def _morning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, MORNING, zone)


def _day(text: str) -> date | None:
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return found if found and found.year < 3000 else None
