"""Colleagues are told that a rule is in trouble."""

from datetime import datetime

from surveys.accounts import permissions
from surveys.accounts.models import Membership, Organization, User
from surveys.accounts.permissions import Permission
from surveys.alerts.actions.telling import tell
from surveys.alerts.models import Matter
from surveys.automation.models import Rule


def trouble(rule: Rule, what: str, at: datetime) -> None:
    """Who may mend it, once for each `what`."""
    organization = rule.organization
    tell(
        organization=organization,
        users=menders(organization),
        matter=Matter.TROUBLE,
        key=f"rule:{rule.pk}:{what}"[:120],
        facts={"rule": rule.pk},
        at=at,
    )


def menders(organization: Organization) -> list[User]:
    """Owners and admins."""
    members = Membership.objects.filter(organization=organization, user__is_active=True).select_related("user")
    return [each.user for each in members if permissions.allows(each.role, Permission.EDIT_AUTOMATION)]
