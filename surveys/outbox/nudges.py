"""Nudging a task after commit. A nudge may be lost (the broker is down): beat finds the row that it was about."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def nudge(task: str, *args: object) -> None:
    """Ask a worker to run `task` soon. Never raises because of the broker, and waits at most about a second for it."""
    try:
        current_app.send_task(task, args=args, retry=False)
    except OperationalError as error:
        logger.warning("nudge of %s was lost (%s); the next sweep does it", task, error)
