"""Choosing any condition for a page that filters responses."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.core.conditions.builder import Builder
from surveys.core.conditions.tree import EVERYONE
from surveys.core.filters import Filters
from surveys.responses import filtering, views

PARAMETERS = ("where", "back", "after", "before")


@require_http_methods(["GET", "HEAD", "POST"])
def filter_responses(request: OrganizationRequest) -> HttpResponse:
    """ "save" leads back to the page named by `back`, under the conditions; what else the address says stays in it."""
    sees_hidden = access.sees_hidden_properties(request.membership)
    fields = filtering.response_catalogue(request.organization, sees_hidden=sees_hidden)
    if request.method != "POST":
        stored = Filters.from_query(request.GET).where
        return _page(request, Builder.of_json(json.loads(stored) if stored else {}, fields))
    builder = Builder.typed(request.POST, fields, is_strict="save" in request.POST)
    tree = builder.tree if "save" in request.POST else None
    if tree is None:
        return _page(request, builder)
    address = _others(request)
    if tree != EVERYONE:
        address["where"] = json.dumps(tree.to_json(), ensure_ascii=False, separators=(",", ":"))
    return HttpResponseRedirect(f"{_back(request)}?{address.urlencode()}")


def _others(request: HttpRequest) -> QueryDict:
    address = request.GET.copy()
    for parameter in PARAMETERS:
        address.pop(parameter, None)
    return address


def _back(request: OrganizationRequest) -> str:
    """A page of this organization; the overview, whatever else the address says."""
    overview = access.url(request.organization, "analytics:overview")
    path = request.GET.get("back", "").partition("?")[0]
    is_ours = path.startswith(overview) and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours and "//" not in path else overview


def _page(request: OrganizationRequest, builder: Builder) -> HttpResponse:
    query = _others(request).urlencode()
    context: dict[str, Any] = {
        "builder": builder,
        "here": request.get_full_path(),
        "is_unsaved": request.method == "POST",
        "found": _found(request, builder),
        "back_url": f"{_back(request)}?{query}" if query else _back(request),
    }
    return render(request, "analytics/filter.html", context)


def _found(request: OrganizationRequest, builder: Builder) -> filtering.HowMany | None:
    """How many responses of all time meet the conditions; None while they are not complete."""
    if builder.tree is None:
        return None
    where = json.dumps(builder.tree.to_json()) if builder.tree != EVERYONE else ""
    sees_hidden = access.sees_hidden_properties(request.membership)
    known = views.known_of(request, ())
    filters = filtering.understood(
        request.organization, Filters(where=where), known, sees_hidden=sees_hidden, at=timezone.now()
    )
    if filters.problems:
        builder.problem = filters.problems[0]
        return None
    return filtering.how_many(request.organization, filters)
