"""Does closing the loop work? A page for every role, and its tables as files."""

from django.http import Http404, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from surveys.accounts.access import OrganizationRequest
from surveys.analytics import showing
from surveys.analytics.pages import AnalyticsPage
from surveys.analytics.sharing import about
from surveys.analytics.sharing.export_views import asked_of
from surveys.analytics.tables import as_sheet
from surveys.automation import effect_page, effect_tables
from surveys.automation.effect_page import EffectPage
from surveys.core.spreadsheets import FORMS, as_file
from surveys.customers import queries as customers


@require_GET
def page(request: OrganizationRequest) -> HttpResponse:
    shown = _page(request)
    return showing.rendered(request, shown, "automation/effect.html", lambda: {"effect": _effect(request, shown)})


@require_safe
def table(request: OrganizationRequest, table: str, form: str) -> HttpResponseBase:
    found = effect_tables.table(table, _effect(request, _page(request))) if form in FORMS else None
    if found is None:
        raise Http404
    asked = asked_of(request)
    sheet = as_sheet(found, about.about(_("Does it work?"), asked))
    return as_file(sheet, form, about.file_name("effect", table, asked))


def _page(request: OrganizationRequest) -> AnalyticsPage:
    return effect_page.understood(showing.page(request, "effect:page", _("Does it work?"), own=effect_page.OWN))


def _effect(request: OrganizationRequest, page: AnalyticsPage) -> EffectPage:
    visible = customers.visible_properties(request.membership)
    return EffectPage.of(page, request.GET, visible, timezone.now())
