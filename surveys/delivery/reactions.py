"""What delivery does when something happened elsewhere; subscribed in surveys/subscriptions.py."""

from functools import partial

from django.db import transaction

from surveys.campaigns.models import Campaign
from surveys.delivery.actions import forgetting, joining, reconsidering, reminding
from surveys.outbox.models import Event
from surveys.outbox.nudges import nudge


def plan_soon(_event: Event) -> None:
    """A campaign has gone live."""
    transaction.on_commit(partial(nudge, "surveys.delivery.tasks.plan_due"))


def sweep_soon(_event: Event) -> None:
    """A campaign goes on, or was cancelled: its due messages are sent, or stopped."""
    transaction.on_commit(partial(nudge, "surveys.delivery.tasks.sweep"))


def replan_reminders(event: Event) -> None:
    """A launched campaign was edited."""
    campaign = Campaign.objects.filter(organization=event.organization_id, pk=event.object_id).first()
    if campaign and not {"reminders", "reminder_days"}.isdisjoint(event.payload["changed"]):
        reminding.replan(campaign=campaign, at=event.at)


def reconsider_campaign(event: Event) -> None:
    """A launched campaign was edited."""
    if not {"throttle_days", "priority"}.isdisjoint(event.payload["changed"]):
        reconsidering.reconsider(organization_id=event.organization_id, campaign_id=event.object_id, at=event.at)
        nudge("surveys.delivery.tasks.plan_due")


def reconsider_all(event: Event) -> None:
    """The organization asks people, or companies, more or less often than before."""
    is_another = "account_property" in event.payload["changed"]
    reconsidering.restate_companies(organization_id=event.organization_id, is_another_property=is_another, at=event.at)
    reconsidering.reconsider(organization_id=event.organization_id, at=event.at)
    nudge("surveys.delivery.tasks.plan_due")


def reconsider_person(event: Event) -> None:
    """A customer chose to be asked more or less often."""
    reconsidering.reconsider_person(organization_id=event.organization_id, customer_id=event.object_id, at=event.at)
    nudge("surveys.delivery.tasks.plan_due")


def hold_people(event: Event) -> None:
    """Customers are about to go: nothing happens to what they were sent meanwhile. The first listener of all."""
    forgetting.hold(organization_id=event.organization_id, people=event.payload["ids"])


def let_go(event: Event) -> None:
    """Customers are deleted."""
    forgetting.let_go(organization_id=event.organization_id, people=event.payload["ids"], at=event.at)


def forget(event: Event) -> None:
    """Customers are erased."""
    forgetting.blank(organization_id=event.organization_id, people=event.payload["ids"])
    let_go(event)


def join(event: Event) -> None:
    """Two customers are merged: what one was sent is the other's."""
    both = event.payload
    joining.join(organization_id=event.organization_id, survivor=both["survivor"], gone=both["gone"], at=event.at)
