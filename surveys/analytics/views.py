"""Dashboards: of the organization, and of one campaign."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.analytics import queries, showing
from surveys.analytics.counting import scanning
from surveys.analytics.overview import attention_words, beginnings
from surveys.analytics.overview.annotation_forms import AnnotationForm
from surveys.analytics.overview.annotations import annotated
from surveys.analytics.overview.attention import attention
from surveys.analytics.overview.attention_words import Item
from surveys.analytics.overview.dashboard import Dashboard
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
        found, notes = scanning.together(
            lambda: queries.figures(page.organization, page.look, page.dimensions),
            lambda: annotated(page.organization, page.look, page.today),
        )
        beginning = queries.beginning(page.organization) if found.is_empty else None
        steps = beginnings.steps(request.membership, beginning) if beginning else []
        dashboard = Dashboard(
            page,
            found,
            beginning,
            steps,
            notes,
            _attention(page) if beginning is None or beginning.has_response else [],
            _form(request, page),
        )
        return {"dashboard": dashboard}

    return showing.rendered(request, page, "analytics/_dashboard.html", figures)


def _attention(page: AnalyticsPage) -> list[Item]:
    """Of the campaign whose page this is, or of the whole organization, whatever else was chosen."""
    campaign = page.campaign.pk if page.campaign else None
    found = attention(page.organization, page.dimensions, campaign, page.today, timezone.now())
    return attention_words.items(page, found, campaign)


def _form(request: OrganizationRequest, page: AnalyticsPage) -> AnnotationForm | None:
    if not access.can(request.membership, Permission.MARK_RESPONSES):
        return None
    about = page.campaign or None
    return AnnotationForm(page.organization, page.today, initial={"day": page.today, "campaign": about})
