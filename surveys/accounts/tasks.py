from celery import shared_task
from django.core.management import call_command


@shared_task(ignore_result=True)
def prune_sessions() -> None:
    """Sessions that have expired."""
    call_command("clearsessions")
