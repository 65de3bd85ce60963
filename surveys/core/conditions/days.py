"""What operators mean by days: one reading for SQL and for Python. Days are those of the organization's zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from surveys.core.conditions.tree import Comparison, Op

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """From the first to the last day, both included. Open ends reach as far as dates go."""

    first: date = date.min
    last: date = date.max


def span(part: Comparison, today: date) -> Span:
    """The days that a comparison of dates or moments accepts."""
    value: Any = part.value
    match part.op:
        case Op.EQUALS:
            return Span(_day(value), _day(value))
        case Op.BEFORE:
            return Span(last=_day(value) - _DAY)
        case Op.AFTER:
            return Span(first=_day(value) + _DAY)
        case Op.BETWEEN:
            return Span(_day(value[0]), _day(value[1]))
        case Op.IN_LAST:
            return Span(today - value * _DAY, today)
        case Op.LONGER_AGO:
            return Span(last=today - (value + 1) * _DAY)
        case Op.IN_NEXT:
            return Span(today, today + value * _DAY)
    raise LookupError(part.op)


def _day(text: str) -> date:
    return date.fromisoformat(text)


def begins(day: date, zone: ZoneInfo) -> datetime:
    """When the day begins there, in UTC. Where clocks skip midnight, when they do."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def moments(days: Span, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """From this moment on, and before that one; None where the span is open."""
    since = begins(days.first, zone) if days.first > date.min else None
    until = begins(days.last + _DAY, zone) if days.last < date.max else None
    return since, until
