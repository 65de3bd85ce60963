"""What delivery does when something happened elsewhere; subscribed in surveys/subscriptions.py."""

from functools import partial

from django.db import transaction

from surveys.outbox.models import Event
from surveys.outbox.nudges import nudge


def plan_soon(_event: Event) -> None:
    """A campaign has gone live."""
    transaction.on_commit(partial(nudge, "surveys.delivery.tasks.plan_due"))


def sweep_soon(_event: Event) -> None:
    """A campaign goes on, or was cancelled: its due messages are sent, or stopped."""
    transaction.on_commit(partial(nudge, "surveys.delivery.tasks.sweep"))
