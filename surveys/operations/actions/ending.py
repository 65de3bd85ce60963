"""The end of an organization: asked for by an owner, waited for, and then without a way back. docs/admins.md tells it."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.core.locks import held
from surveys.operations import erasing
from surveys.outbox.nudges import nudge

logger = logging.getLogger(__name__)

ERASE = "surveys.operations.tasks.erase"


class NameDiffers(ValueError):
    """What was typed is not the organization's name."""


class EndsAlready(Exception):
    """Somebody has asked for it before."""


class TooLate(Exception):
    """Its deletion has begun, or nobody has asked for it."""


def ask_for_deletion(*, typed_name: str, by: Membership, at: datetime) -> datetime:
    """Stop everything now, and delete everything when the grace is over; returns when that is.

    Raises NameDiffers and EndsAlready.
    """
    access.require(by, Permission.DELETE_ORGANIZATION)
    organization = by.organization
    if _folded(typed_name) != _folded(organization.name):
        raise NameDiffers(typed_name)
    deletes_at = at + timedelta(days=settings.DELETION_GRACE_DAYS)
    with transaction.atomic():
        if not Organization.objects.filter(pk=organization.pk, deletes_at=None).update(deletes_at=deletes_at):
            raise EndsAlready(organization.pk)
        audit.record(by, "organization.deletion_asked", organization, at=at, deletes_at=deletes_at.isoformat())
    return deletes_at


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def keep(*, by: Membership, at: datetime) -> None:
    """Take the wish to delete back: everything goes on. Raises TooLate."""
    access.require(by, Permission.DELETE_ORGANIZATION)
    organization = by.organization
    with transaction.atomic():
        ending = Organization.objects.filter(pk=organization.pk, deletes_at__isnull=False, deletion_began_at=None)
        if not ending.update(deletes_at=None):
            raise TooLate(organization.pk)
        audit.record(by, "organization.kept", organization, at=at)


def begin_due(*, at: datetime) -> int:
    """Begin the deletions whose grace is over; returns how many. From here on nobody reaches the organization."""
    due = Organization.objects.filter(deletes_at__lte=at, deletion_began_at=None)
    return due.update(deletion_began_at=at)


def sweep(*, at: datetime) -> None:
    """Begin what is due, and nudge what a dead worker left."""
    begin_due(at=at)
    for pk in Organization.objects.filter(deletion_began_at__isnull=False).values_list("pk", flat=True):
        nudge(ERASE, pk)


def erase_some(*, organization_id: int, is_over: Callable[[], bool]) -> bool:
    """Delete slices of an organization whose deletion has begun, if nobody else is at it. True when more is to be done."""
    with held("organization deletion", organization_id) as is_ours:
        if not is_ours or not Organization.objects.filter(pk=organization_id, deletion_began_at__isnull=False).exists():
            return False
        is_gone = erasing.erase(organization_id, is_over=is_over)
    if is_gone:
        logger.info("organization %s and everything in it is deleted", organization_id)
    return not is_gone
