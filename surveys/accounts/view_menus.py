"""The saved views that a page offers, and how it opens with one: the same for every page that has a query.

A page that was opened with a view carries `view=<its number>` along, so that it can say whether what is shown is still
the view; `view=` alone is the page without any.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.http import QueryDict

from surveys.accounts.access import OrganizationRequest
from surveys.accounts.actions.saved_views import may_change
from surveys.accounts.models import SavedView
from surveys.accounts.queries import saved_views

PARAMETER = "view"


@dataclass(frozen=True)
class ViewsMenu:
    """`page` is that of the views, `everything` what the page is called without one, `query` what it shows now."""

    page: str
    address: str
    everything: str
    query: str
    views: list[SavedView]
    view: SavedView | None
    may_change: bool

    @property
    def is_changed(self) -> bool:
        return self.view is not None and sorted(parse_qsl(self.view.query)) != sorted(parse_qsl(self.query))


def menu(request: OrganizationRequest, *, page: str, address: str, everything: str, query: str) -> ViewsMenu:
    found = saved_views.saved_views(request.membership, page)
    view = next((each for each in found if str(each.pk) == request.GET.get(PARAMETER)), None)
    may = view is not None and may_change(view, request.membership)
    return ViewsMenu(page, address, everything, query, found, view, may)


def opening(request: OrganizationRequest, page: str) -> str | None:
    """Where the page is to be looked at instead: with the view that it opens with, or with what the named one shows."""
    if not request.GET:
        chosen = saved_views.habit(request.membership, page).opens_with_id
        return None if chosen is None else f"{request.path}?{PARAMETER}={chosen}"
    if set(request.GET) != {PARAMETER}:
        return None
    view = next(
        (each for each in saved_views.saved_views(request.membership, page) if str(each.pk) == request.GET[PARAMETER]),
        None,
    )
    return f"{request.path}?{view.query}&{PARAMETER}={view.pk}" if view and view.query else None


def without_view(query: QueryDict) -> str:
    """The query of a page as a view keeps it: without the view it was opened with and without the place in a list."""
    kept = query.copy()
    for name in (PARAMETER, "after", "before", "csrfmiddlewaretoken"):
        kept.pop(name, None)
    return kept.urlencode()
