"""The work on an act: slice by slice in the order of ids, each in one transaction with the cursor, so that every response
has one turn. Killed, a worker leaves a heartbeat that grows old; the next one goes on behind the cursor."""

import logging
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from psycopg2.errors import DeadlockDetected

from surveys.customers.actions import holding
from surveys.customers.actions.holding import Clock, Hold, Superseded
from surveys.outbox.nudges import nudge
from surveys.responses import mark_queries
from surveys.responses.actions import marking, marking_slices
from surveys.responses.actions.acts import WORK
from surveys.responses.actions.marking import TagIsGone
from surveys.responses.actions.marking_slices import Junk, Marker
from surveys.responses.mark_queries import NotUnderstood
from surveys.responses.models import MarkKind, MarkStatus, ResponseAct, ResponseChange, Tag

logger = logging.getLogger(__name__)

SLICE: Final = 1000
_ENDING: Final = (MarkKind.MERGE, MarkKind.DROP)


def work(*, act_id: int, clock: Clock) -> None:
    """Do what the act needs, if it is due and nobody else is at it."""
    hold = _take(act_id, clock)
    if hold is None:
        return
    try:
        _finish(hold)
    except Superseded:
        logger.info("act %s on responses was taken over or stopped", act_id)
    except NotUnderstood as bad:
        _fail(hold, str(bad))
    except TagIsGone:
        _fail(hold, _("The tag “%(tag)s” was deleted meanwhile.") % {"tag": hold.row.name})
    except (OperationalError, IntegrityError) as collision:
        if isinstance(collision, OperationalError) and not isinstance(collision.__cause__, DeadlockDetected):
            raise
        logger.warning("act %s on responses met another writer and begins its slice again", act_id)
        hold.let_go()
        nudge(WORK, act_id)


def _take(act_id: int, clock: Clock) -> Hold[ResponseAct] | None:
    at = clock()
    free = ResponseAct.objects.forsaken(at, at - timedelta(seconds=settings.LEASE_SECONDS))
    free.filter(pk=act_id, status=MarkStatus.WAITING).update(status=MarkStatus.RUNNING, started_at=at)
    hold = holding.take(free, act_id, clock)
    if hold is not None and hold.is_hopeless:
        said = _(
            "The work stopped %(tries)d times without a result. Ask your operator to look at the log of the workers."
        )
        _fail(hold, said % {"tries": holding.MOST_TRIES})
        return None
    return hold


def _fail(hold: Hold[ResponseAct], error: str) -> None:
    mine = ResponseAct.objects.filter(pk=hold.row.pk, attempt=hold.row.attempt, status=hold.row.status)
    mine.update(status=MarkStatus.FAILED, error=error[:500], finished_at=hold.clock())


def _finish(hold: Hold[ResponseAct]) -> None:
    if hold.row.kind in _ENDING:
        _end_tag(hold)
        return
    is_undo = hold.row.status == MarkStatus.UNDOING
    cursor: int | None = hold.row.cursor
    while cursor is not None:
        with transaction.atomic():
            hold.step()
            cursor = _restore_some(hold, cursor) if is_undo else _change_some(hold, cursor)
    hold.step(status=MarkStatus.UNDONE if is_undo else MarkStatus.DONE, finished_at=hold.clock())


def _marker(hold: Hold[ResponseAct], act: int | None) -> Marker:
    return Marker(hold.row.organization_id, hold.row.created_by_id, hold.clock(), act)


def _change_some(hold: Hold[ResponseAct], cursor: int) -> int | None:
    """One slice behind the cursor; returns the new cursor, None when nothing is left."""
    act = hold.row
    if act.kind in (MarkKind.TAG, MarkKind.UNTAG):
        _expect_tag(act)
    found = mark_queries.meant(act.organization, act.ids, act.query, hold.clock()).filter(
        pk__gt=cursor, pk__lte=act.last_id
    )
    ids = list(found.order_by("pk").values_list("pk", flat=True)[:SLICE])
    if not ids:
        return None
    changed = _change(act, _marker(hold, act.pk), ids)
    hold.step(cursor=ids[-1], seen=F("seen") + len(ids), changed=F("changed") + len(changed), tries=1)
    return ids[-1]


def _change(act: ResponseAct, marker: Marker, ids: list[int]) -> list[int]:
    if act.kind == MarkKind.TAG:
        return marking_slices.tag(marker, ids, _tag(act))
    if act.kind == MarkKind.UNTAG:
        return marking_slices.untag(marker, ids, _tag(act))
    if act.kind == MarkKind.INCLUDE:
        return marking_slices.include(marker, ids)
    return marking_slices.exclude(marker, mark_queries.not_junk(act.organization, ids), Junk(act.reason, act.note))


def _expect_tag(act: ResponseAct) -> None:
    """Raises TagIsGone."""
    marking.hold_tag(Tag(pk=_tag(act), organization=act.organization))


def _tag(act: ResponseAct) -> int:
    if act.tag_id is None:
        raise TagIsGone(act.name)
    return act.tag_id


def _restore_some(hold: Hold[ResponseAct], cursor: int) -> int | None:
    """Where nobody changed it since, a response is again what it was."""
    act = hold.row
    if act.kind == MarkKind.UNTAG:
        _expect_tag(act)
    noted = ResponseChange.objects.filter(organization=act.organization, act=act.pk, response__gt=cursor)
    ids = list(noted.order_by("response").values_list("response", flat=True)[:SLICE])
    if not ids:
        return None
    restored = _restore(act, _marker(hold, None), mark_queries.untouched_since(act, ids))
    hold.step(cursor=ids[-1], restored=F("restored") + len(restored), tries=1)
    return ids[-1]


def _restore(act: ResponseAct, marker: Marker, ids: list[int]) -> list[int]:
    if act.kind == MarkKind.TAG:
        return marking_slices.untag(marker, ids, act.tag_id) if act.tag_id else []
    if act.kind == MarkKind.UNTAG:
        return marking_slices.tag(marker, ids, _tag(act))
    if act.kind == MarkKind.INCLUDE:
        return marking_slices.exclude_again(marker, ids, act)
    return marking_slices.include(marker, ids)


# ── A tag goes ──


def _end_tag(hold: Hold[ResponseAct]) -> None:
    """Taken off slice by slice; the tag goes when nothing has it, in the transaction that saw so."""
    is_left = True
    while is_left:
        with transaction.atomic():
            hold.step()
            is_left = _retag_some(hold)


def _retag_some(hold: Hold[ResponseAct]) -> bool:
    """One slice, under the lock of both tags: nobody puts them on meanwhile. False when it was the last."""
    act, tag = hold.row, _tag(hold.row)
    if act.kind == MarkKind.MERGE and act.into_id is None:
        raise TagIsGone(act.name)
    wanted = [pk for pk in (tag, act.into_id) if pk is not None]
    list(Tag.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk").values_list("pk"))
    ids = mark_queries.tagged(act.organization, tag, SLICE)
    if not ids:
        hold.step(status=MarkStatus.DONE, finished_at=hold.clock())
        Tag.objects.filter(pk=tag).delete()
        return False
    marker = _marker(hold, act.pk)
    changed = (
        marking_slices.retag(marker, ids, tag, act.into_id) if act.into_id else marking_slices.untag(marker, ids, tag)
    )
    hold.step(cursor=ids[-1], seen=F("seen") + len(ids), changed=F("changed") + len(changed), tries=1)
    return True
