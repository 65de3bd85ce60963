from celery import shared_task
from django.utils import timezone

from surveys.integrations.actions import pruning, sending
from surveys.integrations.actions.posting import TASK
from surveys.outbox.nudges import nudge

PIECE = 20  # posts, before others have their turn


@shared_task(ignore_result=True)
def post_due() -> None:
    if sending.work(clock=timezone.now, most=PIECE) >= PIECE:
        nudge(TASK)


@shared_task(ignore_result=True)
def prune() -> None:
    pruning.prune(at=timezone.now())


@shared_task(ignore_result=True)
def forget_removed() -> None:
    pruning.forget_removed(at=timezone.now())
