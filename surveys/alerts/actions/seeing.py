"""People have seen what stands behind their bell."""

from datetime import datetime

from surveys.accounts.models import Membership
from surveys.alerts.models import Notification


def see(*, notification: Notification, by: Membership, at: datetime) -> int:
    """With all that is about the same and older: they stand in one line. One's own, and no others; returns how many were
    new. A mail that waits for them does not leave any more."""
    mine = Notification.objects.filter(organization=by.organization, user=by.user, seen_at=None)
    return mine.filter(pk__lte=notification.pk).filter(**notification.about).update(seen_at=at)


def see_all(*, until: int, by: Membership, at: datetime) -> int:
    """Up to the newest that the page showed: what came since was not seen."""
    mine = Notification.objects.filter(organization=by.organization, user=by.user, seen_at=None, pk__lte=until)
    return mine.update(seen_at=at)
