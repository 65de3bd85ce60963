from celery import shared_task
from django.utils import timezone

from surveys.responses import actions
from surveys.responses.actions import act_work, acts


@shared_task(ignore_result=True)
def settle() -> None:
    """Judge what is due, batch by batch."""
    at = timezone.now()
    while actions.settle(at=at) >= actions.SETTLE_BATCH:
        continue


@shared_task(ignore_result=True)
def prune_clicks() -> None:
    actions.prune_clicks(at=timezone.now())


@shared_task(ignore_result=True)
def work_on_act(act_id: int) -> None:
    act_work.work(act_id=act_id, clock=timezone.now)


@shared_task(ignore_result=True)
def sweep_acts() -> None:
    acts.sweep(at=timezone.now())
