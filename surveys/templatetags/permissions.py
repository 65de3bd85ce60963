"""What the person who looks may do, for templates."""

from django import template

from surveys.accounts import access
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission

register = template.Library()


@register.filter
def may(by: Membership, permission: str) -> bool:
    """`request.membership|may:"view_audit"`. Raises ValueError for a permission that does not exist."""
    return access.can(by, Permission(permission))
