"""Dashboards: of the organization, and of one campaign."""

from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.analytics import beginnings, queries
from surveys.analytics.dashboard import Dashboard
from surveys.analytics.look import Look
from surveys.campaigns.models import Campaign
from surveys.core.periods import local_day


@require_GET
def overview(request: OrganizationRequest) -> HttpResponse:
    return _dashboard(request, "analytics/overview.html")


@require_GET
def campaign(request: OrganizationRequest, pk: int) -> HttpResponse:
    """The dashboard of one campaign; its name in the address wins over a filter on another."""
    return _dashboard(request, "analytics/campaign.html", access.get(request.membership, Campaign, pk))


def _dashboard(request: OrganizationRequest, page: str, campaign: Campaign | None = None) -> HttpResponse:
    today = local_day(timezone.now(), ZoneInfo(request.organization.time_zone))
    look = Look.from_query(request.GET, today)
    if campaign:
        look = look.narrowed_to(look.filters.narrowed(campaign=campaign.pk))
    figures = queries.figures(request.organization, look)
    beginning = queries.beginning(request.organization) if figures.is_empty else None
    steps = beginnings.steps(request.membership, beginning) if beginning else []
    dashboard = Dashboard(request.organization, figures.look, figures, today, campaign, beginning, steps)
    return _rendered(request, page, dashboard)


def _rendered(request: OrganizationRequest, page: str, dashboard: Dashboard) -> HttpResponse:
    """The whole page, or for htmx its changing part; either way the address says all that was chosen."""
    is_part = request.htmx and not request.htmx.history_restore_request
    template = "analytics/_dashboard.html" if is_part else page
    response = render(request, template, {"dashboard": dashboard, "campaign": dashboard.campaign})
    if is_part:
        response["HX-Push-Url"] = dashboard.canonical_url
    patch_vary_headers(response, ["HX-Request"])
    return response
