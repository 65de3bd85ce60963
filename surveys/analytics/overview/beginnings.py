"""The first-run checklist, driven by facts."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from surveys.accounts import access
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.analytics.queries import Beginning


@dataclass(frozen=True)
class Step:
    title: str
    text: str
    is_done: bool
    action: str = ""
    url: str = ""
    is_next: bool = False
    permission: Permission | None = None


def steps(by: Membership, facts: Beginning) -> list[Step]:
    """The first one that is not done is the next. Without a way to what this person's role may not do."""
    found = [_for_role(step, by) for step in _steps(by.organization, facts)]
    following = next((index for index, step in enumerate(found) if not step.is_done), None)
    return [replace(step, is_next=index == following) for index, step in enumerate(found)]


def _for_role(step: Step, by: Membership) -> Step:
    if step.permission is None or access.can(by, step.permission):
        return step
    return replace(step, text=_("Owners and admins do this."), url="", action="")


def _steps(organization: Organization, facts: Beginning) -> list[Step]:
    customers = access.url(organization, "customers:list")
    campaigns = access.url(organization, "campaigns:list")
    return [
        Step(
            title=_("Import customers"),
            text=_("A CSV with an email address each is enough; other columns become properties to compare by."),
            is_done=facts.has_customers,
            action=_("To customers"),
            permission=Permission.IMPORT_CUSTOMERS,
            url=customers,
        ),
        Step(
            title=_("Write a campaign"),
            text=_("One question, your words around it, and who is asked."),
            is_done=facts.has_campaign,
            permission=Permission.EDIT_CAMPAIGNS,
            action=_("To campaigns"),
            url=campaigns,
        ),
        Step(
            title=_("Launch it"),
            text=_("You see who gets it and who does not, and why, before anything is sent."),
            is_done=facts.has_launched,
            permission=Permission.RUN_CAMPAIGNS,
            action=_("To campaigns"),
            url=campaigns,
        ),
        Step(
            title=_("Get the first response"),
            text=_("It appears here as soon as it is confirmed."),
            is_done=facts.has_response,
        ),
    ]
