"""Sending hours, found by looking at the clock every quarter of an hour: slow, and easy to believe."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

QUARTER = timedelta(minutes=15)
EVERY_DAY = 0b1111111


def zone(name: str, otherwise: str) -> ZoneInfo:
    """The zone of this name; the other one when nobody knows it."""
    try:
        return ZoneInfo(name or otherwise)
    except (KeyError, ValueError, OSError):  # "Mars/Olympus", "../etc/passwd", "Europe"
        return ZoneInfo(otherwise)


@dataclass(frozen=True)
class Hours:
    """From (included) until (excluded), on these days (bits, Monday first). Without hours the whole day is open."""

    opens: time | None = None
    closes: time | None = None
    days: int = EVERY_DAY

    def are_open(self, at: datetime, where: ZoneInfo) -> bool:
        local = at.astimezone(where)
        if not self.days >> local.weekday() & 1:
            return False
        return self.opens is None or self.closes is None or self.opens <= local.time() < self.closes

    def next_open(self, at: datetime, where: ZoneInfo) -> datetime:
        """The first moment from `at` on at which they are open, itself included."""
        if self.are_open(at, where):
            return at
        moment = datetime.fromtimestamp(at.timestamp() // 900 * 900, UTC) + QUARTER
        while not self.are_open(moment, where):
            moment += QUARTER
            if moment > at + timedelta(days=800):
                raise AssertionError(f"never open: {self}")
        return moment


ALWAYS = Hours()
