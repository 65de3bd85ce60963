"""Pages about campaigns: the list, and what is done with one."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.analytics import queries as analytics
from surveys.campaigns import actions, listing, pages, queries
from surveys.campaigns.listing import Narrowing
from surveys.campaigns.models import Campaign, Kind
from surveys.campaigns.progress_views import figures


@require_safe
def campaigns(request: OrganizationRequest) -> HttpResponse:
    narrowing = Narrowing.from_query(request.GET)
    page = listing.page(request.organization, narrowing, before=_number(request.GET.get("before")))
    found = analytics.summaries(request.organization, [campaign.pk for campaign in page.campaigns])
    rows = [(campaign, found[campaign.pk]) for campaign in page.campaigns]
    gone = _number(request.GET.get("deleted"))
    context: dict[str, Any] = {
        "rows": rows,
        "page": page,
        "narrowing": narrowing,
        "older": narrowing.to_query(before=page.next_before) if page.next_before else "",
        "statuses": listing.STATUSES,
        "kinds": Kind.choices,
        "orders": listing.ORDERS,
        "deletion": queries.deletion(request.organization, gone) if gone else None,
    }
    return pages.page(request, "campaigns/list.html", **context)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


LOOK_INTO_IT: Final = gettext_lazy(
    "The page Deliverability says what to do; when somebody has said there that they looked into it, campaigns can go on."
)

# ── Running it ───────────────────────────────────────────────────────────────────────────────────────────────────────


@require_POST
def launch(request: OrganizationRequest, pk: int) -> HttpResponse:
    try:
        return _run(request, pk, actions.launch, _("It was launched already."))
    except actions.SenderUnconfirmed:
        messages.error(request, _("Not launched: the sender address is not confirmed yet."))
    except actions.MailStopped as error:
        messages.error(request, _("Not launched. %(why)s %(way_out)s") % {"why": error, "way_out": LOOK_INTO_IT})
    except actions.NotReady as error:
        for concern in error.concerns:
            messages.error(request, _("Not launched: %(why)s") % {"why": concern.text})
    return pages.to(request, "check", pk)


@require_POST
def undo(request: OrganizationRequest, pk: int) -> HttpResponse:
    said = _("Launch undone: nothing was sent, and the campaign is a draft again.")
    too_late = _("Too late to undo: it is running. You can pause or cancel it.")
    return _run(request, pk, actions.undo_launch, too_late, said)


@require_POST
def pause(request: OrganizationRequest, pk: int) -> HttpResponse:
    said = _("Paused. What is in flight at this moment still arrives; nothing new is sent.")
    return _run(request, pk, actions.pause, _("This campaign was not running any more."), said)


@require_POST
def resume(request: OrganizationRequest, pk: int) -> HttpResponse:
    said = _("It goes on where it stopped. Nobody is asked twice.")
    try:
        return _run(request, pk, actions.resume, _("This campaign was not paused any more."), said)
    except actions.MailStopped as error:
        messages.error(request, _("Not resumed. %(why)s %(way_out)s") % {"why": error, "way_out": LOOK_INTO_IT})
    return pages.to(request, "detail", pk)


@access.permitted(Permission.RUN_CAMPAIGNS)
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: OrganizationRequest, pk: int) -> HttpResponse:
    """GET says what cancelling means for this campaign now; POST does it."""
    if request.method == "POST":
        said = _("Nothing more is sent. Answers to what was sent still count.")
        return _run(request, pk, actions.cancel, _("It was over already."), said)
    campaign = access.get(request.membership, Campaign, pk)
    if not (campaign.is_live or campaign.is_paused):
        return pages.to(request, "detail", pk)
    return pages.page(request, "campaigns/cancel.html", campaign=campaign, **figures(request, campaign))


@require_POST
def archive(request: OrganizationRequest, pk: int) -> HttpResponse:
    said = _("In the archive: the list shows it under “Archived”. Its results stay.")
    return _run(request, pk, actions.archive, _("Only what has ended can be archived."), said)


@require_POST
def unarchive(request: OrganizationRequest, pk: int) -> HttpResponse:
    return _run(request, pk, actions.unarchive, _("It was not in the archive any more."), _("Back in the list."))


@require_POST
def duplicate(request: OrganizationRequest, pk: int) -> HttpResponse:
    campaign = access.get(request.membership, Campaign, pk)
    copy = actions.duplicate(campaign=campaign, by=request.membership, at=timezone.now())
    return pages.to(request, "message", copy.pk)


@require_POST
def delete(request: OrganizationRequest, pk: int) -> HttpResponse:
    campaign = access.get(request.membership, Campaign, pk)
    try:
        actions.delete(campaign=campaign, by=request.membership, at=timezone.now())
    except actions.NotDraft:
        messages.error(request, _("Only drafts can be deleted; this campaign was launched."))
        return pages.to(request, "detail", pk)
    return redirect(access.url(request.organization, "campaigns:list") + f"?deleted={pk}")


@require_POST
def restore(request: OrganizationRequest, pk: int) -> HttpResponse:
    try:
        actions.restore(pk=pk, by=request.membership, at=timezone.now())
        messages.success(request, _("The draft is back."))
    except actions.NotDeleted:
        access.get(request.membership, Campaign, pk)  # brought back already, if it is there
    return pages.to(request, "detail", pk)


def _run(
    request: OrganizationRequest, pk: int, act: Callable[..., None], otherwise: str, said: str = ""
) -> HttpResponse:
    """Carry out one change of status, and say what became of it."""
    campaign = access.get(request.membership, Campaign, pk)
    try:
        act(campaign=campaign, by=request.membership, at=timezone.now())
    except actions.WrongStatus:
        messages.info(request, otherwise)
    else:
        if said:
            messages.success(request, said)
    return pages.to(request, "detail", pk)
