from typing import Final

from celery import shared_task
from django.utils import timezone

from surveys.inbox.inbound import hearing, keeping
from surveys.outbox.nudges import nudge

_BATCH: Final = 50


@shared_task(ignore_result=True)
def read() -> None:
    """The mails that wait, a batch; then on to the next."""
    for _each in range(_BATCH):
        if not hearing.read_next(at=timezone.now()):
            return
    nudge("surveys.inbox.inbound.tasks.read")


@shared_task(ignore_result=True)
def prune() -> None:
    keeping.prune(at=timezone.now())
