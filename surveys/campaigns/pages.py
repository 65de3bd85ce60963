"""What the views of a campaign's pages share: the page itself, going to another, and what became of an edit."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.campaigns import steps
from surveys.campaigns.actions import versions
from surveys.campaigns.actions.refusals import EditedMeanwhile, NotEditable
from surveys.campaigns.actions.versions import Part
from surveys.campaigns.models import Campaign

SEEN = "seen"  # the field of a step's form that says what it was made from


def page(request: OrganizationRequest, template: str, **context: Any) -> HttpResponse:
    """With what every page about campaigns asks: what this person may do."""
    can_edit = access.can(request.membership, Permission.EDIT_CAMPAIGNS)
    can_run = access.can(request.membership, Permission.RUN_CAMPAIGNS)
    return render(request, template, {**context, "can_edit": can_edit, "can_run": can_run})


def step(
    request: OrganizationRequest, template: str, campaign: Campaign, part: Part, *, seen: str = "", **context: Any
) -> HttpResponse:
    """The page of one step of writing, whose address is named like the step; `part` is what its form edits.

    The form carries the stamp of what it was made from: as it came while somebody is still typing, `seen` after a refusal.
    """
    here = request.resolver_match.url_name or "" if request.resolver_match else ""
    standing = {
        "campaign": campaign,
        "steps": steps.of(campaign, here),
        "next_step": steps.after(here),
        "seen": seen or request.POST.get(SEEN) or versions.stamp(campaign, part),
    }
    return page(request, template, **standing, **context)


def hand(request: OrganizationRequest) -> dict[str, Any]:
    """Whose edit it is, and what it was made from: for the actions."""
    return {"by": request.membership, "at": timezone.now(), "seen": request.POST.get(SEEN, "")}


def to(request: OrganizationRequest, name: str, pk: int) -> HttpResponse:
    return redirect(access.url(request.organization, f"campaigns:{name}", pk=pk))


def edited(
    request: OrganizationRequest,
    campaign: Campaign,
    part: Part,
    act: Callable[[], None],
    again: Callable[[str], HttpResponse],
) -> HttpResponse:
    """Carry out what a step's form asks for, then go on to the step that its button named.

    When somebody else was faster, `again` shows the form with what was typed and the stamp of what is stored now: saving
    once more writes over theirs.
    """
    try:
        act()
    except NotEditable:
        messages.error(request, _("Not saved: the campaign is over, and what it said stays as it was."))
        return to(request, "detail", campaign.pk)
    except EditedMeanwhile:
        messages.warning(request, told())
        return again(versions.stamp(campaign, part))
    wanted = request.POST.get("save", "")
    if request.resolver_match and wanted == request.resolver_match.url_name:  # else the next step says it
        messages.success(request, _("Saved."))
    return to(request, wanted if wanted in steps.NAMES else "detail", campaign.pk)


def told() -> str:
    return _(
        "Not saved: this was changed since you opened it, by somebody else or in another window. What you typed is still "
        "here. Save again to keep yours; what the others wrote stands in the campaign's history."
    )
