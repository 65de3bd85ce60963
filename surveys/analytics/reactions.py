"""What analytics does when something happened elsewhere; subscribed in surveys/subscriptions.py."""

from surveys.analytics.actions import digests
from surveys.outbox.models import Event


def end_digests(event: Event) -> None:
    """A colleague has left for good: no figures go to them any more."""
    digests.leave(organization_id=event.organization_id, user_id=event.payload["user"])
