"""What runs of rules do when their people go, and whom links tell; subscribed in surveys/subscriptions.py."""

from surveys.automation.actions import people, telling
from surveys.outbox.models import Event


def let_go(event: Event) -> None:
    """After their answers: what is under way ends, and no run names them any more."""
    people.let_go(organization_id=event.organization_id, ids=event.payload["ids"], at=event.at)


def answers_go(event: Event) -> None:
    """Responses are about to be deleted."""
    people.answers_go(organization_id=event.organization_id, ids=event.payload["responses"], at=event.at)


def answers_are_separated(event: Event) -> None:
    """Responses stay, and nobody is to know whose they were."""
    people.answers_are_separated(organization_id=event.organization_id, ids=event.payload["responses"], at=event.at)


def join(event: Event) -> None:
    """What was done for one was done for both: it counts towards what they may be sent."""
    both = event.payload
    people.join(organization_id=event.organization_id, survivor=both["survivor"], gone=both["gone"], at=event.at)


def signed_up(event: Event) -> None:
    """After commit: somebody came by a recommendation."""
    telling.signed_up(
        organization_id=event.organization_id,
        signup=event.payload["signup"],
        promoter=event.payload["customer"],
        newcomer=event.payload["newcomer"],
        by=event.payload.get("by"),
        at=event.at,
    )
