"""Pages about campaigns: the list, writing one in three steps, running it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.analytics import queries as analytics
from surveys.campaigns import actions, pages, presenting, queries
from surveys.campaigns.actions.versions import Part
from surveys.campaigns.forms import NameForm, TextsForm
from surveys.campaigns.models import Campaign
from surveys.campaigns.progress_views import figures
from surveys.campaigns.texts import defaults
from surveys.core.conditions.builder import Builder
from surveys.customers.queries import segments as customers


@require_safe
def campaigns(request: OrganizationRequest) -> HttpResponse:
    page = queries.campaigns(request.organization, before=_number(request.GET.get("before")))
    found = analytics.summaries(request.organization, [campaign.pk for campaign in page.campaigns])
    rows = [(campaign, found[campaign.pk]) for campaign in page.campaigns]
    gone = _number(request.GET.get("deleted"))
    deletion = queries.deletion(request.organization, gone) if gone else None
    return pages.page(request, "campaigns/list.html", rows=rows, page=page, deletion=deletion)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


# ── Writing it: message, audience, check ─────────────────────────────────────────────────────────────────────────────


@access.permitted(Permission.EDIT_CAMPAIGNS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: OrganizationRequest) -> HttpResponse:
    form = NameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        campaign = actions.create(
            name=form.cleaned_data["name"], texts=defaults(), by=request.membership, at=timezone.now()
        )
        return pages.to(request, "message", campaign.pk)
    return pages.page(request, "campaigns/new.html", form=form)


@access.permitted(Permission.EDIT_CAMPAIGNS)
@require_http_methods(["GET", "HEAD", "POST"])
def message(request: OrganizationRequest, pk: int) -> HttpResponse:
    campaign = access.get(request.membership, Campaign, pk)
    if campaign.is_over and request.method != "POST":
        return pages.to(request, "detail", pk)
    name_form = NameForm(request.POST or None, instance=campaign)
    form = TextsForm(request.POST or None, instance=queries.wording(campaign))

    def shown(seen: str = "") -> HttpResponse:
        forms = {"name_form": name_form, "form": form}
        return pages.step(request, "campaigns/message.html", campaign, Part.MESSAGE, seen=seen, **forms, **_aids())

    if request.method != "POST" or not all([name_form.is_valid(), form.is_valid()]):
        return shown()
    change = {"name": name_form.cleaned_data["name"], "texts": form.texts(), **_hand(request)}
    return pages.edited(request, campaign, Part.MESSAGE, lambda: actions.edit(campaign=campaign, **change), shown)


@access.permitted(Permission.EDIT_CAMPAIGNS)
@require_http_methods(["GET", "HEAD", "POST"])
def audience(request: OrganizationRequest, pk: int) -> HttpResponse:
    """Choosing, adding and removing conditions posts here too; only "save" stores them."""
    campaign = access.get(request.membership, Campaign, pk)
    if campaign.is_over:
        return pages.to(request, "detail", pk)
    known = customers.customer_catalogue(request.organization)
    if request.method != "POST":
        return _audience_page(request, campaign, Builder.of_json(campaign.audience, known))
    builder = Builder.typed(request.POST, known, is_strict="save" in request.POST)
    tree = builder.tree if "save" in request.POST else None
    if tree is None:
        return _audience_page(request, campaign, builder)
    return pages.edited(
        request,
        campaign,
        Part.AUDIENCE,
        lambda: actions.choose_audience(campaign=campaign, audience=tree, **_hand(request)),
        lambda seen: _audience_page(request, campaign, builder, seen),
    )


def _audience_page(request: OrganizationRequest, campaign: Campaign, builder: Builder, seen: str = "") -> HttpResponse:
    result = customers.meaning(request.organization, builder.tree, builder.catalogue, at=timezone.now())
    return pages.step(
        request,
        "campaigns/audience.html",
        campaign,
        Part.AUDIENCE,
        seen=seen,
        builder=builder,
        here=request.get_full_path(),
        is_unsaved=request.method == "POST",
        size=result.size,
        people=result.people,
    )


def _aids() -> dict[str, Any]:
    return {"placeholders": presenting.known_placeholders(), "fallback_example": "{{ first_name|there }}"}


def _hand(request: OrganizationRequest) -> dict[str, Any]:
    """Whose edit it is, and what it was made from."""
    return {"by": request.membership, "at": timezone.now(), "seen": request.POST.get(pages.SEEN, "")}


# ── Running it ───────────────────────────────────────────────────────────────────────────────────────────────────────


@require_POST
def launch(request: OrganizationRequest, pk: int) -> HttpResponse:
    try:
        return _run(request, pk, actions.launch, _("It was launched already."))
    except actions.SenderUnconfirmed:
        messages.error(request, _("Not launched: the sender address is not confirmed yet."))
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
    return _run(request, pk, actions.resume, _("This campaign was not paused any more."), said)


@access.permitted(Permission.RUN_CAMPAIGNS)
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: OrganizationRequest, pk: int) -> HttpResponse:
    """GET says what cancelling means for this campaign now; POST does it."""
    if request.method == "POST":
        said = _("Cancelled. Answers to what was sent still count.")
        return _run(request, pk, actions.cancel, _("It was over already."), said)
    campaign = access.get(request.membership, Campaign, pk)
    if not (campaign.is_live or campaign.is_paused):
        return pages.to(request, "detail", pk)
    return pages.page(request, "campaigns/cancel.html", campaign=campaign, **figures(request, campaign))


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
