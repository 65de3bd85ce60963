"""Publishing and draining events."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction

from surveys.outbox import listeners
from surveys.outbox.models import Event
from surveys.outbox.nudges import nudge

logger = logging.getLogger(__name__)

_RETRY_SECONDS = (5, 30, 120, 600, 3600)
KEEP_DAYS = 30


class NotInTransaction(RuntimeError):
    """An event must commit together with the change that it tells of."""


def publish(kind: str, subject: models.Model, *, at: datetime, **payload: Any) -> None:
    """Store "this happened to `subject`" in the caller's transaction and run the listeners that belong in it.

    Listeners after commit run in a task; the stored row drives them, so a lost nudge only delays.
    Raises NotInTransaction outside a transaction.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction(kind)
    has_listeners = bool(listeners.handlers_after_commit(kind))
    event = Event.objects.create(
        organization_id=subject.organization_id,  # type: ignore[attr-defined]
        kind=kind,
        object_id=subject.pk,
        payload=payload,
        at=at,
        due_at=at,
        handled_at=None if has_listeners else at,
    )
    for handler in listeners.handlers_in_transaction(kind):
        handler(event)
    if has_listeners:
        transaction.on_commit(lambda: nudge("surveys.outbox.tasks.drain"))


def drain(*, at: datetime, limit: int = 100) -> int:
    """Run the after-commit listeners of due events; returns how many events were taken. Two drains share the work."""
    taken = 0
    while taken < limit and _drain_one(at):
        taken += 1
    return taken


def _drain_one(at: datetime) -> bool:
    with transaction.atomic():
        due = Event.objects.select_for_update(skip_locked=True).filter(handled_at__isnull=True, due_at__lte=at)
        event = due.order_by("due_at", "id").first()
        if event is None:
            return False
        _handle(event, at)
        return True


def _handle(event: Event, at: datetime) -> None:
    try:
        with transaction.atomic():
            for handler in listeners.handlers_after_commit(event.kind):
                handler(event)
    except Exception as error:
        logger.exception("event %s (%s) failed", event.pk, event)
        wait = _RETRY_SECONDS[min(event.attempts, len(_RETRY_SECONDS) - 1)]
        event.attempts += 1
        event.due_at = at + timedelta(seconds=wait)
        event.error = f"{type(error).__name__}: {error}"[:2000]
    else:
        event.handled_at = at
        event.error = ""
    event.save(update_fields=["attempts", "due_at", "error", "handled_at"])


def prune(*, at: datetime) -> int:
    """Delete events handled more than KEEP_DAYS ago; returns how many."""
    count, _ = Event.objects.filter(handled_at__lt=at - timedelta(days=KEEP_DAYS)).delete()
    return count
