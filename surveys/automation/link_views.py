"""The settings pages "Review sites": everybody sees what they brought, admins change them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.automation import link_queries, queries
from surveys.automation.actions import sites as actions
from surveys.automation.link_forms import SiteForm
from surveys.automation.models import LinkKind, ReviewSite

editors_only = access.permitted(Permission.EDIT_AUTOMATION)


@require_safe
def reviews(request: OrganizationRequest) -> HttpResponse:
    organization = request.organization
    undo = link_queries.archived_site(organization, request.GET.get("archived", ""))
    context: dict[str, Any] = {
        "sites": link_queries.site_figures(organization),
        "archived": link_queries.site_figures(organization, archived=True),
        "months": link_queries.months(organization, LinkKind.REVIEW, timezone.now()),
        "may_edit": access.can(request.membership, Permission.EDIT_AUTOMATION),
        "undo": undo,
        "undo_rules": queries.rules_for_site(organization, undo.pk) if undo else [],
    }
    return render(request, "automation/reviews.html", context)


@editors_only
@require_http_methods(["GET", "HEAD", "POST"])
def site_new(request: OrganizationRequest) -> HttpResponse:
    return _edit(request, None)


@editors_only
@require_http_methods(["GET", "HEAD", "POST"])
def site(request: OrganizationRequest, pk: int) -> HttpResponse:
    return _edit(request, access.get(request.membership, ReviewSite, pk))


def _edit(request: OrganizationRequest, found: ReviewSite | None) -> HttpResponse:
    form = SiteForm.of(found, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        by, at = request.membership, timezone.now()
        try:
            if found is None:
                actions.add(wish=form.wish(), by=by, at=at)
            else:
                actions.change(site=found, wish=form.wish(), by=by, at=at)
        except actions.Refused as refused:
            form.add_error(refused.field, str(refused))
        else:
            messages.success(request, _("Saved."))
            return _back(request)
    rules = queries.rules_for_site(request.organization, found.pk) if found else []
    return render(request, "automation/review_site.html", {"form": form, "site": found, "rules": rules})


@editors_only
@require_POST
def move_up(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ReviewSite, pk)
    actions.move_up(site=found, by=request.membership, at=timezone.now())
    return _back(request)


@editors_only
@require_POST
def archive(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ReviewSite, pk)
    actions.archive(site=found, by=request.membership, at=timezone.now())
    return _back(request, f"?archived={found.pk}")


@editors_only
@require_POST
def restore(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ReviewSite, pk)
    try:
        actions.restore(site=found, by=request.membership, at=timezone.now())
    except actions.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("“%(name)s” is shown again.") % {"name": found})
    return _back(request)


def _back(request: OrganizationRequest, query: str = "") -> HttpResponse:
    return redirect(access.url(request.organization, "links:reviews") + query)
