"""Signs of life: beat asks each queue for one every minute, and who works on the queue gives it.

They lie in the database's cache, so every host sees those of all, and a queue without one has no worker, or no beat, or
is busy with tasks that take longer than they should.
"""

from datetime import datetime, timedelta
from typing import Final

from django.core.cache import cache

QUEUES: Final = ("email", "bulk", "rollups", "default", "inbound")
_KEPT: Final = 30 * 24 * 3600  # seconds


def give(queue: str, *, at: datetime) -> None:
    cache.set(_key(queue), at, _KEPT)


def ages(*, at: datetime) -> dict[str, timedelta | None]:
    """How old the last sign of each queue is; None where there never was one."""
    found = cache.get_many([_key(queue) for queue in QUEUES])
    return {queue: max(timedelta(), at - sign) if (sign := found.get(_key(queue))) else None for queue in QUEUES}


def _key(queue: str) -> str:
    return f"sign-of-life:{queue}"
