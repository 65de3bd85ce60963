"""Locks of the database: those for work that one process at a time should do, and what happens when locks meet in a circle."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from django.db import OperationalError, connection
from psycopg2.errors import DeadlockDetected

P = ParamSpec("P")
R = TypeVar("R")

_TRIES: Final = 3


@contextmanager
def held(name: str, number: int) -> Iterator[bool]:
    """Whether the lock was free and is ours now; a process that dies lets go of it. Not for use inside a transaction that
    may fail."""
    key = [zlib.crc32(name.encode()) - 2**31, number % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        (is_ours,) = cursor.fetchone()
    try:
        yield bool(is_ours)
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


def again_after_deadlock(act: Callable[P, R]) -> Callable[P, R]:
    """For an action that is one transaction: when PostgreSQL ends it because it and another waited for each other, it is
    done again from its beginning. Inside a transaction of somebody else's it is not: that one is over as a whole.

    Sending locks a customer before the invitation, answering the invitation before its customer, and either has to.
    """

    @wraps(act)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        for _try in range(_TRIES - 1):
            try:
                return act(*args, **kwargs)
            except OperationalError as error:
                if connection.in_atomic_block or not isinstance(error.__cause__, DeadlockDetected):
                    raise
        return act(*args, **kwargs)

    return wrapper
