"""Nudging a task after commit. A nudge may be lost (the broker is down): beat finds the row that it was about."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def nudge(task: str, *args: object, after_seconds: float | None = None) -> None:
    """Ask a worker to run `task` soon. Never raises because of the broker, and waits at most about a second for it.

    `after_seconds` is for waits well below the broker's visibility timeout; longer ones are a `due_at` column.
    """
    try:
        current_app.send_task(task, args=args, retry=False, countdown=after_seconds)
    except OperationalError as error:
        logger.warning("nudge of %s was lost (%s); the next sweep does it", task, error)
