import time
from contextlib import ExitStack
from typing import Final

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from surveys.core import locks
from surveys.inbox.inbound import hearing, keeping, spending
from surveys.outbox.nudges import nudge

_BATCH: Final = 20  # seconds
_LONGEST: Final = 60  # seconds, within which the database waits for us; a mail that has not been read then is put off as one that failed


@shared_task(ignore_result=True, soft_time_limit=_LONGEST, time_limit=2 * _LONGEST)
def read() -> None:
    """The mails that wait, a batch; then on to the next. Few do it at once: a heavy mail must not hold every process."""
    with ExitStack() as stack:
        places = (stack.enter_context(locks.held("inbound", place)) for place in range(settings.INBOUND_AT_ONCE))
        if not any(places):
            return
        until = time.monotonic() + _BATCH
        while time.monotonic() < until:
            if not hearing.read_next(at=timezone.now()):
                return
    nudge("surveys.inbox.inbound.tasks.read")


@shared_task(ignore_result=True)
def prune() -> None:
    keeping.prune(at=timezone.now())
    spending.prune(at=timezone.now())
