"""The settings page "Referrals": who recommends the company, what came of it, and where friends land."""

from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.automation import link_queries
from surveys.automation.actions import referring as actions
from surveys.automation.link_forms import ReferralForm, SignUpForm
from surveys.automation.models import LinkKind, LinkVisit
from surveys.core import csvs

_SECRET: Final = "referral_secret"  # in the session, until it was shown once

editors_only = access.permitted(Permission.EDIT_AUTOMATION)


@require_safe
@sensitive_variables()
def referrals(request: OrganizationRequest) -> HttpResponse:
    return _show(request)


def _show(request: OrganizationRequest, status: int = 200, **more: Any) -> HttpResponse:
    organization, by = request.organization, request.membership
    said = link_queries.referral_settings(organization)
    links, after = link_queries.promoters(organization, request.GET.get("after", ""))
    context: dict[str, Any] = {
        "said": said,
        "form": ReferralForm.of(said),
        "totals": link_queries.totals(organization),
        "months": link_queries.months(organization, LinkKind.REFERRAL, timezone.now()),
        "links": links,
        "next_url": f"?after={after}#people" if after else "",
        "is_first": "after" not in request.GET,
        "told": link_queries.signups_by_hand(organization),
        "endpoint": settings.PUBLIC_URL + reverse("signups:signed_up", args=[organization.pk]),
        "may_edit": access.can(by, Permission.EDIT_AUTOMATION),
        "may_tell": access.can(by, Permission.EDIT_CUSTOMERS),
        "may_export": access.can(by, Permission.EXPORT_CUSTOMERS),
        "secret": request.session.pop(_SECRET, "") if request.method == "GET" else "",
        **more,
    }
    return render(request, "automation/referrals.html", context, status=status)


@editors_only
@require_POST
def change(request: OrganizationRequest) -> HttpResponse:
    form = ReferralForm(request.POST)
    if form.is_valid():
        try:
            actions.change(**form.cleaned_data, by=request.membership, at=timezone.now())
        except actions.Refused as refused:
            form.add_error("target", str(refused))
        else:
            messages.success(request, _("Saved."))
            return _back(request)
    return _show(request, 422, form=form)


@editors_only
@sensitive_variables()
@require_POST
def renew_secret(request: OrganizationRequest) -> HttpResponse:
    request.session[_SECRET] = actions.renew_secret(by=request.membership, at=timezone.now())
    return _back(request, "#tell")


@access.permitted(Permission.EXPORT_CUSTOMERS)
@require_POST
def export(request: OrganizationRequest) -> StreamingHttpResponse:
    at = timezone.now()
    actions.note_export(by=request.membership, at=at)
    heading = ["name", "email", "external_id", "link", "visits", "sign_ups", "since"]
    lines = csvs.lines(heading, link_queries.all_promoters(request.organization))
    name = f"{request.organization.slug}-referrals-{at:%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


# ── What colleagues tell ─────────────────────────────────────────────────────────────────────────────────────────────


@access.permitted(Permission.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: OrganizationRequest) -> HttpResponse:
    form = SignUpForm(request.organization, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            told = actions.add_signup(**form.cleaned_data, by=request.membership, at=timezone.now())
        except actions.CountedAlready as already:
            said = _("It is noted already that they came because of %(name)s. Take that back first.")
            form.add_error("newcomer", said % {"name": already.args[0] or _("somebody who is gone")})
        except actions.Refused as refused:
            form.add_error(None, str(refused))
        else:
            _say(request, told)
            return _back(request, "#told")
    return render(request, "automation/sign_up.html", {"form": form})


def _say(request: OrganizationRequest, told: actions.SignUp) -> None:
    if told.is_new:
        messages.success(request, _("Counted. It can be taken back below."))
        return
    day = date_format(told.visit.at.astimezone(ZoneInfo(request.organization.time_zone)), "j M Y")
    messages.info(request, _("That was noted before, on %(day)s. It counts once.") % {"day": day})


@access.permitted(Permission.EDIT_CUSTOMERS)
@require_POST
def take_back(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, LinkVisit, pk)
    actions.take_back(signup=found, by=request.membership, at=timezone.now())
    messages.success(request, _("It is not counted any more."))
    return _back(request, "#told")


def _back(request: OrganizationRequest, anchor: str = "") -> HttpResponse:
    return redirect(access.url(request.organization, "links:referrals") + anchor)
