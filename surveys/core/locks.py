"""Locks of the database for work that one process at a time should do; a process that dies lets go of them."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def held(name: str, number: int) -> Iterator[bool]:
    """Whether the lock was free and is ours now. Not for use inside a transaction that may fail."""
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
