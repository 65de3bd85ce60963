"""Pages that say why: themes of the comments, one theme, drivers."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.analytics import showing
from surveys.analytics.counting.scanning import Unfinished
from surveys.analytics.reasons.drivers import drivers
from surveys.analytics.reasons.drivers_page import DriversPage
from surveys.analytics.reasons.quotes import quotes
from surveys.analytics.reasons.theme_page import ThemePage
from surveys.analytics.reasons.why import THEME, why
from surveys.analytics.reasons.why_page import WhyPage, standing_out
from surveys.comments import queries as comments
from surveys.comments.models import Theme


@require_GET
def themes(request: OrganizationRequest) -> HttpResponse:
    page = showing.page(request, "analytics:why", _("Why"), own=("sort",))

    def figures() -> dict[str, Any]:
        found = why(page.organization, page.look.cut_naturally())
        return {"shown": WhyPage(page, found, quotes(page, page.look), comments.unread(page.organization))}

    return showing.rendered(request, page, "analytics/why/themes_page.html", figures)


@require_GET
def theme(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Theme, pk)
    page = showing.page(request, "analytics:theme", found.name, pk=pk)
    look = page.look.narrowed_to(page.look.filters.by_dimension(THEME, str(pk)))

    def figures() -> dict[str, Any]:
        shown = ThemePage(page, found, why(page.organization, page.look), quotes(page, look))
        return {"shown": shown, "can_edit": access.can(request.membership, Permission.EDIT_THEMES)}

    return showing.rendered(request, page, "analytics/why/theme.html", figures)


@require_GET
def drivers_page(request: OrganizationRequest) -> HttpResponse:
    page = showing.page(request, "analytics:drivers", _("What goes with the score"))

    def figures() -> dict[str, Any]:
        if page.look.filters.is_on_the_score:
            return {"shown": None}
        return {"shown": DriversPage(page, drivers(page.organization, page.look, page.choices))}

    return showing.rendered(request, page, "analytics/why/drivers.html", figures)


@require_GET
@vary_on_headers("HX-Request")
def standing_out_card(request: OrganizationRequest) -> HttpResponse:
    """For the overview, which need not wait for it; without htmx all themes."""
    page = showing.page(request, "analytics:why", _("Why"))
    if not request.htmx:
        return redirect(page.canonical_url)
    try:
        context = {"page": page, "standing_out": standing_out(page)}
    except Unfinished:
        context = {"page": page, "is_counting": True}
    return render(request, "analytics/why/_standing_out.html", context)
