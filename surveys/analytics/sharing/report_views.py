"""The report: A4, to be printed or kept as a PDF by the browser."""

from urllib.parse import parse_qsl

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.queries import logos, saved_views
from surveys.analytics.counting.scanning import Unfinished
from surveys.analytics.sharing import asking, report
from surveys.analytics.waiting import counting
from surveys.core import places


@require_safe
def report_page(request: OrganizationRequest) -> HttpResponse:
    """Of the same query as the overview; `show` are the sections, `view` gives it its title."""
    sees_hidden = access.sees_hidden_properties(request.membership)
    asked = asking.asked(request.organization, request.GET, at=timezone.now(), sees_hidden=sees_hidden)
    query = report.without_sections(request.GET)
    try:
        found = report.report(asked, _title(request)).counted()
    except Unfinished as unfinished:
        return counting(request, unfinished)
    context = {
        "report": found,
        "logo": logos.of(request.organization),
        "hidden": parse_qsl(query),
        "back": access.url(request.organization, "analytics:overview") + (f"?{query}" if query else ""),
    }
    return render(request, "analytics/report.html", context)


def _title(request: OrganizationRequest) -> str:
    pk = places.key(request.GET.get("view", ""))
    view = saved_views.visible_view(request.membership, pk) if pk else None
    return str(view) if view else _("Net Promoter Score")
