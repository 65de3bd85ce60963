"""The page "Deliverability", its list for spreadsheets, and the button that lets stopped mail go on."""

from collections.abc import Iterator, Sequence

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.core import csvs
from surveys.delivery.actions import stopping
from surveys.delivery.deliverability import providers, queries
from surveys.delivery.deliverability.page import Page


@require_safe
def deliverability(request: OrganizationRequest) -> HttpResponse:
    page = _page(request)
    can_run = access.can(request.membership, Permission.RUN_CAMPAIGNS)
    return render(request, "delivery/deliverability.html", {"page": page, "can_run": can_run})


def _page(request: OrganizationRequest) -> Page:
    return Page.wanted(request.membership, request.GET.get("period", ""), at=timezone.now())


@require_safe
def deliverability_file(request: OrganizationRequest) -> StreamingHttpResponse:
    """Every day and domain of the period."""
    page = _page(request)
    name = f"deliverability-{request.organization.slug}-{page.period.first}-{page.period.last}.csv"
    return StreamingHttpResponse(
        csvs.lines(_heading(), _lines(page)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _heading() -> Sequence[str]:
    return [
        _("Day"),
        _("Domain"),
        _("Provider"),
        _("Mails"),
        _("Delivered"),
        _("Came back"),
        _("Came back for now"),
        _("Reported as spam"),
        _("Unsubscribed"),
    ]


def _lines(page: Page) -> Iterator[Sequence[object]]:
    for row in queries.rows(page.organization, page.period):
        counts = (row.sent, row.delivered, row.bounced, row.soft_bounced, row.complained, row.unsubscribed)
        yield (row.day.isoformat(), row.domain, providers.PROVIDERS.get(row.domain, ""), *counts)


@require_POST
def look_into(request: OrganizationRequest) -> HttpResponse:
    try:
        stopping.look_into(by=request.membership, at=timezone.now())
    except stopping.NotStopped:
        messages.info(request, _("Nothing is stopped any more: somebody else was faster."))
    else:
        messages.success(request, _("Noted. Campaigns can be resumed now, each on its own page."))
    return redirect(access.url(request.organization, "delivery:deliverability"))
