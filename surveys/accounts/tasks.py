from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from surveys.accounts.actions import trail


@shared_task(ignore_result=True)
def prune_sessions() -> None:
    """Sessions that have expired."""
    call_command("clearsessions")


@shared_task(ignore_result=True)
def prune_trail() -> None:
    """Entries of the audit trail that are older than this server keeps them."""
    trail.prune_trail(at=timezone.now())
