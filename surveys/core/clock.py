"""One clock for all hosts: the database's. docs/decisions/0010-one-clock.md says why, and who goes by it.

Business SQL never asks for the time: this is where those who run it get their `at` from.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import Error, connection

logger = logging.getLogger(__name__)

_GOOD_FOR: Final = 5.0  # seconds; then it is asked again


@dataclass(frozen=True)
class _Reading:
    at: datetime  # of the database
    taken: float  # of this machine's monotonic clock, which nobody sets

    @property
    def age(self) -> float:
        return time.monotonic() - self.taken

    @property
    def now(self) -> datetime:
        return self.at + timedelta(seconds=self.age)


_last: _Reading | None = None


def now() -> datetime:
    """The time of the database, or up to a round trip to it later: what was due when it was asked is due. While it
    cannot be asked the last answer is counted on."""
    global _last
    if _last is None or _last.age > _GOOD_FOR:
        try:
            _last = _read()
        except Error:
            if _last is None:
                raise
            logger.warning("the database cannot be asked for the time; counting on from its last answer")
    return _last.now


def _read() -> _Reading:
    asked = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (at,) = cursor.fetchone()
    return _Reading(at, asked)
