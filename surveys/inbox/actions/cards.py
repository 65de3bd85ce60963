"""Keys with which a help desk signs addresses of score cards."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.core import sealing
from surveys.core.sealing import Purpose
from surveys.inbox.models import CardKey

MOST: Final = 20  # in use at once


class TooManyKeys(ValueError):
    """Revoke one that nobody uses first."""


def make_key(*, name: str, origins: Sequence[str], by: Membership, at: datetime) -> tuple[CardKey, str]:
    """The key and its secret, which is shown once and lies sealed. Raises TooManyKeys."""
    access.require(by, Permission.MANAGE_INBOX)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=by.organization_id)
        if CardKey.objects.filter(organization=by.organization, revoked_at=None).count() >= MOST:
            raise TooManyKeys(MOST)
        key = CardKey.objects.create(
            organization=by.organization,
            name=name,
            secret=sealing.seal(Purpose.SCORE_CARD, secret),
            frame_origins=list(origins),
            created_by=by.user,
            created_at=at,
        )
        audit.record(by, "card_key.made", key, at=at, origins=list(origins))
    return key, secret


def change_key(*, key: CardKey, name: str, origins: Sequence[str], by: Membership, at: datetime) -> None:
    """Its name, and who may show its cards in a frame."""
    access.require(by, Permission.MANAGE_INBOX)
    with transaction.atomic():
        locked = CardKey.objects.select_for_update(no_key=True).get(pk=key.pk, organization=by.organization)
        wanted = {"name": name, "frame_origins": list(origins)}
        changed = {k: [getattr(locked, k), value] for k, value in wanted.items() if getattr(locked, k) != value}
        if changed:
            CardKey.objects.filter(pk=locked.pk).update(**wanted)
            audit.record(by, "card_key.changed", locked, at=at, changed=changed)


def revoke(*, key: CardKey, by: Membership, at: datetime) -> None:
    """From now on no address that it signed shows anything. Revoking it again changes nothing."""
    access.require(by, Permission.MANAGE_INBOX)
    with transaction.atomic():
        mine = CardKey.objects.filter(pk=key.pk, organization=by.organization, revoked_at=None)
        if mine.update(revoked_at=at):
            audit.record(by, "card_key.revoked", key, at=at)


def note_use(*, key: CardKey, at: datetime) -> None:
    """To the hour: a card is opened often, and a write for each would say no more."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    CardKey.objects.filter(Q(used_at=None) | Q(used_at__lt=hour), pk=key.pk).update(used_at=hour)
