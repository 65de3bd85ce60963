"""Views of a page that people save, and how a page opens for them."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization, PageHabit, SavedView
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import saved_views


class ViewNameTaken(ValueError):
    """The person has another view of this name, in whatever case."""


class StillAsked(ValueError):
    """Saved views ask about it; without it they would show more than they were made for."""

    def __init__(self, views: Sequence[SavedView]) -> None:
        super().__init__(views)
        self.views = views

    @property
    def sentence(self) -> str:
        names = ", ".join(f"“{view}” ({view.user})" for view in self.views)
        return _("Saved views ask about it: %(views)s. Change or delete them first.") % {"views": names}


def require_unasked(organization: Organization, name: str, pk: int) -> None:
    """Raises StillAsked when a view's query has `name=pk`."""
    if views := saved_views.asking_about(organization, name, pk):
        raise StillAsked(views)


def save_view(*, page: str, name: str, query: str, is_shared: bool, by: Membership, at: datetime) -> SavedView:
    """Raises ViewNameTaken."""
    access.require(by, Permission.VIEW)
    access.require_going_on(by)
    view = SavedView(
        organization=by.organization,
        user=by.user,
        page=page,
        name=name,
        query=query,
        is_shared=is_shared,
        created_at=at,
        updated_at=at,
    )
    with transaction.atomic():
        _store(view)
        audit.record(by, "view.saved", view, at=at, query=query, is_shared=is_shared)
    return view


def change_view(*, view: SavedView, by: Membership, at: datetime, **changes: str | bool) -> None:
    """`changes` are `name`, `query`, `is_shared`. Raises ViewNameTaken, PermissionDenied."""
    with transaction.atomic():
        locked = SavedView.objects.select_for_update().get(pk=view.pk)
        _require_own(locked, by)
        changed = {
            name: [getattr(locked, name), value] for name, value in changes.items() if getattr(locked, name) != value
        }
        if not changed:
            return
        for name, (_before, after) in changed.items():
            setattr(locked, name, after)
        locked.updated_at = at
        _store(locked)
        audit.record(by, "view.changed", locked, at=at, changed=changed)


def delete_view(*, view: SavedView, by: Membership, at: datetime) -> None:
    """Pages that opened with it open as they do without one. Raises PermissionDenied."""
    with transaction.atomic():
        locked = SavedView.objects.select_for_update().filter(pk=view.pk).first()
        if locked is None:
            return
        _require_own(locked, by)
        audit.record(by, "view.deleted", locked, at=at, query=locked.query, is_shared=locked.is_shared)
        locked.delete()


def may_change(view: SavedView, by: Membership) -> bool:
    """One's own; and a shared one of somebody else for who runs the organization. None while that is stopped."""
    is_own = view.user_id == by.user_id and not by.organization.is_stopped
    return is_own or (view.is_shared and access.can(by, Permission.MANAGE_ORGANIZATION))


def _require_own(view: SavedView, by: Membership) -> None:
    if not may_change(view, by):
        raise PermissionDenied("the view of somebody else")


def _store(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise ViewNameTaken(view.name) from None


def open_with(*, page: str, view: SavedView | None, by: Membership) -> None:
    """The page opens with this view for this person; with none, as it does for everybody."""
    _keep(page, by, opens_with=view)


def choose_columns(*, page: str, columns: Sequence[str] | None, by: Membership) -> None:
    """The page shows these columns to this person where its address names none; None is the page's own choice."""
    _keep(page, by, columns=None if columns is None else list(columns))


def _keep(page: str, by: Membership, **changes: object) -> None:
    access.require(by, Permission.VIEW)
    PageHabit.objects.update_or_create(
        organization=by.organization, user=by.user, page=page, defaults=changes, create_defaults=changes
    )
