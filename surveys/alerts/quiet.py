"""Hours and days in which no mail with alerts goes out, by the organization's clock. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

WEEK: Final = frozenset(range(1, 8))  # ISO weekdays
_DAY: Final = timedelta(days=1)
_LONGEST: Final = 16  # ends of quiet stretches one after the other: more than a week has


@dataclass(frozen=True)
class Quiet:
    """Quiet from `start` until `end`, which may be on the next day, and on whole `days`. Never all the week."""

    start: time | None = None
    end: time | None = None
    days: frozenset[int] = frozenset()

    def over(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The first moment from `at` on that is not quiet; `at` itself in loud times."""
        moment = at
        for _step in range(_LONGEST):
            after = self._end_of_stretch(moment.astimezone(zone))
            if after is None:
                return moment
            moment = after.astimezone(at.tzinfo)
        return moment

    def _end_of_stretch(self, local: datetime) -> datetime | None:
        """When what is quiet at this local time ends; None when nothing is."""
        day, clock = local.date(), local.time()
        if day.isoweekday() in self.days:
            return _at(day + _DAY, time(0), local)
        if self.start is None or self.end is None or self.start == self.end:
            return None
        if self.start < self.end:
            return _at(day, self.end, local) if self.start <= clock < self.end else None
        if clock >= self.start:
            return _at(day + _DAY, self.end, local)
        return _at(day, self.end, local) if clock < self.end else None


def _at(day: date, clock: time, like: datetime) -> datetime:
    return datetime.combine(day, clock, like.tzinfo)


def next_time(clock: time, days: frozenset[int], after: datetime, zone: ZoneInfo) -> datetime:
    """The next moment later than `after` that has this local time, on a day that is none of `days`."""
    day = after.astimezone(zone).date()
    for ahead in range(15):
        moment = datetime.combine(day + ahead * _DAY, clock, zone)
        if moment > after and moment.isoweekday() not in days:
            return moment
    return datetime.combine(day + _DAY, clock, zone)
