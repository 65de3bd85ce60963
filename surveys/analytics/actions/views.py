"""Views that are kept of any page that has a query; what they ask about cannot be deleted as long as they are there."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import QueryDict

from surveys.accounts import access
from surveys.accounts.actions import saved_views
from surveys.accounts.models import Membership, SavedView
from surveys.accounts.permissions import Permission
from surveys.analytics.models import ShareLink
from surveys.analytics.sharing import view_pages
from surveys.customers.actions import lists, relying
from surveys.customers.list_filters import ListFilters
from surveys.customers.models import ConditionUser


class Published(ValueError):
    """People without an account read the view by a link: what they see is for those to change who may make links."""


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
    """`changes` are those of `saved_views.change_view`. Raises ViewNameTaken, Published."""
    if "query" in changes:
        changes["query"] = view_pages.PAGES[view.page].clean(QueryDict(changes["query"]))
    if view.page == view_pages.CUSTOMERS:
        lists.change_list_view(view=view, by=by, at=at, **changes)
        return
    with transaction.atomic():
        if "query" in changes:
            _require_own_readers(view, by, at)
        saved_views.change_view(view=view, by=by, at=at, **changes)
        view.refresh_from_db()
        _rely(view)


def _require_own_readers(view: SavedView, by: Membership, at: datetime) -> None:
    SavedView.objects.select_for_update().filter(pk=view.pk).first()  # a link that is being made comes before or after
    links = ShareLink.objects.filter(organization=view.organization_id, view=view, revoked_at=None, expires_at__gt=at)
    if links.exists() and not access.can(by, Permission.SHARE_FIGURES):
        raise Published(view)


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
