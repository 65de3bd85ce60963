"""What Redis (or Valkey) says of itself. It must not throw nudges away when it is full, so its policy is looked at."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import redis
from django.conf import settings

PATIENCE: Final = 1.0  # seconds
POLICY: Final = "noeviction"


@contextmanager
def client() -> Iterator[redis.Redis]:
    """What Celery writes as redis+socket:// is unix:// here."""
    address = settings.REDIS_URL.replace("redis+socket://", "unix://", 1)
    with redis.Redis.from_url(address, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as connected:
        yield connected


def policy() -> str | None:
    """Its maxmemory-policy; None when it does not answer, or does not say (some hosted ones)."""
    try:
        with client() as connected:
            return str(connected.info("memory").get("maxmemory_policy") or "") or None
    except redis.RedisError:
        return None


def is_safe(found: str | None) -> bool:
    """What is not said counts as safe: nobody can do anything about it here."""
    return found in (None, POLICY)
