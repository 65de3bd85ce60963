"""A property was changed: asks and answers of the past follow it, slice by slice, while people answer. See docs/analytics.md.

An ask keeps all properties that its customer had; what it is counted under is made of these anew. Where only the
combination is left (the person was erased, or the answer had no ask), it is made of that. Rows and counts move in one
transaction, so they agree at every moment. What was written from what stood there before is found by a second turn,
LATE_SECONDS after the first.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from surveys.analytics.models import JobStatus, Regrouping, RegroupingPhase
from surveys.analytics.upkeep import regrouping_sql, rollups, sql
from surveys.core.filters import PROPERTY_PREFIX
from surveys.core.locks import again_after_deadlock
from surveys.customers import property_sets
from surveys.customers.models import PropertyType, PropertyWorkKind
from surveys.customers.queries.properties import as_json, converted, loaded
from surveys.customers.values import Kind
from surveys.outbox.models import Event
from surveys.outbox.nudges import nudge

SLICE: Final = 2000
LATE_SECONDS: Final = 90  # longer than any request or message takes that read what stood there before

TASK: Final = "surveys.analytics.tasks.regroup"

Parameters = dict[str, Any]
Statement = Callable[[str, Sequence[str]], str]


def regroup_soon(event: Event) -> None:
    """Listener in the transaction: the customers are done, now their past."""
    Regrouping.objects.create(
        organization_id=event.organization_id,
        created_at=event.at,
        due_at=event.at,
        work_id=event.object_id,
        key=event.payload["key"],
        into_key=event.payload["into"],
    )
    transaction.on_commit(lambda: nudge(TASK))


@again_after_deadlock
def work(*, at: datetime, limit: int = SLICE) -> bool:
    """One slice of one organization's oldest work that is due; False when there is none. Two workers take different ones."""
    running = Regrouping.objects.filter(status=JobStatus.RUNNING)
    before = running.filter(organization=OuterRef("organization"), pk__lt=OuterRef("pk"))
    due = running.filter(~Exists(before), due_at__lte=at).order_by("due_at", "id")
    with transaction.atomic():
        job = due.select_for_update(skip_locked=True, of=("self",)).select_related("organization", "work").first()
        if job is None:
            return False
        if not job.total:
            job.total = int(_rows(regrouping_sql.ROWS, {"organization": job.organization_id})[0][0])
        _go_on(job, at, limit)
        job.heartbeat_at = at
        job.save()
    return True


@dataclass(frozen=True)
class _Turn:
    """One phase: which rows are next, and the statements that find and change those that must change."""

    slice: str
    values: str
    stale: Statement
    combinations: Statement
    change: Statement
    hold: tuple[str, ...]


_ASKS: Final = {
    "values": regrouping_sql.VALUES_OF_ASKS,
    "stale": regrouping_sql.stale_asks,
    "combinations": regrouping_sql.combinations_of_asks,
    "change": regrouping_sql.change_asks,
    "hold": (regrouping_sql.HOLD_ASKS, regrouping_sql.HOLD_ANSWERS_TO_ASKS),
}
_ANSWERS: Final = _Turn(
    slice=regrouping_sql.SLICE_OF_ANSWERS,
    values=regrouping_sql.VALUES_OF_ANSWERS,
    stale=regrouping_sql.stale_answers,
    combinations=regrouping_sql.combinations_of_answers,
    change=regrouping_sql.change_answers,
    hold=(regrouping_sql.HOLD_ANSWERS,),
)
_TURNS: Final[dict[str, _Turn]] = {
    RegroupingPhase.PEOPLE: _Turn(slice=regrouping_sql.SLICE_OF_PEOPLE, **_ASKS),  # type: ignore[arg-type]
    RegroupingPhase.NOBODY: _Turn(slice=regrouping_sql.SLICE_OF_NOBODY, **_ASKS),  # type: ignore[arg-type]
    RegroupingPhase.ANSWERS: _ANSWERS,
}


