"""Until when a conversation can be put off: moments that people mean, by the hours of the organization. Pure."""

from collections.abc import Callable, Collection
from datetime import date, datetime, time, timedelta
from typing import Final

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from surveys.inbox.hours import Hours

LAST_YEAR: Final = 2999


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


def offers(at: datetime, hours: Hours) -> list[tuple[str, str]]:
    """The choices of a form in their order: key and words, each moment once. What would lie on a day off lies on the next
    working day; where another choice is that day anyway, it is named by that one."""
    found: dict[datetime, tuple[str, str]] = {}
    moved = {key for key in _DAYS if not hours.is_working_day(_day(key, at, hours))}
    names = _names(moved)
    for key in sorted(names, key=lambda key: key in moved):
        moment = _moment(key, at, hours)
        said = date_format(moment.astimezone(hours.zone), "D j M, H:i", use_l10n=False)
        found.setdefault(moment, (key, f"{names[key]} ({said})"))
    return [found[moment] for moment in sorted(found)]


def _names(moved: Collection[str]) -> dict[str, str]:
    names = {
        "hours": _("In three hours"),
        "tomorrow": _("Tomorrow morning"),
        "three_days": _("In three days"),
        "monday": _("Monday morning"),
        "two_weeks": _("In two weeks"),
    }
    later = {key: _("%(name)s, then the next working morning") % {"name": names[key]} for key in moved}
    return names | later | ({"tomorrow": _("Next working morning")} if "tomorrow" in moved else {})


def chosen(key: str, day: str, at: datetime, hours: Hours) -> datetime | None:
    """What a form chose: a day that was typed wins over the offers, a day off too. None for neither."""
    if day:
        typed = _typed(day)
        return _morning(typed, hours) if typed else None
    return _moment(key, at, hours) if key in _HOURS or key in _DAYS else None


def _moment(key: str, at: datetime, hours: Hours) -> datetime:
    if key in _HOURS:
        return at.replace(second=0, microsecond=0) + _HOURS[key]  # pressed twice it is the same moment
    return _morning(hours.working_day(_day(key, at, hours)), hours)


def _day(key: str, at: datetime, hours: Hours) -> date:
    return _DAYS[key](at.astimezone(hours.zone).date())


def _morning(day: date, hours: Hours) -> datetime:
    minute = hours.morning(day)
    return datetime.combine(day, time(minute // 60, minute % 60), hours.zone)


def _typed(text: str) -> date | None:
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return found if found and 1 < found.year <= LAST_YEAR else None
