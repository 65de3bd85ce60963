"""Rules of retention at work."""

import time
from typing import Final

from celery import shared_task
from django.utils import timezone

from surveys.outbox.nudges import nudge
from surveys.privacy import actions

PIECE_SECONDS: Final = 20.0


@shared_task(ignore_result=True)
def sweep_retention() -> None:
    """Begin what is due today, and go on with what was interrupted."""
    for pk in actions.open_runs(at=timezone.now()):
        nudge("surveys.privacy.tasks.retain", pk)


@shared_task(ignore_result=True)
def retain(run_id: int) -> None:
    """Slice by slice; after a while it makes room for others."""
    hold = actions.take(run_id=run_id, at=timezone.now())
    if hold is None:
        return
    deadline = time.monotonic() + PIECE_SECONDS
    try:
        while actions.work(hold=hold, at=timezone.now()):
            if time.monotonic() > deadline:
                actions.give_back(hold=hold, at=timezone.now())
                nudge("surveys.privacy.tasks.retain", run_id)
                return
    except actions.Superseded:
        return
