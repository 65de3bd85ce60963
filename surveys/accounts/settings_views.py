"""The pages of an organization's settings."""

from collections.abc import Callable
from typing import Any

from allauth.core.ratelimit import respond_429
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HTMX_STOP_POLLING

from surveys.accounts import access, limits, settings_pages
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.actions import logos as logo_actions
from surveys.accounts.actions import senders as sender_actions
from surveys.accounts.actions import settings as actions
from surveys.accounts.actions import zones as zone_actions
from surveys.accounts.models import Organization, ZoneChange
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import logos, senders
from surveys.accounts.queries import settings as queries
from surveys.accounts.settings_forms import BrandingForm, GeneralForm, LogoForm, SenderForm, SettingsForm
from surveys.core import brand
from surveys.core.uploads import takes_files

POLL_SECONDS = 2

managers_only = access.permitted(Permission.MANAGE_ORGANIZATION)


@require_http_methods(["GET", "HEAD", "POST"])
def general(request: OrganizationRequest) -> HttpResponse:
    """The first of the settings. Who may not open it is taken to the first page that they may."""
    if not access.can(request.membership, Permission.MANAGE_ORGANIZATION):
        return _first_allowed(request)
    form = GeneralForm(request.POST or None, organization=_organization(request))
    if request.method == "POST" and _saves(request, form):
        return redirect(access.url(_organization(request), "accounts:settings"))
    may_remove = request.organization.is_sample and access.can(request.membership, Permission.DELETE_ORGANIZATION)
    context = {"form": form, "may_remove": may_remove, **_zone_context(request)}
    return render(request, "accounts/settings_general.html", context)


def _first_allowed(request: OrganizationRequest) -> HttpResponse:
    allowed = settings_pages.entries(request.membership)
    if request.method == "POST" or not allowed:
        raise PermissionDenied
    return redirect(allowed[0].url)


def _organization(request: OrganizationRequest) -> Organization:
    """As it stands now, and not the one that the page's frame shows: a form may change what it is given."""
    return Organization.objects.get(pk=request.organization.pk)


def _saves(request: OrganizationRequest, form: SettingsForm) -> bool:
    """Whether the form was stored; where it was not, it says why."""
    if not form.is_valid():
        return False
    try:
        changed = actions.change_settings(
            organization=request.organization,
            changes=form.changes(),
            seen=form.cleaned_data["seen"],
            by=request.membership,
            at=timezone.now(),
        )
    except actions.ChangedMeanwhile as clash:
        form.tell_of_clash(clash.fields)
        return False
    except actions.SlugTaken:
        form.add_error(
            "slug", _("This address belongs, or once belonged, to another organization, or means something else.")
        )
        return False
    messages.success(request, _("Settings saved.") if changed else _("Nothing was different: nothing had to be saved."))
    return True


# ── The time zone ────────────────────────────────────────────────────────────────────────────────────────────────────


def _zone_context(request: OrganizationRequest) -> dict[str, Any]:
    return {"change": queries.zone_change(request.organization), "poll_seconds": POLL_SECONDS}


@managers_only
@require_safe
def zone_progress(request: OrganizationRequest) -> HttpResponse:
    """The part of the page that moves."""
    context = _zone_context(request)
    change = context["change"]
    is_moving = change is not None and change.state == ZoneChange.State.RUNNING
    return render(request, "accounts/_zone_change.html", context, status=200 if is_moving else HTMX_STOP_POLLING)


@require_POST
def pause_zone(request: OrganizationRequest) -> HttpResponse:
    return _with_zone_change(request, zone_actions.pause)


@require_POST
def resume_zone(request: OrganizationRequest) -> HttpResponse:
    return _with_zone_change(request, zone_actions.resume)


def _with_zone_change(request: OrganizationRequest, act: Callable[..., None]) -> HttpResponse:
    access.require(request.membership, Permission.MANAGE_ORGANIZATION)
    change = queries.zone_change(request.organization)
    try:
        if change is not None:
            act(change=change, by=request.membership, at=timezone.now())
    except zone_actions.NotUnderWay:
        messages.info(request, _("Somebody else was first, or it is done already."))
    return redirect(access.url(request.organization, "accounts:settings"))


