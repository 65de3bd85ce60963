"""The pages whose queries can be kept as views: one line each. `key` is SavedView.page."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.accounts.view_menus import without_view
from surveys.core import places
from surveys.core.filters import PROPERTY_PREFIX
from surveys.customers.actions import lists
from surveys.customers.list_filters import ListFilters
from surveys.customers.segments import FIELD, Stored

CUSTOMERS: Final = lists.PAGE


def _as_customers(query: QueryDict) -> str:
    return ListFilters.from_query(query).to_query()


@dataclass(frozen=True)
class ViewPage:
    """`name` is that of its address; `clean` makes a query what is kept of it; `has_figures`: mails and links show it."""

    key: str
    name: str
    label: str | Promise
    clean: Callable[[QueryDict], str] = without_view
    has_figures: bool = False


PAGES: Final = {
    page.key: page
    for page in (
        ViewPage("customers", "customers:list", _("Customers"), _as_customers),
        ViewPage("responses", "responses:feed", _("Responses")),
        ViewPage("inbox", "inbox:list", _("Inbox")),
        ViewPage("overview", "analytics:overview", _("Overview"), has_figures=True),
        ViewPage("segments", "analytics:segments", _("Segments"), has_figures=True),
        ViewPage("answered", "analytics:answered", _("Who answered"), has_figures=True),
        ViewPage("revenue", "analytics:revenue", _("Revenue"), has_figures=True),
        ViewPage("changes", "analytics:changes", _("Customers over time"), has_figures=True),
        ViewPage("why", "analytics:why", _("Why"), has_figures=True),
        ViewPage("compare", "analytics:compare", _("Two segments side by side"), has_figures=True),
        ViewPage("recoveries", "analytics:recoveries", _("Recoveries")),
        ViewPage("falls", "analytics:falls", _("Falls")),
        ViewPage("watch", "analytics:watch", _("Watch list")),
        ViewPage("risk", "analytics:risk", _("At risk")),
        ViewPage("comments", "analytics:comments", _("Comments")),
        ViewPage("drivers", "analytics:drivers", _("What goes with the score"), has_figures=True),
    )
}


def of_name(name: str) -> ViewPage | None:
    return next((page for page in PAGES.values() if page.name == name), None)


def conditions(text: str) -> Stored:
    """What a kept query of responses asks about: as long as the view is there, it cannot be deleted."""
    query = QueryDict(text, mutable=True)
    for side in (*query.getlist("l"), *query.getlist("r")):  # each is a query, of two segments side by side
        for name, values in QueryDict(side).lists():
            query.setlistdefault(name).extend(values)
    parts: list[Any] = [{"field": FIELD, "op": "in", "value": [int(pk)]} for pk in query.getlist("segment") if _is(pk)]
    keys = {name for name in [*query, *query.getlist("unset")] if name.startswith(PROPERTY_PREFIX)}
    parts += [{"field": key, "op": "is_set"} for key in sorted(keys)]
    parts += [tree for tree in map(_tree, query.getlist("where")) if tree]
    return {"all": parts} if parts else {}


def _is(pk: str) -> bool:
    return places.key(pk) is not None


def _tree(text: str) -> Any:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
