from celery import shared_task
from django.utils import timezone

from surveys.samples import actions


@shared_task(ignore_result=True)
def fill(sample_id: int) -> None:
    actions.fill(sample_id=sample_id, at=timezone.now())


@shared_task(ignore_result=True)
def sweep() -> None:
    actions.sweep(at=timezone.now())
