"""What the inbox does when something happened elsewhere; subscribed in surveys/subscriptions.py."""

from surveys.inbox.actions import following, people, timekeeping
from surveys.inbox.inbound import keeping
from surveys.outbox.models import Event

# ── In the transaction ──


def customers_go(event: Event) -> None:
    keeping.customers_go(organization_id=event.organization_id, ids=event.payload["ids"])
    people.customers_go(organization_id=event.organization_id, ids=event.payload["ids"])


def responses_go(event: Event) -> None:
    people.responses_go(organization_id=event.organization_id, ids=event.payload["responses"])


def customers_merged(event: Event) -> None:
    both = event.payload
    people.customers_merged(organization_id=event.organization_id, survivor=both["survivor"], gone=both["gone"])


def clock_changed(event: Event) -> None:
    """The organization has another time zone: its hours are at other times."""
    timekeeping.recount_soon(event.organization_id, event.at)


# ── After commit ──


def score_changed(event: Event) -> None:
    following.score(organization_id=event.organization_id, response_id=event.object_id)


def marked(event: Event) -> None:
    """Colleagues said something of responses: that they are junk, perhaps, or that they are not."""
    following.junk(organization_id=event.organization_id, ids=event.payload["responses"], at=event.at)


def read(event: Event) -> None:
    following.route(organization_id=event.organization_id, ids=event.payload["responses"], at=event.at)


def commented(event: Event) -> None:
    following.route(organization_id=event.organization_id, ids=[event.object_id], at=event.at)


def colleague_left(event: Event) -> None:
    people.colleague_left(organization_id=event.organization_id, user_id=event.payload["user"], at=event.at)
