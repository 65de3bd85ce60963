"""Reads about people: who belongs to which organization, as what."""

from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from surveys.accounts.models import Membership, User


def membership(user: User | AnonymousUser, slug: str) -> Membership | None:
    if user.is_anonymous:
        return None
    return Membership.objects.select_related("organization", "user").filter(user=user, organization__slug=slug).first()


def memberships(user: User) -> QuerySet[Membership]:
    """Newest organization last, so that the first is the one somebody began with; samples come after real ones."""
    return (
        Membership.objects.select_related("organization")
        .filter(user=user)
        .order_by("organization__is_sample", "organization_id")
    )


def people(ids: Iterable[int | None]) -> dict[int, User]:
    """Those of them who still have an account, by id."""
    return User.objects.in_bulk({pk for pk in ids if pk is not None})
