"""Days anew after an organization changed its time zone: slice by slice, while people answer. See docs/organizations.md.

A row's day and what it adds to the rollups move in one transaction, so the counts agree with the rows at every moment.
Answers and mails that were under way when the zone changed may still be stored by the old one: the last phase looks at
everything again, LATE_SECONDS after the change, until nothing is left.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from surveys.accounts.models import ZoneChange
from surveys.analytics.upkeep import rezoning_sql as sql
from surveys.core.locks import again_after_deadlock
from surveys.outbox.models import Event
from surveys.outbox.nudges import nudge

SLICE: Final = 2000
LATE_SECONDS: Final = 90  # longer than any request or message takes that read the old zone

TASK: Final = "surveys.analytics.tasks.rezone"

Parameters = dict[str, Any]

Phase = ZoneChange.Phase
State = ZoneChange.State


def rezone_soon(event: Event) -> None:
    """Listener in the transaction: a zone was changed, or the work goes on."""
    transaction.on_commit(lambda: nudge(TASK))


@again_after_deadlock
def work(*, at: datetime, limit: int = SLICE) -> bool:
    """One slice of one organization's change that is due; False when there is none. Two workers take different ones."""
    with transaction.atomic():
        due = ZoneChange.objects.filter(state=State.RUNNING, due_at__lte=at).order_by("due_at", "id")
        change = due.select_for_update(skip_locked=True).first()
        if change is None:
            return False
        if not change.total:
            change.total = _total(change)
        _PHASES[change.phase](change, at, limit)
        change.save(
            update_fields=[
                "phase",
                "state",
                "cursor_at",
                "cursor_id",
                "total",
                "looked_at",
                "moved",
                "due_at",
                "done_at",
            ]
        )
    return True


@dataclass(frozen=True)
class _Kind:
    """Rows with a stored day, and the statements that find and move them."""

    slice: str
    late: str
    stale: str
    move: str


RESPONSES: Final = _Kind(sql.SLICE_OF_RESPONSES, sql.LATE_RESPONSES, sql.STALE_RESPONSES, sql.MOVE_RESPONSES)
INVITATIONS: Final = _Kind(sql.SLICE_OF_INVITATIONS, sql.LATE_INVITATIONS, sql.STALE_INVITATIONS, sql.MOVE_INVITATIONS)


def _total(change: ZoneChange) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql.ROWS_WITH_DAYS, {"organization": change.organization_id})
        return int(cursor.fetchone()[0])


def _responses(change: ZoneChange, at: datetime, limit: int) -> None:
    if not _go_on(change, RESPONSES, limit):
        _next(change, Phase.INVITATIONS, at)


def _invitations(change: ZoneChange, at: datetime, limit: int) -> None:
    if not _go_on(change, INVITATIONS, limit):
        _next(change, Phase.LATECOMERS, max(at, change.created_at + timedelta(seconds=LATE_SECONDS)))


def _latecomers(change: ZoneChange, at: datetime, limit: int) -> None:
    for kind in (RESPONSES, INVITATIONS):
        rows = _rows(kind.late, _parameters(change, limit))
        if rows:
            change.moved += _move(change, kind, [pk for pk, *_place in rows])
            return
    change.state, change.done_at = State.DONE, at


def _next(change: ZoneChange, phase: str, due_at: datetime) -> None:
    change.phase, change.cursor_at, change.cursor_id, change.due_at = phase, None, 0, due_at


def _go_on(change: ZoneChange, kind: _Kind, limit: int) -> bool:
    """Look at the next rows behind the cursor; False when there are none left."""
    rows = _rows(kind.slice, _parameters(change, limit))
    if not rows:
        return False
    change.moved += _move(change, kind, [pk for pk, _place in rows])
    change.looked_at += len(rows)
    change.cursor_id, change.cursor_at = rows[-1]
    return True


def _parameters(change: ZoneChange, limit: int) -> Parameters:
    return {
        "organization": change.organization_id,
        "zone": change.after,
        "cursor_at": change.cursor_at,
        "cursor_id": change.cursor_id,
        "limit": limit,
    }


def _move(change: ZoneChange, kind: _Kind, ids: list[int]) -> int:
    """How many of them got another day. The lock first: the move then sees what was committed until it was granted."""
    known: Parameters = {"organization": change.organization_id, "zone": change.after}
    stale = [pk for (pk,) in _rows(kind.stale, known | {"ids": ids})]
    if stale:
        with connection.cursor() as cursor:
            cursor.execute(kind.move, known | {"ids": stale})
    return len(stale)


def _rows(statement: str, parameters: Parameters) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


_PHASES: Final[dict[str, Callable[[ZoneChange, datetime, int], None]]] = {
    Phase.RESPONSES: _responses,
    Phase.INVITATIONS: _invitations,
    Phase.LATECOMERS: _latecomers,
}
