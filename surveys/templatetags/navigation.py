"""What the head of every page of an organization shows."""

from typing import Any

from django import template

from surveys.accounts import navigation
from surveys.accounts.navigation import Link
from surveys.inbox import queries
from surveys.inbox.queries import Waiting

register = template.Library()


@register.simple_tag(takes_context=True)
def navigation_links(context: dict[str, Any]) -> list[Link]:
    request = context["request"]
    return navigation.links(request.membership, request.resolver_match.view_name)


@register.simple_tag(takes_context=True)
def what_waits(context: dict[str, Any]) -> Waiting:
    """The numbers of the bell and of the inbox; one statement."""
    return queries.waiting(context["request"].membership)
