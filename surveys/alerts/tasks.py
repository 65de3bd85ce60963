from celery import shared_task
from django.utils import timezone

from surveys.alerts.actions import forgetting, mailing
from surveys.outbox.nudges import nudge


@shared_task(ignore_result=True)
def mail() -> None:
    if mailing.mail_due(at=timezone.now()) >= mailing.AT_ONCE:
        nudge("surveys.alerts.tasks.mail")


@shared_task(ignore_result=True)
def prune() -> None:
    forgetting.prune(at=timezone.now())
