"""Waiting for what another process does: poll with a deadline, never sleep for luck."""

import socket
import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


class TookTooLong(AssertionError):
    """What was awaited did not come about in time."""


def wait_until(condition: Callable[[], Value], *, seconds: float = 60, what: str = "it") -> Value:
    """The condition's first true value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TookTooLong(f"{what} did not happen within {seconds} s; last value: {value!r}")
        time.sleep(0.02)
    return value


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
