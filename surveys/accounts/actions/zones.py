"""Changes of an organization's time zone: the row that analytics.rezoning works off."""

from datetime import datetime

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization, ZoneChange
from surveys.accounts.permissions import Permission
from surveys.outbox import actions as outbox


class NotUnderWay(Exception):
    """The work is done, or was stopped or continued by somebody else already."""


def begin(organization: Organization, before: str, after: str, at: datetime) -> ZoneChange:
    """Have all stored days computed anew. Called in the transaction that changes the zone, the organization locked."""
    ZoneChange.objects.under_way().filter(organization=organization).update(state=ZoneChange.State.REPLACED, done_at=at)
    change = ZoneChange.objects.create(organization=organization, before=before, after=after, due_at=at, created_at=at)
    outbox.publish("organization.rezoned", change, at=at)
    return change


def pause(*, change: ZoneChange, by: Membership, at: datetime) -> None:
    """Raises NotUnderWay."""
    _move(change, ZoneChange.State.RUNNING, ZoneChange.State.PAUSED, "zone_change.paused", by, at)


def resume(*, change: ZoneChange, by: Membership, at: datetime) -> None:
    """Raises NotUnderWay."""
    _move(change, ZoneChange.State.PAUSED, ZoneChange.State.RUNNING, "zone_change.resumed", by, at)


def _move(change: ZoneChange, source: str, target: str, action: str, by: Membership, at: datetime) -> None:
    access.require(by, Permission.MANAGE_ORGANIZATION)
    with transaction.atomic():
        if not ZoneChange.objects.filter(pk=change.pk, state=source).update(state=target, due_at=at):
            raise NotUnderWay(change)
        audit.record(by, action, change, at=at)
        outbox.publish("organization.rezoned", change, at=at)
