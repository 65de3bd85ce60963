"""Segments of the responses, and any two of them side by side."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from surveys.accounts.access import OrganizationRequest
from surveys.analytics import segment_page, showing
from surveys.analytics.segment_page import SegmentsPage


@require_GET
def segments(request: OrganizationRequest) -> HttpResponse:
    page = showing.page(request, "analytics:segments", _("Segments"), own=segment_page.OWN)
    at = timezone.now()
    return showing.rendered(
        request, page, "analytics/segments.html", lambda: {"segments": SegmentsPage.of(page, request.GET, at)}
    )
