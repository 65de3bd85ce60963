from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from surveys.accounts import sessions
from surveys.accounts.actions import domains, invites, people, trail


@shared_task(ignore_result=True)
def prune_sessions() -> None:
    """Sessions that have expired, and what was noted about them."""
    call_command("clearsessions")
    sessions.forget_ended()


@shared_task(ignore_result=True)
def prune_trail() -> None:
    """Entries of the audit trail that are older than this server keeps them."""
    trail.prune_trail(at=timezone.now())


@shared_task(ignore_result=True)
def settle_departures() -> None:
    """Colleagues who left, and whose leaving can no longer be taken back."""
    people.settle_departures(at=timezone.now())


@shared_task(ignore_result=True)
def prune_invites() -> None:
    """Invites of colleagues that were over long ago."""
    invites.prune(at=timezone.now())


@shared_task(ignore_result=True)
def check_domain(pk: int) -> None:
    domains.check(pk=pk, at=timezone.now())


@shared_task(ignore_result=True)
def sweep_domains() -> None:
    """Checks of sender domains that nobody has begun."""
    domains.sweep_checks(at=timezone.now())
