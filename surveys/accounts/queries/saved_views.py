"""Reads about saved views and habits."""

from django.db.models import Q
from django.db.models.functions import Lower

from surveys.accounts.models import Membership, Organization, PageHabit, SavedView


def saved_views(by: Membership, page: str) -> list[SavedView]:
    """One's own and those that colleagues shared, by name."""
    visible = Q(user=by.user) | Q(is_shared=True)
    found = SavedView.objects.filter(visible, organization=by.organization, page=page)
    return list(found.select_related("user").order_by(Lower("name"), "pk"))


def saved_view(by: Membership, page: str, pk: int) -> SavedView | None:
    """None when it is not there, or is somebody else's and not shared."""
    return next((view for view in saved_views(by, page) if view.pk == pk), None)


def visible_view(by: Membership, pk: int) -> SavedView | None:
    """Of whatever page; None as `saved_view`."""
    visible = Q(user=by.user) | Q(is_shared=True)
    return SavedView.objects.filter(visible, organization=by.organization, pk=pk).select_related("organization").first()


def views_by_id(organization: Organization, ids: list[int]) -> dict[int, SavedView]:
    """Also those that nobody else sees; for saying what they lean on."""
    found = SavedView.objects.filter(organization=organization, pk__in=ids).select_related("user")
    return {view.pk: view for view in found}


def asking_about(organization: Organization, name: str, pk: int) -> list[SavedView]:
    """Views of anybody whose query has `name=pk`, or a query in it that has, by name."""
    pattern = rf"(^|&|=|%26){name}(=|%3D){pk}(&|%26|$)"
    found = SavedView.objects.filter(organization=organization, query__regex=pattern)
    return list(found.select_related("user").order_by(Lower("name"), "pk"))


def habit(by: Membership, page: str) -> PageHabit:
    """How the page opens for this person; an unsaved one when they never chose."""
    found = PageHabit.objects.filter(organization=by.organization, user=by.user, page=page)
    return found.first() or PageHabit(organization=by.organization, user=by.user, page=page)
