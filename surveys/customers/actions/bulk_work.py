"""The work on an act: slice by slice in the order of ids, each in one transaction with the cursor, so that every
customer has one turn. Killed, a worker leaves a heartbeat that grows old; the next one goes on behind the cursor."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from psycopg2.errors import DeadlockDetected

from surveys.customers import queries
from surveys.customers.actions import bulk_slices, holding, merging
from surveys.customers.actions.holding import Clock, Hold, Superseded
from surveys.customers.actions.merging import NotPossible
from surveys.customers.list_filters import ListFilters
from surveys.customers.models import BulkAct, BulkKind, BulkStatus, Customer, CustomerChange, CustomerQuerySet
from surveys.customers.queries import BadCondition
from surveys.outbox.nudges import nudge

logger = logging.getLogger(__name__)

SLICE = 1000


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
        _fail(hold.row, " ".join(str(problem.message) for problem in bad.problems), clock())
    except NotPossible as said:
        _fail(hold.row, str(said), clock())
    except (OperationalError, IntegrityError) as collision:
        if isinstance(collision, OperationalError) and not isinstance(collision.__cause__, DeadlockDetected):
            raise
        logger.warning(
            "bulk act %s met another writer and begins its slice again: %s", act_id, type(collision).__name__
        )
        hold.let_go()
        nudge("surveys.customers.tasks.work_on_bulk_act", act_id)


def _take(act_id: int, clock: Clock) -> Hold[BulkAct] | None:
    at = clock()
    free = BulkAct.objects.forsaken(at, at - timedelta(seconds=settings.LEASE_SECONDS))
    free.filter(pk=act_id, status=BulkStatus.WAITING).update(status=BulkStatus.RUNNING, started_at=at)
    hold = holding.take(free, act_id, clock)
    if hold is not None and hold.is_hopeless:
        said = _(
            "The work stopped %(tries)d times without a result. Ask your operator to look at the log of the workers."
        )
        _fail(hold.row, said % {"tries": holding.MOST_TRIES}, at)
        return None
    return hold


def _fail(act: BulkAct, error: str, at: datetime) -> None:
    mine = BulkAct.objects.filter(pk=act.pk, attempt=act.attempt, status=act.status)
    mine.update(status=BulkStatus.FAILED, error=error[:500], finished_at=at)


def _finish(hold: Hold[BulkAct]) -> None:
    if hold.row.kind == BulkKind.MERGE:
        _merge(hold)
    else:
        _finish_slices(hold)


def _merge(hold: Hold[BulkAct]) -> None:
    """Done and said to be done in one transaction. Raises NotPossible."""
    with transaction.atomic():
        hold.step(status=BulkStatus.DONE, finished_at=hold.clock(), seen=2, changed=2)
        merging.perform(act=hold.row, at=hold.clock())


def _finish_slices(hold: Hold[BulkAct]) -> None:
    is_undo = hold.row.status == BulkStatus.UNDOING
    cursor: int | None = hold.row.cursor
    while cursor is not None:
        with transaction.atomic():
            hold.step()
            cursor = _restore_some(hold, cursor) if is_undo else _change_some(hold, cursor)
    hold.step(status=BulkStatus.UNDONE if is_undo else BulkStatus.DONE, finished_at=hold.clock())


def _change_some(hold: Hold[BulkAct], cursor: int) -> int | None:
    """One slice behind the cursor; returns the new cursor, None when nobody is left."""
    act, at = hold.row, hold.clock()
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


def _restore_some(hold: Hold[BulkAct], cursor: int) -> int | None:
    act, at = hold.row, hold.clock()
    noted = CustomerChange.objects.filter(
        organization=act.organization, source="bulk", source_id=act.pk, customer__gt=cursor
    )
    ids = list(noted.order_by("customer").values_list("customer", flat=True)[:SLICE])
    if not ids:
        return None
    restored = bulk_slices.restore(act, ids, at)
    hold.step(cursor=ids[-1], restored=F("restored") + restored, tries=1)
    return ids[-1]