def _go_on(job: Regrouping, at: datetime, limit: int) -> None:
    turn = _TURNS[job.phase]
    here = {"organization": job.organization_id, "cursor": job.cursor, "limit": limit}
    rows = _rows(turn.slice, here)
    if not rows:
        _next(job, at)
        return
    job.changed += _change(job, turn, [pk for pk, _cursor in rows])
    job.cursor = rows[-1][1]
    if not job.is_second_turn:
        job.seen += len(rows)


def _next(job: Regrouping, at: datetime) -> None:
    phases = list(RegroupingPhase)
    place = phases.index(RegroupingPhase(job.phase)) + 1
    job.cursor = 0
    if place < len(phases):
        job.phase = phases[place]
    elif not job.is_second_turn:
        job.phase, job.is_second_turn = phases[0], True
        job.due_at = max(at, job.created_at + timedelta(seconds=LATE_SECONDS))
    else:
        job.status, job.finished_at = JobStatus.DONE, at
        rollups.clear(job.organization_id, PROPERTY_PREFIX + job.key)


def _change(job: Regrouping, turn: _Turn, ids: list[int]) -> int:
    """How many rows changed. The lock before the change: it then sees what was committed until the lock was granted."""
    keys = property_sets.segmentable_keys(job.organization)
    known = _parameters(job, keys)
    known["read"] = _read(job, turn, known | {"ids": ids})
    stale = [pk for (pk,) in _rows(turn.stale(job.work.kind, keys), known | {"ids": ids})]
    if not stale:
        return 0
    known["ids"] = stale
    for lock in turn.hold:
        _rows(lock, known)
    known["read"] = _read(job, turn, known)
    property_sets.intern(turn.combinations(job.work.kind, keys), known)
    _move(job, turn, turn.change(job.work.kind, keys), known)
    return len(stale)


def _move(job: Regrouping, turn: _Turn, change: str, known: Parameters) -> None:
    """Out of the counts as they are, changed, and in again as they are then."""
    asks = [] if turn is _ANSWERS else known["ids"]
    answers = known["ids"] if turn is _ANSWERS else [pk for (pk,) in _rows(regrouping_sql.ANSWERS_TO_ASKS, known)]
    with connection.cursor() as cursor:
        cursor.execute(sql.UNCOUNT, [job.organization_id, answers])
        cursor.execute(sql.UNRECORD_SENT, [job.organization_id, asks])
        cursor.execute(change, known)
        cursor.execute(regrouping_sql.FOLLOW_ASKS, known | {"ids": asks})
        cursor.execute(sql.COUNT, [job.organization_id, answers])
        cursor.execute(sql.RECORD_SENT, [job.organization_id, asks])


def _parameters(job: Regrouping, keys: Sequence[str]) -> Parameters:
    return {
        "organization": job.organization_id,
        "org": job.organization_id,
        "key": job.key,
        "into": job.into_key,
        "prefers_merged": job.work.prefers_merged,
        **property_sets.values_parameters(keys),
    }


def _read(job: Regrouping, turn: _Turn, known: Parameters) -> str:
    """JSON: what each value of these rows, as JSON text, is as another type; without those that cannot be read so."""
    if job.work.kind != PropertyWorkKind.RETYPE:
        return "{}"
    kind = Kind(job.work.reads_as)
    found = {text: _as(kind, loaded(text)) for (text,) in _rows(turn.values, known)}
    return "{" + ", ".join(f"{json.dumps(text)}: {value}" for text, value in found.items() if value is not None) + "}"


def _as(kind: Kind, value: Any) -> str | None:
    """As JSON. What was asked since the change has the new type already."""
    return as_json(value) if _is_date(kind, value) else converted(value, kind)


def _is_date(kind: Kind, value: Any) -> bool:
    """As a stored one; other types say by themselves that they are read already."""
    try:
        return kind.type == PropertyType.DATE and date.fromisoformat(value).isoformat() == value
    except (TypeError, ValueError):
        return False


def _rows(statement: str, parameters: Parameters) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()
