from celery import shared_task
from django.utils import timezone

from surveys.outbox import actions


@shared_task(ignore_result=True)
def drain() -> None:
    actions.drain(at=timezone.now())


@shared_task(ignore_result=True)
def prune() -> None:
    actions.prune(at=timezone.now())
