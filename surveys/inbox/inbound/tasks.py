import time
from typing import Final

from celery import shared_task
from django.utils import timezone

from surveys.inbox.inbound import hearing, keeping
from surveys.outbox.nudges import nudge

_BATCH: Final = 20  # seconds
_LONGEST: Final = 60  # seconds, within which the database waits for us; a mail that has not been read then is put off as one that failed


@shared_task(ignore_result=True, soft_time_limit=_LONGEST, time_limit=2 * _LONGEST)
def read() -> None:
    """The mails that wait, a batch; then on to the next."""
    until = time.monotonic() + _BATCH
    while time.monotonic() < until:
        if not hearing.read_next(at=timezone.now()):
            return
    nudge("surveys.inbox.inbound.tasks.read")


@shared_task(ignore_result=True)
def prune() -> None:
    keeping.prune(at=timezone.now())
