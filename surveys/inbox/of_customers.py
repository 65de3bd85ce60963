"""The conversation that stands for a customer, for pages of other domains: the record, the lookup, the score card."""

from collections.abc import Collection

from surveys.accounts.models import Organization
from surveys.inbox.models import Conversation, Status

__all__ = ["Conversation", "newest"]


def newest(organization: Organization, customers: Collection[int]) -> dict[int, Conversation]:
    """Of each that has one: the newest that is not closed, else the newest; with whose it is. One statement."""
    found = Conversation.objects.filter(organization=organization, customer__in=customers)
    standing: dict[int, Conversation] = {}
    for each in found.select_related("assignee", "team", "organization").order_by("pk"):
        before = standing.get(each.customer_id or 0)
        if before is None or before.status == Status.CLOSED or each.status != Status.CLOSED:
            standing[each.customer_id or 0] = each
    return standing
