"""What a person does with an act on many customers: confirm it, stop it, undo it. The work is in `actions.bulk_work`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.customers import queries
from surveys.customers.list_filters import ListFilters
from surveys.customers.models import BulkAct, BulkKind, BulkStatus, Customer, CustomerQuerySet
from surveys.outbox.nudges import nudge

UNDO_FOR: Final = timedelta(days=1)
UNDOABLE: Final = (BulkKind.SET_PROPERTY, BulkKind.SET_OWNER, BulkKind.SET_LANGUAGE, BulkKind.SET_TIME_ZONE)
_REMOVING: Final = (BulkKind.DELETE, BulkKind.ERASE)
_WORK: Final = "surveys.customers.tasks.work_on_bulk_act"


class NotNow(RuntimeError):
    """The act is in another state by now: another person or a worker was faster."""


class Nobody(ValueError):
    """There is no customer whom the act would be about."""


@dataclass(frozen=True)
class Chosen:
    """Whom an act is about: those picked, or all that match the filters."""

    filters: ListFilters
    ids: tuple[int, ...] | None = None

    def customers(self, by: Membership, at: datetime) -> CustomerQuerySet:
        """Raises queries.BadCondition."""
        if self.ids is not None:
            return Customer.objects.filter(organization=by.organization, pk__in=self.ids)
        return queries.matching(by.organization, self.filters, at=at)


@dataclass(frozen=True)
class Change:
    """What the act does; `key` is that of a property, `value` as it is stored, None unsets."""

    kind: BulkKind
    key: str = ""
    value: Any = None


def permission_for(kind: str) -> Permission:
    return Permission.DELETE_CUSTOMERS if kind in _REMOVING else Permission.EDIT_CUSTOMERS


def confirm(*, chosen: Chosen, change: Change, by: Membership, at: datetime) -> BulkAct:
    """The act stands in the database and starts when the time to undo is over. Raises Nobody, queries.BadCondition."""
    access.require(by, permission_for(change.kind))
    with transaction.atomic():
        total = chosen.customers(by, at).count()
        if not total:
            raise Nobody
        newest = Customer.objects.filter(organization=by.organization).aggregate(last=Max("pk"))["last"]
        act = BulkAct.objects.create(
            organization=by.organization,
            created_by_id=by.user_id,
            created_at=at,
            kind=change.kind,
            key=change.key,
            value=change.value,
            ids=None if chosen.ids is None else sorted(chosen.ids),
            query=chosen.filters.to_query(),
            last_id=newest,
            total=total,
            starts_at=at + timedelta(seconds=settings.UNDO_SECONDS),
        )
        audit.record(by, "bulk_act.confirmed", act, at=at, kind=change.kind, key=change.key, total=total)
        transaction.on_commit(lambda: nudge(_WORK, act.pk, after_seconds=settings.UNDO_SECONDS + 1))
    return act


def stop(*, act: BulkAct, by: Membership, at: datetime) -> None:
    """Before it started nothing happens at all; later what was done stays. Raises NotNow."""
    access.require(by, permission_for(act.kind))
    with transaction.atomic():
        in_work = BulkAct.objects.filter(
            pk=act.pk, status__in=[BulkStatus.WAITING, BulkStatus.RUNNING, BulkStatus.UNDOING]
        )
        if not in_work.update(status=BulkStatus.CANCELLED, finished_at=at, heartbeat_at=None):
            raise NotNow(act.pk)
        audit.record(by, "bulk_act.stopped", act, at=at)


def may_undo(act: BulkAct, at: datetime) -> bool:
    is_over = act.status in (BulkStatus.DONE, BulkStatus.CANCELLED, BulkStatus.FAILED) and act.finished_at is not None
    return is_over and act.kind in UNDOABLE and act.changed > act.restored and at < act.created_at + UNDO_FOR


def undo(*, act: BulkAct, by: Membership, at: datetime) -> None:
    """Give people back what they had, where they still have what the act gave them. Raises NotNow."""
    access.require(by, permission_for(act.kind))
    with transaction.atomic():
        locked = BulkAct.objects.select_for_update().get(pk=act.pk)
        if not may_undo(locked, at):
            raise NotNow(act.pk)
        BulkAct.objects.filter(pk=act.pk).update(
            status=BulkStatus.UNDOING, cursor=0, tries=0, restored=0, heartbeat_at=None, finished_at=None
        )
        audit.record(by, "bulk_act.undone", act, at=at)
        transaction.on_commit(lambda: nudge(_WORK, act.pk))


def sweep(*, at: datetime) -> None:
    """Nudge what is due, and what a dead worker or a lost nudge left."""
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    found: Sequence[int] = list(BulkAct.objects.forsaken(at, stale).values_list("pk", flat=True))
    for pk in found:
        nudge(_WORK, pk)
