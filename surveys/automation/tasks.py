from celery import shared_task
from django.utils import timezone

from surveys.automation.actions import pruning, silence, stepping
from surveys.outbox.nudges import nudge


@shared_task(ignore_result=True)
def work() -> None:
    """Do the steps that are due, a batch; then on to the next."""
    if stepping.work(at=timezone.now()) >= stepping.BATCH:
        nudge("surveys.automation.tasks.work")


@shared_task(ignore_result=True)
def look_for_silence() -> None:
    """Who has not answered since long enough."""
    silence.sweep(at=timezone.now())


@shared_task(ignore_result=True)
def prune() -> None:
    pruning.prune(at=timezone.now())
    pruning.prune_robots(at=timezone.now())
