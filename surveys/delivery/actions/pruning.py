"""What need not be kept about messages that are over."""

from datetime import datetime, timedelta
from typing import Final

from surveys.delivery.models import Delivery, Kind, State

OVER: Final = (State.SENT, State.DELIVERED, State.BOUNCED, State.FAILED, State.CANCELLED, State.EXPIRED)
KEEP_LETTERS: Final = timedelta(hours=1)
KEEP_SYSTEM: Final = timedelta(days=90)


def forget_letters(*, at: datetime) -> int:
    """Blank the text of system mails that are over: links to set a password must not lie in backups. How many."""
    over = Delivery.objects.filter(kind=Kind.SYSTEM, state__in=OVER, finished_at__lt=at - KEEP_LETTERS)
    return over.exclude(content=None).update(content=None)


def prune_system(*, at: datetime) -> int:
    """Delete system mails that were over KEEP_SYSTEM ago; returns how many."""
    count, _ = Delivery.objects.filter(kind=Kind.SYSTEM, state__in=OVER, finished_at__lt=at - KEEP_SYSTEM).delete()
    return count
