"""Places in lists that are read page by page: the moment and the key of a row, as text in an address.

Addresses are typed by anybody. What comes back is read here, so that it is a moment that both Python and PostgreSQL know in
every time zone, and a key that fits into a column; else it is nothing, and the list shows its beginning.
"""

from datetime import UTC, datetime
from typing import Final

from django.utils.dateparse import parse_datetime

from surveys.core.filter_values import LARGEST_ID

# A time zone moves a moment by less than a day: between these, none moves it out of the calendar.
_FIRST: Final = datetime(1, 1, 3, tzinfo=UTC)
_LAST: Final = datetime(9999, 12, 29, tzinfo=UTC)


def moment(text: str) -> datetime | None:
    """With its zone, in UTC; None for everything else."""
    try:
        found = parse_datetime(text)
        found = found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
    return found if found is not None and _FIRST <= found <= _LAST else None


def key(text: str) -> int | None:
    """Of a row; None for everything else."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    return int(text) if int(text) <= LARGEST_ID else None


def encoded(at: datetime, pk: int) -> str:
    return f"{at.isoformat()}_{pk}"


def decoded(text: str) -> tuple[datetime, int] | None:
    """None for what `encoded` did not make."""
    at, _, number = text.partition("_")
    found, pk = moment(at), key(number)
    return (found, pk) if found is not None and pk is not None else None
