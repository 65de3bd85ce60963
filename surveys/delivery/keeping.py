"""The channels that this thread keeps open, by their road."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from surveys.delivery.mailing import Channel

IDLE_SECONDS: Final = 60.0  # a connection that was not used for so long is closed


@dataclass
class Kept:
    channel: Channel
    made_for: datetime | None  # the account as it was changed then
    used: float


class _Channels(threading.local):
    def __init__(self) -> None:
        self.by_route: dict[str, Kept] = {}


_kept = _Channels()


def get(route: str, made_for: datetime | None) -> Channel | None:
    """None when there is none, or its account was changed since."""
    kept = _kept.by_route.get(route)
    if kept is None or kept.made_for != made_for:
        return None
    kept.used = time.monotonic()
    return kept.channel


def keep(route: str, made_for: datetime | None, channel: Channel) -> Channel:
    """From now on this is the channel of the road; that of before is closed."""
    close(route)
    _kept.by_route[route] = Kept(channel, made_for, time.monotonic())
    return channel


def close(route: str) -> None:
    if kept := _kept.by_route.pop(route, None):
        kept.channel.close()


def close_idle() -> None:
    now = time.monotonic()
    for route in [route for route, kept in _kept.by_route.items() if now - kept.used > IDLE_SECONDS]:
        close(route)


def hang_up() -> None:
    """Close them all; the next message opens one as it is configured then."""
    for route in list(_kept.by_route):
        close(route)
