"""People have seen what stands behind their bell."""

from datetime import datetime

from surveys.accounts.models import Membership
from surveys.alerts.models import Notification


def see(*, ids: list[int], by: Membership, at: datetime) -> int:
    """One's own, and no others; returns how many were new. A mail that waits for them does not leave any more."""
    mine = Notification.objects.filter(organization=by.organization, user=by.user, seen_at=None, pk__in=ids)
    return mine.update(seen_at=at)


def see_all(*, until: int, by: Membership, at: datetime) -> int:
    """Up to the newest that the page showed: what came since was not seen."""
    mine = Notification.objects.filter(organization=by.organization, user=by.user, seen_at=None, pk__lte=until)
    return mine.update(seen_at=at)
