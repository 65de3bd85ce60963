"""Business time: which hours of the week count towards a promise, and counting in them. Pure.

Hours are local; minutes are real ones. On the day on which clocks go forward a night shift is an hour shorter, on the day
on which they go back an hour longer. What is adjacent is counted once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

DAY: Final = 24 * 60
NINE: Final = 9 * 60
_ZERO: Final = timedelta()

Span = tuple[int, int]  # minutes of a local day, from and until; 1440 is its end
Week = Mapping[int, Sequence[Span]]  # by ISO weekday; at least one span in the week

OFFICE: Final[Week] = {weekday: [(9 * 60, 17 * 60)] for weekday in range(1, 6)}
ALWAYS: Final[Week] = {weekday: [(0, DAY)] for weekday in range(1, 8)}


@dataclass(frozen=True)
class Hours:
    """When an organization works. Dates in `holidays` are its own, whole days on which nothing counts."""

    week: Week
    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not any(self.week.values()):
            raise ValueError("a week without hours: no promise could ever be kept")

    @classmethod
    def read(cls, week: Mapping[str, Any], zone: str, holidays: Sequence[str]) -> Self:
        """From what is stored in InboxSettings; an empty week is office hours."""
        spans = {int(day): [(_minute(a), _minute(b)) for a, b in spans] for day, spans in week.items()}
        return cls(spans or OFFICE, ZoneInfo(zone), frozenset(date.fromisoformat(text[:10]) for text in holidays))

    @property
    def is_always(self) -> bool:
        return all(list(self.week.get(weekday, ())) == [(0, DAY)] for weekday in ALWAYS) and not self.holidays

    def after(self, moment: datetime, minutes: int) -> datetime:
        """The first moment by which so many minutes of business time have passed since `moment`, in UTC."""
        moment, left = moment.astimezone(UTC), timedelta(minutes=minutes)
        if left <= _ZERO:
            return moment
        for start, end in self._from(moment):
            start = max(start, moment)
            if end - start >= left:
                return start + left
            left -= max(end - start, _ZERO)
        raise OverflowError(f"{minutes} minutes after {moment} is beyond the calendar")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The business time between two moments; none when `end` is not after `start`."""
        start, end, total = start.astimezone(UTC), end.astimezone(UTC), _ZERO
        for opens, closes in self._from(start):
            if opens >= end:
                break
            total += max(min(closes, end) - max(opens, start), _ZERO)
        return total

    def spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """When it opens and closes from `start` on, in order; the last may close after `end`."""
        for opens, closes in self._from(start):
            if opens >= end:
                return
            if closes > start:
                yield max(opens, start.astimezone(UTC)), closes

    def is_open(self, moment: datetime) -> bool:
        opens, closes = next(span for span in self._from(moment) if span[1] > moment)
        return opens <= moment < closes

    def is_working_day(self, day: date) -> bool:
        return day not in self.holidays and bool(self.week.get(day.isoweekday()))

    def working_day(self, day: date) -> date:
        """The day itself, or the next one on which something counts."""
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day

    def morning(self, day: date) -> int:
        """The minute of the day at which its work begins; where it is in work at nine already, or has a day off, nine."""
        spans = self.week.get(day.isoweekday(), ()) if day not in self.holidays else ()
        is_usual = not spans or any(first <= NINE < last for first, last in spans)
        return NINE if is_usual else min(spans)[0]

    def _from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Spans in order, none overlapping another, from the local day of `moment` on, in UTC."""
        day, until = moment.astimezone(self.zone).date(), datetime.min.replace(tzinfo=UTC)
        while day < date.max:
            for first, last in () if day in self.holidays else self.week.get(day.isoweekday(), ()):
                opens, closes = max(self._moment(day, first, fold=0), until), self._moment(day, last, fold=1)
                if opens < closes:
                    yield opens, closes
                    until = closes
            day += timedelta(days=1)

    def _moment(self, day: date, minute: int, fold: int) -> datetime:
        """Of an hour that the clock shows twice the first, for a beginning, or the second, for an end."""
        if minute == DAY:
            day, minute, fold = day + timedelta(days=1), 0, 0
        local = datetime.combine(day, time(minute // 60, minute % 60, fold=fold), tzinfo=self.zone)
        return local.astimezone(UTC)


def _minute(text: str) -> int:
    hour, _colon, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def stored(spans: Sequence[Span]) -> list[list[str]]:
    """As InboxSettings keeps the spans of one weekday."""
    return [[f"{a // 60:02}:{a % 60:02}", f"{b // 60:02}:{b % 60:02}"] for a, b in spans]
