"""What the navigation of the settings needs to know."""

from typing import Any

from django import template

from surveys.accounts import settings_pages
from surveys.accounts.settings_pages import Entry

register = template.Library()


@register.simple_tag(takes_context=True)
def settings_entries(context: dict[str, Any]) -> list[Entry]:
    """The pages of the settings that the person who looks may open."""
    request = context["request"]
    return settings_pages.entries(request.membership, request.resolver_match.view_name)


@register.simple_tag(takes_context=True)
def inbox_settings_entries(context: dict[str, Any]) -> list[Entry]:
    """As `settings_entries`, of the pages about the inbox."""
    request = context["request"]
    return settings_pages.entries(request.membership, request.resolver_match.view_name, settings_pages.INBOX)
