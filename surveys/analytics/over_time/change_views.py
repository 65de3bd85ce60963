"""Customers over time: who moved between two periods, and the lists of people to act on."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.analytics import showing
from surveys.analytics.over_time import answered, change_lists, movers, watching
from surveys.analytics.over_time.answered import Statement
from surveys.analytics.over_time.change_lists import PeopleList, WatchList
from surveys.analytics.over_time.change_page import ChangesPage, scores_of, went_said
from surveys.analytics.over_time.changes import changes as changes_of
from surveys.analytics.over_time.movers import Move
from surveys.analytics.pages import AnalyticsPage
from surveys.core.filters import left_out


@require_GET
def changes(request: OrganizationRequest) -> HttpResponse:
    page = showing.page(request, "analytics:changes", _("Customers over time"))

    def figures() -> dict[str, Any]:
        return {"changes": ChangesPage(page, changes_of(page.organization, page.look)), "lists": change_lists.TABS}

    return showing.rendered(request, page, "analytics/changes.html", figures)


@require_GET
def people(request: OrganizationRequest) -> HttpResponse:
    """Those of one cell: `was` and `is` are categories or scores. Without them, the page to choose them on."""
    page = showing.page(request, "analytics:change_people", _("People who moved"), own=("was", "is", "after"))
    before, now = request.GET.get("was", ""), request.GET.get("is", "")
    if not (scores_of(before) and scores_of(now)):
        expected = _("a score, or promoter, passive, detractor")
        for name, text in (("was", before), ("is", now)):
            if not scores_of(text):
                messages.warning(request, left_out(name, text, expected))
        back = access.url(request.organization, "analytics:changes")
        return redirect(f"{back}?{page.look.to_query()}")
    statement = movers.went(page.organization, page.look, scores_of(before), scores_of(now))
    finding = _("%(move)s: last answer of %(before)s against last answer of %(now)s.") % {
        "move": went_said(before, now),
        "before": page.look.compared,
        "now": page.look.period,
    }
    return _listed(request, page, statement, finding, table="people")


@require_GET
def recoveries(request: OrganizationRequest) -> HttpResponse:
    page = showing.page(request, "analytics:recoveries", _("Recoveries"), own=("after",))
    finding = _(
        "Detractors who came back as promoters: their latest answer was given in this period, and the one before it was a"
        " detractor's. Filters look at the latest answer."
    )
    statement = movers.moved(page.organization, page.look, Move.RECOVERED)
    return _listed(request, page, statement, finding, table="recoveries")


@require_GET
def falls(request: OrganizationRequest) -> HttpResponse:
    page = showing.page(request, "analytics:falls", _("Falls"), own=("after",))
    finding = _(
        "Promoters who are none any more: their latest answer was given in this period, and the one before it was a"
        " promoter's. Filters look at the latest answer."
    )
    return _listed(request, page, movers.moved(page.organization, page.look, Move.FELL), finding, table="falls")


@require_GET
def watch(request: OrganizationRequest) -> HttpResponse:
    page = showing.page(request, "analytics:watch", _("Watch list"), own=("after",))

    def figures() -> dict[str, Any]:
        statement = watching.watched(page.organization, timezone.now(), page.look.filters)
        found = answered.page(page.organization, statement, request.GET.get("after", ""))
        finding = _(
            "For %(days)s days after a detractor's answer, or until they answer as a promoter. The period above does not"
            " matter here; filters look at the detractor's answer."
        ) % {"days": watching.DAYS}
        worth = change_lists.worth_property(page.organization, sees_hidden=_sees_hidden(request))
        tags = change_lists.tags_of(page.organization, found)
        return _context(request, page, "watch") | {"people": WatchList(page, found, finding, worth, tags)}

    return showing.rendered(request, page, "analytics/watch.html", figures)


def _listed(
    request: OrganizationRequest, page: AnalyticsPage, statement: Statement, finding: str, *, table: str
) -> HttpResponse:
    def figures() -> dict[str, Any]:
        found = answered.page(page.organization, statement, request.GET.get("after", ""))
        worth = change_lists.worth_property(page.organization, sees_hidden=_sees_hidden(request))
        return _context(request, page, table) | {"people": PeopleList(page, found, finding, worth)}

    return showing.rendered(request, page, "analytics/people.html", figures)


def _context(request: OrganizationRequest, page: AnalyticsPage, table: str) -> dict[str, Any]:
    """`query` is what the file of the list is asked with: the list from its beginning."""
    query = page.url(page.look, after=None).partition("?")[2]
    can_export = access.can(request.membership, Permission.EXPORT_CUSTOMERS)
    return {"lists": change_lists.TABS, "table": table, "query": query, "can_export": can_export}


def _sees_hidden(request: OrganizationRequest) -> bool:
    return access.sees_hidden_properties(request.membership)
