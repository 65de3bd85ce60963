"""A server that was cut off says nothing: without these options TCP waits for it for hours, on either side.

So each side asks after the other when it is silent, and gives up after `seconds`. What a host that was cut off holds in
the database, locks above all, is free again soon after. On sockets of one machine the options of TCP mean nothing.
"""

import socket
from collections.abc import Mapping
from typing import Any, Final

QUESTIONS: Final = 3  # without an answer, before a connection counts as lost
IDLE_IN_TRANSACTION: Final = (
    3  # times as long may a transaction stand still: its process hangs, and its machine answers
)


def database_options(seconds: int, given: Mapping[str, str]) -> dict[str, object]:
    """Of libpq and of the session at the server; what the operator has given stays as it is."""
    idle, interval = _rhythm(seconds)
    session = {
        "tcp_keepalives_idle": idle,
        "tcp_keepalives_interval": interval,
        "tcp_keepalives_count": QUESTIONS,
        "tcp_user_timeout": seconds * 1000,
        "idle_in_transaction_session_timeout": seconds * 1000 * IDLE_IN_TRANSACTION,
    }
    ours: dict[str, object] = {
        "connect_timeout": max(2, seconds // 4),
        "keepalives_idle": idle,
        "keepalives_interval": interval,
        "keepalives_count": QUESTIONS,
        "tcp_user_timeout": seconds * 1000,
        "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
    }
    return ours | dict(given)


def broker_options(seconds: int) -> dict[str, Any]:
    """Of redis-py and kombu. Celery's own wait for work lasts a second, so that no answer takes as long as this."""
    idle, interval = _rhythm(seconds)
    wanted = {
        "TCP_KEEPIDLE": idle,
        "TCP_KEEPINTVL": interval,
        "TCP_KEEPCNT": QUESTIONS,
        "TCP_USER_TIMEOUT": seconds * 1000,
    }
    return {
        "socket_timeout": max(5, seconds // 2),
        "socket_keepalive": True,
        "socket_keepalive_options": {
            getattr(socket, name): value for name, value in wanted.items() if hasattr(socket, name)
        },
        "health_check_interval": max(5, seconds // 2),
    }


def _rhythm(seconds: int) -> tuple[int, int]:
    """Silence before the first question, and between questions."""
    interval = max(1, seconds // 6)
    return max(1, seconds - QUESTIONS * interval), interval