# ── Branding ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def branding(request: OrganizationRequest) -> HttpResponse:
    form = BrandingForm(request.POST or None, organization=_organization(request))
    if request.method == "POST" and _saves(request, form):
        return redirect(request.path)
    return _branding_page(request, form, LogoForm())


def _branding_page(request: OrganizationRequest, form: BrandingForm, logo_form: LogoForm) -> HttpResponse:
    colour = "" if form.errors else form["brand_color"].value()
    context = {
        "form": form,
        "logo_form": logo_form,
        "logo": logos.of(request.organization),
        "readings": _readings(colour or request.organization.brand_color),
    }
    return render(request, "accounts/settings_branding.html", context)


def _readings(colour: str) -> list[brand.Reading]:
    return [brand.Reading(ground, colour) for ground in (brand.LIGHT_GROUND, brand.DARK_GROUND)]


@managers_only
@require_safe
def contrast(request: OrganizationRequest) -> HttpResponse:
    """How the colour in the address reads: for looking before saving."""
    form = BrandingForm({"brand_color": request.GET.get("brand_color", "")}, organization=_organization(request))
    colour = form.cleaned_data["brand_color"] if form.is_valid() else request.organization.brand_color
    context = {"readings": _readings(colour), "name": request.organization.name}
    return render(request, "components/contrast.html", context)


@takes_files
@managers_only
@require_POST
def set_logo(request: OrganizationRequest) -> HttpResponse:
    form = LogoForm(request.POST, request.FILES)
    if not form.is_valid():
        return _branding_page(request, BrandingForm(organization=_organization(request)), form)
    logo_actions.set_logo(
        organization=request.organization,
        picture=form.cleaned_data["logo"],
        by=request.membership,
        at=timezone.now(),
    )
    messages.success(request, _("The logo is shown from now on."))
    return redirect(access.url(request.organization, "accounts:branding"))


@require_POST
def remove_logo(request: OrganizationRequest) -> HttpResponse:
    logo_actions.remove_logo(organization=request.organization, by=request.membership, at=timezone.now())
    messages.success(request, _("The logo is gone: the name stands in its place."))
    return redirect(access.url(request.organization, "accounts:branding"))


# ── Sender ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def sender(request: OrganizationRequest) -> HttpResponse:
    form = SenderForm(request.POST or None, organization=_organization(request))
    if request.method == "POST":
        if "sender_email" in form.changed_data and not _may_mail_link(request):
            return respond_429(request)
        if _saves(request, form):
            return redirect(request.path)
    context = {"form": form, "state": senders.state(_organization(request))}
    return render(request, "accounts/settings_sender.html", context)


def _may_mail_link(request: OrganizationRequest) -> bool:
    return limits.allows(request, "sender_link", key=str(request.organization.pk))


@require_POST
def send_link_again(request: OrganizationRequest) -> HttpResponse:
    access.require(request.membership, Permission.MANAGE_ORGANIZATION)
    if not _may_mail_link(request):
        return respond_429(request)
    try:
        address = sender_actions.send_link_again(
            organization=request.organization, by=request.membership, at=timezone.now()
        )
        messages.success(request, _("A mail with a link is on its way to %(address)s.") % {"address": address})
    except sender_actions.TooSoon:
        messages.info(request, _("The last mail left less than a minute ago. Please wait a little for it."))
    except sender_actions.NotWaiting:
        messages.info(request, _("No address waits to be confirmed."))
    return redirect(access.url(request.organization, "accounts:sender"))


@require_POST
def keep_sender(request: OrganizationRequest) -> HttpResponse:
    try:
        sender_actions.stop_waiting(organization=request.organization, by=request.membership, at=timezone.now())
        messages.success(request, _("Emails go on leaving from the address that they leave from now."))
    except sender_actions.NotWaiting:
        messages.info(request, _("No address waits to be confirmed."))
    return redirect(access.url(request.organization, "accounts:sender"))
