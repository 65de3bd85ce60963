"""From a request to a page of analytics, and from a page to an answer: the one way that all of them go."""

from collections.abc import Callable, Collection
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from surveys.accounts import access, view_menus
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.accounts.view_menus import ViewsMenu
from surveys.analytics import queries
from surveys.analytics.choices import Choices, choices
from surveys.analytics.counting.scanning import Unfinished
from surveys.analytics.look import Look
from surveys.analytics.overview import beginnings
from surveys.analytics.pages import AnalyticsPage
from surveys.analytics.sharing import view_pages
from surveys.analytics.waiting import progress
from surveys.campaigns.models import Campaign
from surveys.core.periods import local_day

_BEGIN_THEMSELVES: Final = frozenset({"analytics:overview", "analytics:revenue", "analytics:risk"})
POLLING = "scan"  # the id of what polls while figures are being counted


def page(
    request: OrganizationRequest, name: str, title: str, *, own: Collection[str] = (), **keys: int | str
) -> AnalyticsPage:
    """`name` is that of the page's address and `keys` what it needs; `own` names the parameters only it understands."""
    found = choices(request.organization, sees_hidden=access.sees_hidden_properties(request.membership))
    return AnalyticsPage(
        organization=request.organization,
        name=name,
        title=title,
        look=_look(request, found),
        today=today(request),
        choices=found,
        keys=keys,
        own=tuple((key, value) for key in (*own, view_menus.PARAMETER) for value in request.GET.getlist(key) if value),
    )


def page_of(request: OrganizationRequest, name: str, title: str, campaign: Campaign) -> AnalyticsPage:
    """A page about one campaign: its key in the address wins over a filter on another."""
    found = choices(request.organization, sees_hidden=access.sees_hidden_properties(request.membership))
    look = _look(request, found)
    return AnalyticsPage(
        organization=request.organization,
        name=name,
        title=title,
        look=look.narrowed_to(look.filters.narrowed(campaign=campaign.pk)),
        today=today(request),
        choices=found,
        keys={"pk": campaign.pk},
        campaign=campaign,
    )


def _opening(request: OrganizationRequest, page: AnalyticsPage) -> str | None:
    kept = view_pages.of_name(page.name)
    return view_menus.opening(request, kept.key) if kept else None


def _menu(request: OrganizationRequest, page: AnalyticsPage) -> ViewsMenu | None:
    """The saved views of the page; None where there are none to be had."""
    kept = view_pages.of_name(page.name)
    if kept is None:
        return None
    own = [pair for pair in page.own if pair[0] not in (view_menus.PARAMETER, "after")]
    query = urlencode([*page.pairs(page.look), *own])
    return view_menus.menu(request, page=kept.key, address=page.address, everything=_("Without a view"), query=query)


def _ways_out(request: OrganizationRequest, page: AnalyticsPage) -> dict[str, Any]:
    kept = view_pages.of_name(page.name)
    return {
        "menu": _menu(request, page),
        "has_figures": kept is not None and kept.has_figures,
        "may_share": access.can(request.membership, Permission.SHARE_FIGURES),
        "may_export": access.can(request.membership, Permission.EXPORT_CUSTOMERS),
    }


def _look(request: OrganizationRequest, known: Choices) -> Look:
    look = Look.from_query(request.GET, today(request))
    sees_hidden = access.sees_hidden_properties(request.membership)
    return known.understood(look, sees_hidden=sees_hidden, at=timezone.now())


def today(request: OrganizationRequest) -> date:
    return local_day(timezone.now(), ZoneInfo(request.organization.time_zone))


def rendered(
    request: OrganizationRequest, page: AnalyticsPage, template: str, figures: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """The whole page, or for htmx its changing part (`template`); either way the address says all that was chosen.

    While figures are still being counted, the page shows how far that is.
    """
    elsewhere = _opening(request, page)
    if elsewhere:
        return redirect(elsewhere)
    try:
        template, context = _shown(request, page, template, figures)
        is_done = True
    except Unfinished as unfinished:
        template, is_done = "analytics/_scanning.html", False
        context = {"scanning": progress(unfinished)}
    context |= {"page": page, "campaign": page.campaign, "part": template, **_ways_out(request, page)}
    return _answer(request, page, context, is_done=is_done)


def _shown(
    request: OrganizationRequest, page: AnalyticsPage, template: str, figures: Callable[[], dict[str, Any]]
) -> tuple[str, dict[str, Any]]:
    """Before anybody was asked a page says how to begin, unless it knows better, or something was looked for."""
    looks_for_more = page.campaign or page.name in _BEGIN_THEMSELVES or page.look.filters.is_narrowed
    if looks_for_more or not queries.is_untouched(page.organization):
        return template, figures()
    steps = beginnings.steps(request.membership, queries.beginning(page.organization))
    return "analytics/_beginning.html", {"steps": steps}


def _answer(
    request: OrganizationRequest, page: AnalyticsPage, context: dict[str, Any], *, is_done: bool
) -> HttpResponse:
    is_part = request.htmx and not request.htmx.history_restore_request
    polls = is_part and request.htmx.target == POLLING
    part = "analytics/_scanning_card.html" if polls and not is_done else context["part"]
    response = render(request, part if is_part else "analytics/page.html", context)
    if polls and is_done:
        response["HX-Retarget"], response["HX-Reswap"] = "#dashboard", "innerHTML"
    elif is_part and not polls:
        response["HX-Push-Url"] = page.canonical_url
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
