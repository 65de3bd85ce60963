"""Work that is a row, and who is at it: a worker takes a row by counting its `attempt` up, and every later write names
that attempt, so that a worker that was thought dead can do nothing more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar

from django.db.models import F, QuerySet

from surveys.customers.models import HeldWork

Clock = Callable[[], datetime]
MOST_TRIES: Final = 5

W = TypeVar("W", bound=HeldWork)


class Superseded(RuntimeError):
    """The work was stopped, or another worker has taken it."""


@dataclass(frozen=True)
class Hold(Generic[W]):
    row: W
    clock: Clock

    def step(self, **changes: object) -> None:
        """Give a sign of life and change the row. Raises Superseded; call it first in each transaction."""
        if not self._mine().filter(status=self.row.status).update(heartbeat_at=self.clock(), **changes):
            raise Superseded(self.row.pk)

    def let_go(self) -> None:
        """Another worker may take it at once."""
        self._mine().update(heartbeat_at=None)

    def _mine(self) -> QuerySet[W]:
        rows: QuerySet[W] = type(self.row)._default_manager.all()
        return rows.filter(pk=self.row.pk, attempt=self.row.attempt)

    @property
    def is_hopeless(self) -> bool:
        """Workers took it too often without a piece that was committed."""
        return self.row.tries > MOST_TRIES


def take(free: QuerySet[W], pk: int, clock: Clock) -> Hold[W] | None:
    """Take the row `pk` if it is among the `free`; None when another worker was faster or nothing is to be done."""
    if not free.filter(pk=pk).update(attempt=F("attempt") + 1, tries=F("tries") + 1, heartbeat_at=clock()):
        return None
    rows: QuerySet[W] = free.model._default_manager.all()
    return Hold(rows.select_related("organization").get(pk=pk), clock)
