"""Colleagues are told that a rule is in trouble, and that somebody came by a recommendation."""

from datetime import datetime, timedelta
from typing import Final

from surveys.accounts.models import Organization, User
from surveys.accounts.permissions import Permission
from surveys.alerts.actions.telling import tell
from surveys.alerts.audience import who_may
from surveys.alerts.models import Matter
from surveys.automation.link_queries import SIGNUP
from surveys.automation.models import LinkVisit, Rule
from surveys.core import clock
from surveys.customers.models import Customer

STALE: Final = timedelta(days=1)  # what is told later is no news


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
    return who_may(organization, Permission.EDIT_AUTOMATION)


def signed_up(
    *, organization_id: int, signup: int, promoter: int | None, newcomer: int | None, by: int | None, at: datetime
) -> None:
    """Who looks after the promoter, else who may answer customers; not who said so, and nobody of what was taken back."""
    mine = LinkVisit.objects.filter(organization=organization_id, pk=signup, what=SIGNUP)
    if clock.now() - at > STALE or not mine.exists():
        return
    organization = Organization.objects.get(pk=organization_id)
    known = Customer.objects.filter(organization=organization, pk=promoter or 0).select_related("owner").first()
    users = [known.owner] if known and known.owner else who_may(organization, Permission.ANSWER_CUSTOMERS)
    tell(
        organization=organization,
        users=[user for user in users if user.pk != by],
        matter=Matter.SIGNED_UP,
        key=f"signup:{signup}",
        facts={"customer": promoter, "newcomer": newcomer},
        at=at,
    )
