"""Choosing conditions for the list of customers."""

import json
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.core.conditions.builder import Builder
from surveys.core.conditions.catalogue import Catalogue
from surveys.core.conditions.tree import EVERYONE
from surveys.customers import queries
from surveys.customers.list_filters import ListFilters
from surveys.customers.list_views import Look, parts_of
from surveys.customers.queries import BadCondition
from surveys.customers.queries.segments import Meaning, customer_catalogue
from surveys.customers.segment_views import stored_in


@require_http_methods(["GET", "HEAD", "POST"])
def filter_list(request: OrganizationRequest) -> HttpResponse:
    """ "save" leads back to the list under the conditions.

    What else the list's address says stays in it, and is counted with.
    """
    known = _catalogue(request)
    if request.method != "POST":
        return _page(request, Builder.of_json(stored_in(request.GET.get("where", "")), known))
    builder = Builder.typed(request.POST, known, is_strict="save" in request.POST)
    tree = builder.tree if "save" in request.POST else None
    if tree is None:
        return _page(request, builder)
    address = request.GET.copy()
    for parameter in ("where", "after", "before"):
        address.pop(parameter, None)
    if tree != EVERYONE:
        address["where"] = json.dumps(tree.to_json(), ensure_ascii=False, separators=(",", ":"))
    return redirect(access.url(request.organization, "customers:list") + "?" + address.urlencode())


def _catalogue(request: OrganizationRequest) -> Catalogue:
    known = customer_catalogue(request.organization)
    return known if access.sees_hidden_properties(request.membership) else known.open()


def _page(request: OrganizationRequest, builder: Builder) -> HttpResponse:
    look = Look(request)
    others = replace(look.filters, where="")
    found = _meaning(request, builder, others)
    context: dict[str, Any] = {
        "builder": builder,
        "here": request.get_full_path(),
        "is_unsaved": request.method == "POST",
        "size": found.size,
        "people": found.people,
        "others": parts_of(look, others),
    }
    return render(request, "customers/filter.html", context)


def _meaning(request: OrganizationRequest, builder: Builder, others: ListFilters) -> Meaning:
    """Of the conditions among those whom the other filters let through."""
    if builder.tree is None:
        return Meaning()
    try:
        return queries.meaning(request.organization, others, builder.tree, builder.catalogue, at=timezone.now())
    except BadCondition as bad:
        builder.problem = bad.problems[0].message
        return Meaning()
