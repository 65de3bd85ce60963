"""What customers do when something happened elsewhere; subscribed in surveys/subscriptions.py."""

from surveys.customers.actions import owners
from surveys.outbox.models import Event


def release_customers(event: Event) -> None:
    """A colleague has left for good: who belonged to them belongs to nobody."""
    owners.release(organization_id=event.organization_id, user_id=event.payload["user"], at=event.at)
