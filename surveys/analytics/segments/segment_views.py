"""Pages that tell people apart: segments, who answered, what they are worth."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.analytics import showing
from surveys.analytics.segments import representation_page, revenue_page, segment_page, side_by_side_page
from surveys.analytics.segments.representation_page import AnsweredPage
from surveys.analytics.segments.revenue_page import RevenuePage
from surveys.analytics.segments.segment_page import SegmentsPage
from surveys.analytics.segments.side_by_side_page import SideBySidePage
from surveys.customers import queries as customers


@require_GET
def segments(request: OrganizationRequest) -> HttpResponse:
    page = showing.page(request, "analytics:segments", _("Segments"), own=segment_page.OWN)
    at = timezone.now()
    return showing.rendered(
        request, page, "analytics/segments.html", lambda: {"segments": SegmentsPage.of(page, request.GET, at)}
    )


@require_GET
def compare(request: OrganizationRequest) -> HttpResponse:
    page = showing.page(request, "analytics:compare", _("Two segments side by side"), own=side_by_side_page.OWN)
    at, sees_hidden = timezone.now(), access.sees_hidden_properties(request.membership)

    def figures() -> dict[str, Any]:
        return {"sides": SideBySidePage.of(page, request.GET, sees_hidden=sees_hidden, at=at)}

    return showing.rendered(request, page, "analytics/side_by_side.html", figures)


@require_GET
def answered(request: OrganizationRequest) -> HttpResponse:
    page = showing.page(request, "analytics:answered", _("Who answered"), own=representation_page.OWN)
    at = timezone.now()
    return showing.rendered(
        request, page, "analytics/answered.html", lambda: {"answered": AnsweredPage.of(page, request.GET, at)}
    )


@require_GET
def revenue(request: OrganizationRequest) -> HttpResponse:
    page = showing.page(request, "analytics:revenue", _("Revenue"), own=revenue_page.OWN)
    visible, at = customers.visible_properties(request.membership), timezone.now()
    return showing.rendered(
        request, page, "analytics/revenue.html", lambda: {"revenue": RevenuePage.of(page, request.GET, visible, at)}
    )
