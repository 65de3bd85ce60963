"""Views that are kept of any page that has a query; what they ask about cannot be deleted as long as they are there."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import QueryDict

from surveys.accounts.actions import saved_views
from surveys.accounts.models import Membership, SavedView
from surveys.analytics import view_pages
from surveys.customers.actions import lists, relying
from surveys.customers.list_filters import ListFilters
from surveys.customers.models import ConditionUser


def save(*, page: str, name: str, query: str, is_shared: bool, by: Membership, at: datetime) -> SavedView:
    """Raises ViewNameTaken."""
    if page == view_pages.CUSTOMERS:
        filters = ListFilters.from_text(query)
        return lists.save_list_view(name=name, filters=filters, is_shared=is_shared, by=by, at=at)
    kept = view_pages.PAGES[page].clean(QueryDict(query))
    with transaction.atomic():
        view = saved_views.save_view(page=page, name=name, query=kept, is_shared=is_shared, by=by, at=at)
        _rely(view)
    return view


def change(*, view: SavedView, by: Membership, at: datetime, **changes: Any) -> None:
    """`changes` are those of `saved_views.change_view`. Raises ViewNameTaken."""
    if "query" in changes:
        changes["query"] = view_pages.PAGES[view.page].clean(QueryDict(changes["query"]))
    if view.page == view_pages.CUSTOMERS:
        lists.change_list_view(view=view, by=by, at=at, **changes)
        return
    with transaction.atomic():
        saved_views.change_view(view=view, by=by, at=at, **changes)
        view.refresh_from_db()
        _rely(view)


def delete(*, view: SavedView, by: Membership, at: datetime) -> None:
    """Digests and links of it end with it."""
    lists.delete_list_view(view=view, by=by, at=at)


def _rely(view: SavedView) -> None:
    relying.rely(
        kind=ConditionUser.VIEW,
        user_id=view.pk,
        organization=view.organization,
        conditions=view_pages.conditions(view.query),
    )
