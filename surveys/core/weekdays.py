"""Days of the week that are kept as bits, Monday the lowest, in words."""

from collections.abc import Iterator
from typing import Final

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

_WEEK: Final = 7


def said(bits: int) -> str:
    """ "Monday–Friday", "Monday, Wednesday"."""
    return _(", ").join(_run(first, last) for first, last in _runs(bits))


def _runs(bits: int) -> Iterator[tuple[int, int]]:
    """First and last of the days that follow each other."""
    day = 0
    while day < _WEEK:
        first = day
        while day < _WEEK and bits >> day & 1:
            day += 1
        if day > first:
            yield first, day - 1
        day += 1


def _run(first: int, last: int) -> str:
    if last - first < 2:
        return _(", ").join(str(WEEKDAYS[day]) for day in range(first, last + 1))
    return f"{WEEKDAYS[first]}–{WEEKDAYS[last]}"
