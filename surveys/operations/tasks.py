"""What nudges and beat run. Every task does a bounded piece and may run twice, anywhere, at once."""

import logging
import time
from typing import Final

from celery import shared_task
from django.utils import timezone

from surveys.operations import alarms, signs
from surveys.operations.actions import ending, exports
from surveys.outbox.nudges import nudge

logger = logging.getLogger(__name__)

PIECE_SECONDS: Final = 20.0  # after so long a task makes room for others


@shared_task(ignore_result=True)
def sweep() -> None:
    """Deletions whose grace is over, and what dead workers left of deletions and exports."""
    ending.sweep(at=timezone.now())
    exports.sweep_exports(at=timezone.now())


@shared_task(ignore_result=True)
def give_sign(queue: str) -> None:
    """Beat sends one to each queue."""
    signs.give(queue, at=timezone.now())


@shared_task(ignore_result=True)
def watch_mail() -> None:
    """Say in the log what an operator must not miss."""
    for alarm in alarms.alarms(at=timezone.now()):
        logger.warning("mail alarm %s: %s", alarm.code, alarm.text)


@shared_task(ignore_result=True)
def erase(organization_id: int) -> None:
    """A piece of deleting an organization."""
    deadline = time.monotonic() + PIECE_SECONDS
    if ending.erase_some(organization_id=organization_id, is_over=lambda: time.monotonic() > deadline):
        nudge(ending.ERASE, organization_id)


@shared_task(ignore_result=True)
def write_export(export_id: int) -> None:
    exports.write_export(export_id=export_id, at=timezone.now())
