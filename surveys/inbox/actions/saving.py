"""Replies that are saved for everybody of the organization."""

from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.inbox.models import SavedReply

KEPT: Final = timedelta(days=30)  # what was deleted


class NameIsTaken(Exception):
    """Another saved reply is called that; the message says so to people."""


def save(*, saved: SavedReply | None, name: str, text: str, by: Membership, at: datetime) -> SavedReply:
    """A new one, or one that is changed. Raises NameIsTaken."""
    access.require(by, Permission.MANAGE_INBOX)
    row = saved or SavedReply(organization=by.organization, created_by=by.user)
    row.name, row.text, row.updated_at = name.strip(), text, at
    try:
        with transaction.atomic():
            row.save()
            audit.record(by, "saved_reply.changed" if saved else "saved_reply.created", row, at=at)
    except IntegrityError as error:
        raise NameIsTaken(
            _("There is a saved reply “%(name)s” already: choose another name.") % {"name": name}
        ) from error
    return row


def delete(*, saved: SavedReply, by: Membership, at: datetime) -> None:
    """It can be brought back: `restore`. What was deleted long ago goes for good."""
    access.require(by, Permission.MANAGE_INBOX)
    mine = SavedReply.ever.filter(organization=by.organization_id)
    with transaction.atomic():
        if mine.filter(pk=saved.pk, deleted_at=None).update(deleted_at=at):
            audit.record(by, "saved_reply.deleted", saved, at=at)
        mine.filter(deleted_at__lt=at - KEPT).delete()


def restore(*, saved: SavedReply, by: Membership, at: datetime) -> None:
    """Among the others again, as it was. One that was not deleted stays as it is. Raises NameIsTaken."""
    access.require(by, Permission.MANAGE_INBOX)
    mine = SavedReply.ever.filter(organization=by.organization_id, pk=saved.pk).exclude(deleted_at=None)
    try:
        with transaction.atomic():
            if mine.update(deleted_at=None):
                audit.record(by, "saved_reply.restored", saved, at=at)
    except IntegrityError as error:
        text = _("Another saved reply is called “%(name)s” now. Rename that one first.")
        raise NameIsTaken(text % {"name": saved.name}) from error


def count_use(*, saved: SavedReply, by: Membership) -> None:
    """It was put into a reply."""
    access.require(by, Permission.ANSWER_CUSTOMERS)
    SavedReply.objects.filter(organization=by.organization_id, pk=saved.pk).update(used=F("used") + 1)
