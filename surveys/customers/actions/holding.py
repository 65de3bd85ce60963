"""Work that is a row, and who is at it: a worker takes a row by counting its `attempt` up, and every later write names
that attempt, so that a worker that was thought dead can do nothing more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from django.db import models
from django.db.models import F

Clock = Callable[[], datetime]
MOST_TRIES = 5


class Workable(Protocol):
    """`tries` counts how often workers took it since the last piece that was committed."""

    pk: Any
    attempt: int
    tries: int
    status: str
    _default_manager: Any


W = TypeVar("W", bound=Workable)


class Superseded(RuntimeError):
    """The work was stopped, or another worker has taken it."""


@dataclass(frozen=True)
class Hold(Generic[W]):
    row: W
    clock: Clock

    def step(self, **changes: object) -> None:
        """Give a sign of life and change the row. Raises Superseded; call it first in each transaction."""
        mine = type(self.row)._default_manager.filter(pk=self.row.pk, attempt=self.row.attempt, status=self.row.status)
        if not mine.update(heartbeat_at=self.clock(), **changes):
            raise Superseded(self.row.pk)

    def let_go(self) -> None:
        """Another worker may take it at once."""
        mine = type(self.row)._default_manager.filter(pk=self.row.pk, attempt=self.row.attempt)
        mine.update(heartbeat_at=None)


def take(free: "models.QuerySet[Any]", pk: int, clock: Clock) -> Hold[Any] | None:
    """Take the row `pk` if it is among the `free`; None when another worker was faster or nothing is to be done."""
    if not free.filter(pk=pk).update(attempt=F("attempt") + 1, tries=F("tries") + 1, heartbeat_at=clock()):
        return None
    return Hold(free.model._default_manager.select_related("organization").get(pk=pk), clock)
