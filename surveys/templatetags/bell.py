"""The bell in the head of every page."""

from django import template

from surveys.accounts.models import Membership
from surveys.alerts import queries

register = template.Library()


@register.simple_tag
def unseen_alerts(membership: Membership) -> int:
    """How many are new to this person; one statement, answered by an index."""
    return queries.unseen(membership)
