from celery import shared_task
from django.utils import timezone

from surveys.responses import actions


@shared_task(ignore_result=True)
def settle() -> None:
    """Judge what is due, batch by batch."""
    at = timezone.now()
    while actions.settle(at=at) >= actions.SETTLE_BATCH:
        continue


@shared_task(ignore_result=True)
def prune_clicks() -> None:
    actions.prune_clicks(at=timezone.now())
