"""An organization's logo."""

from datetime import datetime
from typing import Any, Final

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Logo, Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.core.pictures import Picture

KEPT: Final = 5  # logos of an organization, the replaced ones included: mails that were sent show them

_NONE: Final = {"logo_digest": "", "logo_width": 0, "logo_height": 0}


def set_logo(*, organization: Organization, picture: Picture, by: Membership, at: datetime) -> None:
    """Show this picture from now on. The one before stays where mails that were sent find it."""
    access.require(by, Permission.MANAGE_ORGANIZATION)
    with transaction.atomic():
        locked = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        Logo.objects.update_or_create(
            organization=locked,
            digest=picture.digest,
            defaults={"png": picture.png, "width": picture.width, "height": picture.height, "created_at": at},
        )
        _forget_oldest(locked)
        _store(
            locked,
            {"logo_digest": picture.digest, "logo_width": picture.width, "logo_height": picture.height},
            by,
            at,
        )


def remove_logo(*, organization: Organization, by: Membership, at: datetime) -> None:
    """Show the name again. The picture and those before it are gone, from mails that were sent as well."""
    access.require(by, Permission.MANAGE_ORGANIZATION)
    with transaction.atomic():
        locked = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        Logo.objects.filter(organization=locked).delete()
        _store(locked, _NONE, by, at)


def _forget_oldest(organization: Organization) -> None:
    newest = Logo.objects.filter(organization=organization).order_by("-created_at", "-id").values("pk")[:KEPT]
    Logo.objects.filter(organization=organization).exclude(pk__in=newest).delete()


def _store(organization: Organization, fields: dict[str, Any], by: Membership, at: datetime) -> None:
    if organization.logo_digest == fields["logo_digest"]:
        return
    Organization.objects.filter(pk=organization.pk).update(**fields)
    changed = {"logo": [organization.logo_digest, fields["logo_digest"]]}
    audit.record(by, "organization.changed", organization, at=at, changed=changed)
