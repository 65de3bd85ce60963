"""What the person who looks may do, for templates: {% if request.membership|may:"manage_properties" %}."""

from django import template

from surveys.accounts import access
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission

register = template.Library()


@register.filter
def may(by: Membership, permission: str) -> bool:
    return access.can(by, Permission(permission))
