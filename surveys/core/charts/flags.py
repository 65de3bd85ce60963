"""Marks on a trend: something happened on a day, or over some days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from surveys.core.charts.base import percent
from surveys.core.periods import Bucket


@dataclass(frozen=True)
class Flag:
    """`label` is its number, the same as in the list below the trend; `width` is "0%" where it was one moment."""

    label: str
    title: str
    x: str
    width: str
    middle: str


def flags(buckets: Sequence[Bucket], happened: Sequence[tuple[str, date, date]]) -> list[Flag]:
    """`happened` are title, first and last day, in order; days outside the trend are cut off at its ends."""
    return [_flag(index, title, first, last, buckets) for index, (title, first, last) in enumerate(happened, start=1)]


def _flag(number: int, title: str, first: date, last: date, buckets: Sequence[Bucket]) -> Flag:
    if first == last:
        middle = _place(first, buckets, 0.5)
        return Flag(str(number), title, percent(middle), "0%", percent(middle))
    left, right = _place(first, buckets, 0), _place(last, buckets, 1)
    return Flag(str(number), title, percent(left), percent(right - left), percent((left + right) / 2))


def _place(day: date, buckets: Sequence[Bucket], part: float) -> float:
    """How far a day is from the left, in percent; `part` is 0 for its beginning and 1 for its end."""
    if not buckets or day < buckets[0].first:
        return 0.0
    slot = 100 / len(buckets)
    for index, bucket in enumerate(buckets):
        if day <= bucket.last:
            days = (bucket.last - bucket.first).days + 1
            return slot * (index + ((day - bucket.first).days + part) / days)
    return 100.0
