"""Dashboards: of the organization, and of one campaign."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.analytics import beginnings, queries, showing
from surveys.analytics.dashboard import Dashboard
from surveys.analytics.pages import AnalyticsPage
from surveys.campaigns.models import Campaign


@require_GET
def overview(request: OrganizationRequest) -> HttpResponse:
    return _dashboard(request, showing.page(request, "analytics:overview", _("Overview")))


@require_GET
def campaign(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Campaign, pk)
    title = _("Results of %(name)s") % {"name": found.name}
    return _dashboard(request, showing.page_of(request, "analytics:campaign", title, found))


def _dashboard(request: OrganizationRequest, page: AnalyticsPage) -> HttpResponse:
    def figures() -> dict[str, Any]:
        found = queries.figures(page.organization, page.look, page.dimensions)
        beginning = queries.beginning(page.organization) if found.is_empty else None
        steps = beginnings.steps(request.membership, beginning) if beginning else []
        return {"dashboard": Dashboard(page, found, beginning, steps)}

    return showing.rendered(request, page, "analytics/_dashboard.html", figures)
