"""The steps of writing a campaign, in their order."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.accounts import access
from surveys.campaigns.models import Campaign


@dataclass(frozen=True)
class Step:
    """`name` is that of its page: "campaigns:<name>"."""

    name: str
    label: str | Promise
    is_of_drafts: bool = False  # what was launched has no use for it


STEPS: Final = (
    Step("message", _("Message")),
    Step("questions", _("Questions and thanks")),
    Step("languages", _("Languages")),
    Step("audience", _("Audience")),
    Step("when", _("When")),
    Step("check", _("Check and launch"), is_of_drafts=True),
)
NAMES: Final = tuple(step.name for step in STEPS)


@dataclass(frozen=True)
class Shown:
    label: str | Promise
    url: str
    is_here: bool


def of(campaign: Campaign, here: str = "") -> list[Shown]:
    """For the pages of its steps; `here` is the name of the one that is shown."""
    steps = [step for step in STEPS if campaign.is_draft or not step.is_of_drafts]
    return [Shown(step.label, _url(campaign, step), step.name == here) for step in steps]


def _url(campaign: Campaign, step: Step) -> str:
    return access.url(campaign.organization, f"campaigns:{step.name}", pk=campaign.pk)


def after(name: str) -> Step:
    """The one that follows; the last one follows itself."""
    return STEPS[min(NAMES.index(name) + 1, len(STEPS) - 1)]
