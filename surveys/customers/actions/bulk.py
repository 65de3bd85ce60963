"""What a person does with an act on many customers: confirm it, stop it, undo it. The work is in `actions.bulk_work`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.customers import queries
from surveys.customers.actions import departures
from surveys.customers.list_filters import ListFilters
from surveys.customers.models import REMOVING, BulkAct, BulkKind, BulkStatus, Customer, CustomerQuerySet
from surveys.outbox.nudges import nudge

UNDO_FOR: Final = timedelta(days=1)
UNDOABLE: Final = (BulkKind.SET_PROPERTY, BulkKind.SET_OWNER, BulkKind.SET_LANGUAGE, BulkKind.SET_TIME_ZONE)
WORK: Final = "surveys.customers.tasks.work_on_bulk_act"


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
    return Permission.DELETE_CUSTOMERS if kind in (*REMOVING, BulkKind.MERGE) else Permission.EDIT_CUSTOMERS


def _require(by: Membership, kind: str, key: str) -> None:
    access.require(by, permission_for(kind))
    if queries.is_hidden_from(by, kind, key):
        raise PermissionDenied("the property is hidden from this role")


def confirm(*, chosen: Chosen, change: Change, by: Membership, at: datetime, form: UUID | None = None) -> BulkAct:
    """The act stands in the database and starts when the time to undo is over. Of a `form` that is sent again it is the
    same act. Raises Nobody, queries.BadCondition."""
    _require(by, change.kind, change.key)
    mark = uuid5(form, _said(chosen, change)) if form else uuid4()
    with transaction.atomic():
        if change.kind in REMOVING:
            departures.hold(by.organization_id)
        standing = BulkAct.objects.filter(organization=by.organization).standing()
        if earlier := standing.filter(form=mark).first():
            return earlier
        act, is_new = standing.get_or_create(
            organization=by.organization, form=mark, defaults=_fields(chosen, change, by, at)
        )
        if is_new:
            audit.record(by, "bulk_act.confirmed", act, at=at, kind=change.kind, key=change.key, total=act.total)
            transaction.on_commit(lambda: nudge(WORK, act.pk, after_seconds=settings.UNDO_SECONDS + 1))
    return act


def _said(chosen: Chosen, change: Change) -> str:
    """The same form may be sent with something else in it: that is another act."""
    return json.dumps([chosen.ids, chosen.filters.to_query(), change.kind, change.key, change.value])


def _fields(chosen: Chosen, change: Change, by: Membership, at: datetime) -> dict[str, Any]:
    total = chosen.customers(by, at).count()
    if not total:
        raise Nobody
    newest = Customer.objects.filter(organization=by.organization).aggregate(last=Max("pk"))["last"]
    return {
        "created_by_id": by.user_id,
        "created_at": at,
        "kind": change.kind,
        "key": change.key,
        "value": change.value,
        "ids": None if chosen.ids is None else sorted(chosen.ids),
        "query": chosen.filters.to_query(),
        "last_id": newest,
        "total": total,
        "starts_at": at + timedelta(seconds=settings.UNDO_SECONDS),
    }


def stop(*, act: BulkAct, by: Membership, at: datetime) -> None:
    """Before it started nothing happens at all; later what was done stays. Raises NotNow."""
    _require(by, act.kind, act.key)
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
    _require(by, act.kind, act.key)
    with transaction.atomic():
        locked = BulkAct.objects.select_for_update().get(pk=act.pk)
        if not may_undo(locked, at):
            raise NotNow(act.pk)
        BulkAct.objects.filter(pk=act.pk).update(
            status=BulkStatus.UNDOING, cursor=0, tries=0, restored=0, heartbeat_at=None, finished_at=None
        )
        audit.record(by, "bulk_act.undone", act, at=at)
        transaction.on_commit(lambda: nudge(WORK, act.pk))


def sweep(*, at: datetime) -> None:
    """Nudge what is due, and what a dead worker or a lost nudge left."""
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    found: Sequence[int] = list(BulkAct.objects.forsaken(at, stale).values_list("pk", flat=True))
    for pk in found:
        nudge(WORK, pk)
