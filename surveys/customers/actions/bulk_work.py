"""The work on an act: slice by slice in the order of ids, each in one transaction with the cursor, so that every
customer has one turn. Killed, a worker leaves a heartbeat that grows old; the next one goes on behind the cursor."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from psycopg2.errors import DeadlockDetected

from surveys.customers import queries
from surveys.customers.actions import bulk_slices
from surveys.customers.list_filters import ListFilters
from surveys.customers.models import BulkAct, BulkStatus, Customer, CustomerChange, CustomerQuerySet
from surveys.customers.queries import BadCondition
from surveys.outbox.nudges import nudge

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
SLICE = 1000
MOST_TRIES = 5


class Superseded(RuntimeError):
    """The act was stopped, or another worker has taken it."""


@dataclass(frozen=True)
class Hold:
    act: BulkAct
    clock: Clock

    def step(self, **changes: object) -> None:
        """Give a sign of life and change the act. Raises Superseded; call it first in each transaction."""
        mine = BulkAct.objects.filter(pk=self.act.pk, attempt=self.act.attempt, status=self.act.status)
        if not mine.update(heartbeat_at=self.clock(), **changes):
            raise Superseded(self.act.pk)


def work(*, act_id: int, clock: Clock) -> None:
    """Do what the act needs, if it is due and nobody else is at it."""
    hold = _take(act_id, clock)
    if hold is None:
        return
    try:
        _finish(hold)
    except Superseded:
        logger.info("bulk act %s was taken over or stopped", act_id)
    except BadCondition as bad:
        _fail(hold.act, " ".join(str(problem.message) for problem in bad.problems), clock())
    except OperationalError as collision:
        if not isinstance(collision.__cause__, DeadlockDetected):
            raise
        logger.warning("bulk act %s met another writer and begins its slice again", act_id)
        BulkAct.objects.filter(pk=act_id, attempt=hold.act.attempt).update(heartbeat_at=None)
        nudge("surveys.customers.tasks.work_on_bulk_act", act_id)


def _take(act_id: int, clock: Clock) -> Hold | None:
    at = clock()
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    waiting = BulkAct.objects.forsaken(at, stale).filter(pk=act_id)
    waiting.filter(status=BulkStatus.WAITING).update(status=BulkStatus.RUNNING, started_at=at)
    if not waiting.update(attempt=F("attempt") + 1, tries=F("tries") + 1, heartbeat_at=at):
        return None
    act = BulkAct.objects.select_related("organization").get(pk=act_id)
    if act.tries > MOST_TRIES:
        said = _(
            "The work stopped %(tries)d times without a result. Ask your operator to look at the log of the workers."
        )
        _fail(act, said % {"tries": MOST_TRIES}, at)
        return None
    return Hold(act, clock)


def _fail(act: BulkAct, error: str, at: datetime) -> None:
    mine = BulkAct.objects.filter(pk=act.pk, attempt=act.attempt, status=act.status)
    mine.update(status=BulkStatus.FAILED, error=error[:500], finished_at=at)


def _finish(hold: Hold) -> None:
    is_undo = hold.act.status == BulkStatus.UNDOING
    cursor: int | None = hold.act.cursor
    while cursor is not None:
        with transaction.atomic():
            hold.step()
            cursor = _restore_some(hold, cursor) if is_undo else _change_some(hold, cursor)
    hold.step(status=BulkStatus.UNDONE if is_undo else BulkStatus.DONE, finished_at=hold.clock())


def _change_some(hold: Hold, cursor: int) -> int | None:
    """One slice behind the cursor; returns the new cursor, None when nobody is left."""
    act, at = hold.act, hold.clock()
    ids = list(
        _meant(act, at).filter(pk__gt=cursor, pk__lte=act.last_id).order_by("pk").values_list("pk", flat=True)[:SLICE]
    )
    if not ids:
        return None
    changed = bulk_slices.change(act, ids, at)
    hold.step(cursor=ids[-1], seen=F("seen") + len(ids), changed=F("changed") + changed, tries=1)
    return ids[-1]


def _meant(act: BulkAct, at: datetime) -> CustomerQuerySet:
    if act.ids is not None:
        return Customer.objects.filter(organization=act.organization, pk__in=act.ids)
    return queries.matching(act.organization, ListFilters.from_text(act.query), at=at)


def _restore_some(hold: Hold, cursor: int) -> int | None:
    act, at = hold.act, hold.clock()
    noted = CustomerChange.objects.filter(
        organization=act.organization, source="bulk", source_id=act.pk, customer__gt=cursor
    )
    ids = list(noted.order_by("customer").values_list("customer", flat=True)[:SLICE])
    if not ids:
        return None
    restored = bulk_slices.restore(act, ids, at)
    hold.step(cursor=ids[-1], restored=F("restored") + restored, tries=1)
    return ids[-1]
