"""How many there are, in bounded time: exactly up to a limit, about so many above it."""

import json
from dataclasses import dataclass
from typing import Final

from django.db import OperationalError, connection, transaction
from psycopg2.errors import QueryCanceled

from surveys.customers.models import CustomerQuerySet

MOST_COUNTED: Final = 300_000
MOST_COUNTED_OF_ALL: Final = 1_000_000  # whom nothing narrows: an index has them one after the other
MOST_MILLISECONDS: Final = 150


@dataclass(frozen=True)
class Count:
    """`is_about`: the planner's estimate, rounded; people are told so."""

    number: int
    is_about: bool = False


def count(found: CustomerQuerySet) -> Count:
    """Exact up to MOST_COUNTED when that many can be counted in time; else what PostgreSQL expects."""
    counted = _counted(found.order_by()[: MOST_COUNTED + 1])
    if counted is not None and counted <= MOST_COUNTED:
        return Count(counted)
    return Count(_rounded(max(_expected(found.order_by()), counted or 0)), is_about=True)


def count_all(found: CustomerQuerySet) -> Count:
    """As `count`, for people whom nothing narrows: of those PostgreSQL's statistics tell more when they are many."""
    expected = _expected(found.order_by())
    counted = _counted(found.order_by()) if expected <= MOST_COUNTED_OF_ALL else None
    return Count(_rounded(expected, 3), is_about=True) if counted is None else Count(counted)


def _counted(found: CustomerQuerySet) -> int | None:
    """None when it takes too long. The savepoint is always rolled back, and the time limit goes with it."""
    counted = None
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {MOST_MILLISECONDS}")
            counted = found.count()
            transaction.set_rollback(True)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
    return counted


def _expected(found: CustomerQuerySet) -> int:
    plan = json.loads(found.explain(format="json"))
    return int(plan[0]["Plan"]["Plan Rows"])


def _rounded(number: int, most: int = 2) -> int:
    """To two digits: an estimate of how many pass a filter has no more."""
    digits = max(len(str(number)) - most, 0)
    return round(number, -digits)
