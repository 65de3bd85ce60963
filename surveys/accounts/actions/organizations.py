"""Making organizations, and their settings."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization, Role, User
from surveys.accounts.permissions import Permission

# Words that would read as something else in an address, or that later addresses may need.
_RESERVED_SLUGS = frozenset({"new", "api", "admin", "static", "settings", "accounts"})


@dataclass(frozen=True)
class OrganizationSettings:
    name: str
    time_zone: str
    week_start: int
    default_language: str
    brand_color: str
    sender_name: str
    sender_email: str
    reply_to: str
    postal_address: str
    throttle_days: int


def create_organization(
    *, name: str, owner: User, at: datetime, time_zone: str = "UTC", is_sample: bool = False
) -> Membership:
    """Make an organization with `owner` as its owner. The slug comes from the name; a taken one gets a number."""
    with transaction.atomic():
        organization = _create_with_free_slug(name, time_zone, is_sample, at)
        membership = Membership.objects.create(organization=organization, user=owner, role=Role.OWNER, created_at=at)
        audit.record(membership, "organization.created", organization, at=at)
    return membership


def _create_with_free_slug(name: str, time_zone: str, is_sample: bool, at: datetime) -> Organization:
    base = slugify(name)[:50] or "organization"
    number = 2 if base in _RESERVED_SLUGS else 1
    while True:
        slug = base if number == 1 else f"{base}-{number}"
        try:
            with transaction.atomic():
                return Organization.objects.create(
                    name=name, slug=slug, time_zone=time_zone, is_sample=is_sample, created_at=at
                )
        except IntegrityError:
            number += 1


def change_settings(
    *, organization: Organization, settings: OrganizationSettings, by: Membership, at: datetime
) -> None:
    """Store the settings; the audit trail keeps what each changed field was before."""
    access.require(by, Permission.MANAGE_ORGANIZATION)
    with transaction.atomic():
        locked = Organization.objects.select_for_update().get(pk=organization.pk)
        new = vars(settings)
        changed = {
            field: [getattr(locked, field), value] for field, value in new.items() if getattr(locked, field) != value
        }
        if not changed:
            return
        Organization.objects.filter(pk=locked.pk).update(**new)
        audit.record(by, "organization.changed", locked, at=at, changed=changed)


def rename_user(*, user: User, name: str) -> None:
    User.objects.filter(pk=user.pk).update(name=name)
