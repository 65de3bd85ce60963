"""The settings page "Sending domain": what name servers say, and what to publish. See docs/organizations.md."""

from typing import Any

from allauth.core.ratelimit import respond_429
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HTMX_STOP_POLLING

from surveys.accounts import access, domain_words, limits
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.actions import domains as actions
from surveys.accounts.domain_forms import SelectorsForm
from surveys.accounts.models import Organization
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import domains, senders

POLL_SECONDS = 1

managers_only = access.permitted(Permission.MANAGE_ORGANIZATION)


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def domain(request: OrganizationRequest) -> HttpResponse:
    """POST asks for a check of the organization's own domain; a worker does it."""
    organization = Organization.objects.get(pk=request.organization.pk)
    context = _context(organization)
    known = ", ".join(context["check"].selectors) if context["check"] else ""
    form = SelectorsForm(request.POST or None, initial={"selectors": known})
    if request.method == "POST" and context["address"] and form.is_valid():
        if not limits.is_within(request, "domain_check", key=str(organization.pk)):
            return respond_429(request)
        actions.ask_for_check(
            organization=organization,
            selectors=form.cleaned_data["selectors"],
            by=request.membership,
            at=timezone.now(),
        )
        return redirect(request.path)
    return render(request, "accounts/settings_domain.html", context | {"form": form})


@managers_only
@require_safe
def results(request: OrganizationRequest) -> HttpResponse:
    """The part of the page that waits for the answer."""
    context = _context(request.organization)
    is_waiting = context["check"] is not None and context["check"].is_waiting
    return render(request, "accounts/_domain_results.html", context, status=200 if is_waiting else HTMX_STOP_POLLING)


def _context(organization: Organization) -> dict[str, Any]:
    address = domains.sender_address(organization)
    check = domains.check_of(organization)
    return {
        "address": address,
        "domain": domains.domain_of(address),
        "default_address": senders.default_address(),
        "check": check,
        "sections": domain_words.sections(check) if check and not check.is_waiting else [],
        "poll_seconds": POLL_SECONDS,
    }
