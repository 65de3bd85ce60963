"""Choosing conditions about the customers whose conversations the inbox shows."""

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
from surveys.customers.queries import BadCondition
from surveys.customers.queries.segments import customer_catalogue
from surveys.customers.segment_views import stored_in
from surveys.inbox import list_queries, list_words
from surveys.inbox.filters import InboxFilters
from surveys.inbox.list_queries import HowMany
from surveys.inbox.list_views import Look


@require_http_methods(["GET", "HEAD", "POST"])
def filter_list(request: OrganizationRequest) -> HttpResponse:
    """ "save" leads back to the inbox under the conditions. What else its address says stays in it, and is counted with."""
    known = _catalogue(request)
    if request.method != "POST":
        return _page(request, Builder.of_json(stored_in(request.GET.get("where", "")), known))
    builder = Builder.typed(request.POST, known, is_strict="save" in request.POST)
    tree = builder.tree if "save" in request.POST else None
    if tree is None:
        return _page(request, builder)
    address = request.GET.copy()
    for parameter in ("where", "after"):
        address.pop(parameter, None)
    if tree != EVERYONE:
        address["where"] = _as_text(tree.to_json())
    return redirect(access.url(request.organization, "inbox:list") + "?" + address.urlencode())


def _catalogue(request: OrganizationRequest) -> Catalogue:
    known = customer_catalogue(request.organization)
    return known if access.sees_hidden_properties(request.membership) else known.open()


def _as_text(conditions: dict[str, Any]) -> str:
    return json.dumps(conditions, ensure_ascii=False, separators=(",", ":"))


def _page(request: OrganizationRequest, builder: Builder) -> HttpResponse:
    look = Look(request, timezone.now())
    others = _under(look.filters, "")
    context: dict[str, Any] = {
        "builder": builder,
        "here": request.get_full_path(),
        "is_unsaved": request.method == "POST",
        "found": _found(look, builder, others),
        "box": list_words.BOXES[others.box],
        "others": list_words.parts(others, look.names),
        "back_url": access.url(request.organization, "inbox:list") + look.url(look.filters),
    }
    return render(request, "inbox/filter.html", context)


def _under(filters: InboxFilters, where: str) -> InboxFilters:
    return replace(filters, customers=replace(filters.customers, where=where))


def _found(look: Look, builder: Builder, others: InboxFilters) -> HowMany | None:
    """Of the conversations that the other filters let through; None while the conditions are not complete."""
    if builder.tree is None:
        return None
    where = "" if builder.tree == EVERYONE else _as_text(builder.tree.to_json())
    try:
        return list_queries.how_many(look.request.membership, _under(others, where), at=look.at)
    except BadCondition as bad:
        builder.problem = bad.problems[0].message
        return None
