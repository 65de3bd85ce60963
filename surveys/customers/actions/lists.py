"""What people keep of the list of customers: views, columns, and that they took it away as a file."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.actions import saved_views
from surveys.accounts.models import Membership, SavedView
from surveys.accounts.permissions import Permission
from surveys.customers.actions import relying
from surveys.customers.list_filters import PREFIX, ListFilters
from surveys.customers.models import ConditionUser
from surveys.customers.segments import FIELD

PAGE: Final = "customers"


def save_list_view(*, name: str, filters: ListFilters, is_shared: bool, by: Membership, at: datetime) -> SavedView:
    """The segments that it leans on cannot be deleted any more. Raises ViewNameTaken."""
    query = filters.to_query()
    with transaction.atomic():
        view = saved_views.save_view(page=PAGE, name=name, query=query, is_shared=is_shared, by=by, at=at)
        _rely(view)
    return view


def change_list_view(*, view: SavedView, by: Membership, at: datetime, **changes: str | bool) -> None:
    """`changes` are those of `saved_views.change_view`. Raises ViewNameTaken."""
    with transaction.atomic():
        saved_views.change_view(view=view, by=by, at=at, **changes)
        view.refresh_from_db()
        _rely(view)


def delete_list_view(*, view: SavedView, by: Membership, at: datetime) -> None:
    with transaction.atomic():
        saved_views.delete_view(view=view, by=by, at=at)
        relying.release(kind=ConditionUser.VIEW, user_id=view.pk, organization=view.organization)


def _rely(view: SavedView) -> None:
    filters = ListFilters.from_text(view.query)
    parts: list[dict[str, Any]] = [json.loads(filters.where)] if filters.where else []
    if filters.segment is not None:
        parts.append({"field": FIELD, "op": "in", "value": [filters.segment]})
    parts += [{"field": PREFIX + key, "op": "is_set"} for key, _values in filters.properties]
    relying.rely(
        kind=ConditionUser.VIEW,
        user_id=view.pk,
        organization=view.organization,
        conditions={"all": parts} if parts else {},
    )


def note_export(*, filters: ListFilters, columns: Sequence[str], form: str, by: Membership, at: datetime) -> None:
    """Personal data leaves the product: who took what stays in the audit trail. What was searched for does not."""
    access.require(by, Permission.EXPORT_CUSTOMERS)
    with transaction.atomic():
        kept = [pair for pair in filters.pairs() if pair[0] != "q"]
        audit.record(
            by,
            "customers.exported",
            by.organization,
            at=at,
            form=form,
            columns=list(columns),
            filters=kept,
            is_search=bool(filters.words),
        )
