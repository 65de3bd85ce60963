"""Pages about campaigns: the list, writing one in three steps, running it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HTMX_STOP_POLLING

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.analytics import queries as analytics
from surveys.campaigns import actions, pages, presenting, previews, queries, steps
from surveys.campaigns.actions.versions import Part
from surveys.campaigns.forms import NameForm, TextsForm
from surveys.campaigns.models import Campaign
from surveys.campaigns.texts import defaults
from surveys.core.conditions.builder import Builder
from surveys.customers.queries import segments as customers
from surveys.delivery import queries as delivery

BUSY_SECONDS, CALM_SECONDS = 2, 30
REFRESH_SECONDS = 5  # at least, where without script the whole page comes again


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


@access.permitted(Permission.RUN_CAMPAIGNS)
@require_safe
def check(request: OrganizationRequest, pk: int) -> HttpResponse:
    """Who gets it and who does not, before anything leaves the house."""
    campaign = access.get(request.membership, Campaign, pk)
    if not campaign.is_draft:
        return pages.to(request, "detail", pk)
    who = queries.audience(campaign)
    at = timezone.now()
    forecast = delivery.preflight(request.organization, campaign, at=at) if who.tree is not None else None
    words = queries.wording(campaign)
    left_out = presenting.left_out(forecast.not_invited, forecast.examples, request.organization) if forecast else []
    return pages.page(
        request,
        "campaigns/check.html",
        campaign=campaign,
        steps=steps.of(campaign, "check"),
        audience=who,
        forecast=forecast,
        left_out=left_out,
        mail=delivery.preview(campaign, words, name=previews.NAME, email=previews.EMAIL),
        warnings=presenting.warnings(request.organization),
        unconfirmed=request.organization.wanted_sender_email,
        can_manage=access.can(request.membership, Permission.MANAGE_ORGANIZATION),
        undo_seconds=settings.UNDO_SECONDS,
    )


def _aids() -> dict[str, Any]:
    return {"placeholders": presenting.known_placeholders(), "fallback_example": "{{ first_name|there }}"}


def _hand(request: OrganizationRequest) -> dict[str, Any]:
    """Whose edit it is, and what it was made from."""
    return {"by": request.membership, "at": timezone.now(), "seen": request.POST.get(pages.SEEN, "")}


# ── Looking at it ────────────────────────────────────────────────────────────────────────────────────────────────────


@require_safe
def detail(request: OrganizationRequest, pk: int) -> HttpResponse:
    campaign = access.get(request.membership, Campaign, pk)
    return pages.page(
        request,
        "campaigns/detail.html",
        campaign=campaign,
        audience=queries.audience(campaign),
        wording=queries.wording(campaign),
        history=presenting.history(queries.history(campaign)),
        **_progress(request, campaign),
    )


@require_safe
def progress(request: OrganizationRequest, pk: int) -> HttpResponse:
    """The part of the campaign's page that moves, for htmx; without it, the page itself."""
    campaign = access.get(request.membership, Campaign, pk)
    if not request.htmx:
        return pages.to(request, "detail", pk)
    figures = _progress(request, campaign)
    response = pages.page(request, "campaigns/_progress.html", campaign=campaign, **figures)
    if not figures["poll_seconds"]:
        response.status_code = HTMX_STOP_POLLING
    return response


def _progress(request: OrganizationRequest, campaign: Campaign) -> dict[str, Any]:
    at = timezone.now()
    found = delivery.campaign_progress(campaign)
    poll_seconds = _poll_seconds(campaign, bool(found.waiting) or not found.is_planned, at)
    summary = analytics.summaries(request.organization, [campaign.pk])[campaign.pk]
    # While it decides who is asked, how fast it sends tells nothing yet.
    pace = presenting.Pace.from_query(request.GET if found.is_planned else {}, at, found.done)
    return {
        "progress": found,
        # Rollups hear of messages by the batch; of an imported past they alone know.
        "sent": max(found.sent, summary.funnel.sent),
        "pace": pace,
        "estimate": pace.estimate(at, found.done, found.waiting) if campaign.is_live else "",
        "poll_seconds": poll_seconds,
        "refresh_seconds": poll_seconds and max(poll_seconds, REFRESH_SECONDS),
        "undo_seconds": presenting.undo_seconds(campaign, at),
        "quota": delivery.quota(request.organization, at=at) if campaign.is_live and found.waiting else None,
        "summary": summary,
    }


def _poll_seconds(campaign: Campaign, is_busy: bool, at: datetime) -> int:
    """How soon to look again; 0 is never. While Undo counts down nothing moves, and its button should stay put."""
    if campaign.is_scheduled:
        return presenting.undo_seconds(campaign, at) + 2
    if campaign.is_live:
        return BUSY_SECONDS if is_busy else CALM_SECONDS
    return 0


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
    return pages.page(request, "campaigns/cancel.html", campaign=campaign, **_progress(request, campaign))


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
