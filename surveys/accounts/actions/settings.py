"""Changing an organization's settings."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from surveys.accounts import access, audit
from surveys.accounts.actions import senders, zones
from surveys.accounts.actions.organizations import RESERVED_SLUGS
from surveys.accounts.models import Membership, Organization, OrganizationSlug
from surveys.accounts.permissions import Permission

Fields = dict[str, Any]


class ChangedMeanwhile(Exception):
    """Somebody else changed the same settings since this form was opened. `fields` are those that both changed."""

    def __init__(self, fields: list[str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


class SlugTaken(Exception):
    """Another organization has this slug, or once had it, or it means something else in an address."""


def change_settings(
    *, organization: Organization, changes: Mapping[str, Any], by: Membership, at: datetime, seen: Mapping[str, str]
) -> Fields:
    """Store what differs from `seen`, the values (as texts) that `by` was shown; returns [before, after] of each change.

    What others changed meanwhile stays when `by` left it alone. Raises ChangedMeanwhile, SlugTaken.
    """
    access.require(by, Permission.MANAGE_ORGANIZATION)
    with transaction.atomic():
        locked = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        before = {field: shown(locked, field) for field in changes}
        wanted = {field: value for field, value in changes.items() if str(value) != seen.get(field, before[field])}
        clashes = [field for field in wanted if _clashes(str(before[field]), seen.get(field), str(wanted[field]))]
        if clashes:
            raise ChangedMeanwhile(clashes)
        changed = {field: [before[field], value] for field, value in wanted.items() if before[field] != value}
        for field, (_was, value) in changed.items():
            _EFFECTS.get(field, _store)(locked, field, value, by, at)
        if changed:
            audit.record(by, "organization.changed", locked, at=at, changed=changed)
    return changed


def shown(organization: Organization, field: str) -> Any:
    """What the form of the settings shows in this field: of sender addresses the one that is wanted."""
    if field == "sender_email":
        return organization.wanted_sender_email or organization.sender_email
    return getattr(organization, field)


def _clashes(now: str, seen: str | None, wanted: str) -> bool:
    return seen is not None and now not in (seen, wanted)


def _store(organization: Organization, field: str, value: Any, by: Membership, at: datetime) -> None:
    Organization.objects.filter(pk=organization.pk).update(**{field: value})


def _store_slug(organization: Organization, field: str, slug: str, by: Membership, at: datetime) -> None:
    if slug in RESERVED_SLUGS:
        raise SlugTaken(slug)
    try:
        with transaction.atomic():
            if not OrganizationSlug.objects.filter(organization=organization, slug=slug).exists():
                OrganizationSlug.objects.create(organization=organization, slug=slug, created_at=at)
    except IntegrityError as error:
        raise SlugTaken(slug) from error
    _store(organization, field, slug, by, at)


def _store_zone(organization: Organization, field: str, zone: str, by: Membership, at: datetime) -> None:
    before = organization.time_zone
    _store(organization, field, zone, by, at)
    zones.begin(organization, before, zone, at)


def _store_sender(organization: Organization, field: str, address: str, by: Membership, at: datetime) -> None:
    senders.choose(organization, address, by, at)


_EFFECTS: Final[dict[str, Callable[[Organization, str, Any, Membership, datetime], None]]] = {
    "slug": _store_slug,
    "time_zone": _store_zone,
    "sender_email": _store_sender,
}
