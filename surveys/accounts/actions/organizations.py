"""Making organizations."""

from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from surveys.accounts import audit
from surveys.accounts.models import Membership, Organization, OrganizationSlug, Origin, Role, User

# Slugs that would read as something else in an address, or that later addresses may need.
RESERVED_SLUGS = frozenset({"new", "api", "admin", "static", "settings", "accounts"})

NOWHERE: Final = Origin()


def create_organization(
    *, name: str, owner: User, at: datetime, time_zone: str = "UTC", is_sample: bool = False, origin: Origin = NOWHERE
) -> Membership:
    """Make an organization with `owner` as its owner. The slug comes from the name; a taken one gets a number."""
    with transaction.atomic():
        organization = _create_with_free_slug(name, time_zone, is_sample, at)
        membership = Membership.objects.create(organization=organization, user=owner, role=Role.OWNER, created_at=at)
        membership.origin = origin
        audit.record(membership, "organization.created", organization, at=at)
    return membership


def _create_with_free_slug(name: str, time_zone: str, is_sample: bool, at: datetime) -> Organization:
    base = slugify(name)[:50] or "organization"
    number = 2 if base in RESERVED_SLUGS else 1
    while True:
        slug = base if number == 1 else f"{base}-{number}"
        try:
            with transaction.atomic():
                organization = Organization.objects.create(
                    name=name, slug=slug, time_zone=time_zone, is_sample=is_sample, created_at=at
                )
                OrganizationSlug.objects.create(organization=organization, slug=slug, created_at=at)
                return organization
        except IntegrityError:
            number += 1


def rename_user(*, user: User, name: str) -> None:
    User.objects.filter(pk=user.pk).update(name=name)
