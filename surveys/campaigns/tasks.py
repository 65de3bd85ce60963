"""What beat and nudges run for campaigns."""

from celery import shared_task
from django.utils import timezone

from surveys.campaigns import actions


@shared_task(ignore_result=True)
def start_due() -> None:
    """Start campaigns whose time for Undo is over."""
    actions.start_due(at=timezone.now())
