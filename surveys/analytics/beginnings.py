"""The first-run checklist, driven by facts."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from surveys.accounts import access
from surveys.accounts.models import Organization
from surveys.analytics.queries import Beginning


@dataclass(frozen=True)
class Step:
    title: str
    text: str
    is_done: bool
    action: str = ""
    url: str = ""
    is_next: bool = False


def steps(organization: Organization, facts: Beginning) -> list[Step]:
    """The first one that is not done is the next."""
    found = _steps(organization, facts)
    following = next((index for index, step in enumerate(found) if not step.is_done), None)
    return [replace(step, is_next=index == following) for index, step in enumerate(found)]


def _steps(organization: Organization, facts: Beginning) -> list[Step]:
    customers = access.url(organization, "customers:list")
    campaigns = access.url(organization, "campaigns:list")
    return [
        Step(
            title=_("Import customers"),
            text=_("A CSV with an email address each is enough; other columns become properties to compare by."),
            is_done=facts.has_customers,
            action=_("To customers"),
            url=customers,
        ),
        Step(
            title=_("Write a campaign"),
            text=_("One question, your words around it, and who is asked."),
            is_done=facts.has_campaign,
            action=_("To campaigns"),
            url=campaigns,
        ),
        Step(
            title=_("Launch it"),
            text=_("You see who gets it and who does not, and why, before anything is sent."),
            is_done=facts.has_launched,
            action=_("To campaigns"),
            url=campaigns,
        ),
        Step(
            title=_("Get the first response"),
            text=_("It appears here as soon as it is confirmed."),
            is_done=facts.has_response,
        ),
    ]
