"""Reads about people: who belongs to which organization, as what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, Exists, F, IntegerField, OuterRef, QuerySet, Value, When
from django.db.models.functions import Lower

from surveys.accounts.models import Departure, Membership, Organization, Role, User

_SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def membership(user: User | AnonymousUser, slug: str) -> Membership | None:
    if user.is_anonymous:
        return None
    found = Membership.objects.select_related("organization", "user").filter(organization__deletion_began_at=None)
    return found.filter(user=user, organization__slug=slug).first()


def memberships(user: User) -> QuerySet[Membership]:
    """Newest organization last, so that the first is the one somebody began with; samples come after real ones."""
    return (
        Membership.objects.select_related("organization")
        .filter(user=user, organization__deletion_began_at=None)
        .order_by("organization__is_sample", "organization_id")
    )


def home_of(user: User, chosen: int | None) -> Organization | None:
    """Where somebody goes on: the organization last chosen in this browser, else the one they were last seen in."""
    order = (F("last_seen_at").desc(nulls_last=True), "organization__is_sample", "organization_id")
    found = memberships(user).annotate(
        is_chosen=Case(When(organization_id=chosen, then=0), default=1, output_field=IntegerField())
    )
    first = found.order_by("is_chosen", *order).first()
    return first.organization if first else None


@dataclass(frozen=True)
class Member:
    """A line in the list of an organization's people."""

    membership: Membership
    has_second_factor: bool


def members(organization: Organization) -> list[Member]:
    """Owners first, then as the roles go; by name within a role."""
    factor = Authenticator.objects.filter(user=OuterRef("user"), type__in=_SECOND_FACTORS)
    rank = Case(*(When(role=role, then=Value(number)) for number, role in enumerate(Role)), output_field=IntegerField())
    found = Membership.objects.select_related("user", "organization").filter(organization=organization)
    found = found.annotate(rank=rank, has_second_factor=Exists(factor))
    return [Member(each, each.has_second_factor) for each in found.order_by("rank", Lower("user__name"), "user__email")]


def is_member(organization: Organization, address: str) -> bool:
    """Somebody with this (lower-case) address is one, also when it is not the address they sign in with."""
    users = EmailAddress.objects.filter(email__iexact=address, verified=True).values("user")
    found = Membership.objects.filter(organization=organization)
    return found.filter(user__email=address).exists() or found.filter(user__in=users).exists()


def departures(organization: Organization, at: datetime) -> QuerySet[Departure]:
    """Of this organization, those that can still be taken back."""
    found = Departure.objects.select_related("user", "removed_by").filter(organization=organization, undo_until__gt=at)
    return found.order_by("left_at")


def own_departures(user: User, at: datetime) -> QuerySet[Departure]:
    """Organizations that somebody has left by themselves a moment ago."""
    found = Departure.objects.select_related("organization").filter(user=user, removed_by=user, undo_until__gt=at)
    return found.order_by("left_at")


def people(ids: Iterable[int | None]) -> dict[int, User]:
    """Those of them who still have an account, by id."""
    return User.objects.in_bulk({pk for pk in ids if pk is not None})


def has_address(user: User, address: str) -> bool:
    """The (lower-case) address is known to be this person's."""
    return (
        user.email == address or EmailAddress.objects.filter(user=user, email__iexact=address, verified=True).exists()
    )


def account_exists(address: str) -> bool:
    """Somebody signs in with this (lower-case) address, or could."""
    return (
        User.objects.filter(email=address).exists()
        or EmailAddress.objects.filter(email__iexact=address, verified=True).exists()
    )


def belongs(user: User, organization_id: int) -> bool:
    return Membership.objects.filter(user=user, organization_id=organization_id).exists()


def owns_an_organization(user: User) -> bool:
    return Membership.objects.filter(user=user, role=Role.OWNER).exists()
