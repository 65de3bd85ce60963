"""What the navigation of the settings needs to know."""

from typing import Any

from django import template

from surveys.accounts import settings_pages
from surveys.accounts.settings_pages import Entry, GroupEntry

register = template.Library()


@register.simple_tag(takes_context=True)
def settings_groups(context: dict[str, Any]) -> list[GroupEntry]:
    """The pages of the settings that the person who looks may open, group by group."""
    request = context["request"]
    return settings_pages.groups(request.membership, request.resolver_match.view_name)


@register.simple_tag(takes_context=True)
def automation_entries(context: dict[str, Any]) -> list[Entry]:
    """The pages about rules that the person who looks may open."""
    request = context["request"]
    return settings_pages.entries(request.membership, request.resolver_match.view_name, settings_pages.AUTOMATION)
