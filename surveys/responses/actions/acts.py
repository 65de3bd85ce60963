"""What a person does with an act on many responses: confirm it, stop it, undo it. The work is in `actions.act_work`."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.outbox.nudges import nudge
from surveys.responses import mark_queries
from surveys.responses.actions.marking_slices import Junk
from surveys.responses.models import MarkKind, MarkStatus, Response, ResponseAct, ResponseQuerySet, Tag

UNDO_FOR: Final = timedelta(days=1)
UNDOABLE: Final = (MarkKind.TAG, MarkKind.UNTAG, MarkKind.EXCLUDE, MarkKind.INCLUDE)
WORK: Final = "surveys.responses.tasks.work_on_act"


NO_JUNK: Final = Junk("")


class NotNow(RuntimeError):
    """The act is in another state by now: another person or a worker was faster."""


class Nothing(ValueError):
    """There is no response that the act would be about."""


@dataclass(frozen=True)
class Chosen:
    """Which responses: those picked, or all that match the feed's `query`."""

    query: str
    ids: tuple[int, ...] | None = None

    def responses(self, organization: Organization, at: datetime) -> ResponseQuerySet:
        """Raises mark_queries.NotUnderstood."""
        return mark_queries.meant(organization, self.ids, self.query, at)


@dataclass(frozen=True)
class Change:
    """What the act does."""

    kind: MarkKind
    tag: Tag | None = None
    junk: Junk = NO_JUNK


def confirm(*, chosen: Chosen, change: Change, by: Membership, at: datetime, form: UUID | None = None) -> ResponseAct:
    """The act stands in the database and starts when the time to undo is over. Of a `form` that is sent again it is the
    same act. Raises Nothing, mark_queries.NotUnderstood."""
    access.require(by, Permission.MARK_RESPONSES)
    mark = uuid5(form, _said(chosen, change)) if form else uuid4()
    standing = ResponseAct.objects.filter(
        organization=by.organization, status__in=[MarkStatus.WAITING, MarkStatus.RUNNING, MarkStatus.DONE]
    )
    with transaction.atomic():
        if earlier := standing.filter(form=mark).first():
            return earlier
        act, is_new = standing.get_or_create(
            organization=by.organization, form=mark, defaults=_fields(chosen, change, by, at)
        )
        if is_new:
            audit.record(by, "response_act.confirmed", act, at=at, kind=change.kind, total=act.total)
            transaction.on_commit(lambda: nudge(WORK, act.pk, after_seconds=settings.UNDO_SECONDS + 1))
    return act


def _said(chosen: Chosen, change: Change) -> str:
    """The same form may be sent with something else in it: that is another act."""
    tag = change.tag.pk if change.tag else None
    return json.dumps([chosen.ids, chosen.query, change.kind, tag, change.junk.reason, change.junk.note])


def _fields(chosen: Chosen, change: Change, by: Membership, at: datetime) -> dict[str, Any]:
    total = chosen.responses(by.organization, at).order_by().count()
    if not total:
        raise Nothing
    return {
        "created_by_id": by.user_id,
        "created_at": at,
        "kind": change.kind,
        "tag": change.tag,
        "name": str(change.tag or ""),
        "reason": change.junk.reason,
        "note": change.junk.note,
        "ids": None if chosen.ids is None else sorted(chosen.ids),
        "query": chosen.query,
        "last_id": newest(by.organization),
        "total": total,
        "starts_at": at + timedelta(seconds=settings.UNDO_SECONDS),
    }


def newest(organization: Organization) -> int:
    """The key of the last response so far, 0 without any: what comes later is not what an act is about."""
    return int(Response.objects.filter(organization=organization).aggregate(last=Max("pk"))["last"] or 0)


def stop(*, act: ResponseAct, by: Membership, at: datetime) -> None:
    """Before it started nothing happens at all; later what was done stays. Raises NotNow."""
    access.require(by, Permission.MARK_RESPONSES)
    with transaction.atomic():
        in_work = ResponseAct.objects.in_work().filter(pk=act.pk)
        if not in_work.update(status=MarkStatus.CANCELLED, finished_at=at, heartbeat_at=None):
            raise NotNow(act.pk)
        audit.record(by, "response_act.stopped", act, at=at)


def may_undo(act: ResponseAct, at: datetime) -> bool:
    is_over = act.status in (MarkStatus.DONE, MarkStatus.CANCELLED, MarkStatus.FAILED) and act.finished_at is not None
    is_possible = act.kind in UNDOABLE and (act.kind != MarkKind.UNTAG or act.tag_id is not None)
    return is_over and is_possible and act.changed > act.restored and at < act.created_at + UNDO_FOR


def undo(*, act: ResponseAct, by: Membership, at: datetime) -> None:
    """Responses are again what they were, where nobody marked them since. Raises NotNow."""
    access.require(by, Permission.MARK_RESPONSES)
    with transaction.atomic():
        locked = ResponseAct.objects.select_for_update().get(pk=act.pk)
        if not may_undo(locked, at):
            raise NotNow(act.pk)
        ResponseAct.objects.filter(pk=act.pk).update(
            status=MarkStatus.UNDOING, cursor=0, tries=0, restored=0, heartbeat_at=None, finished_at=None
        )
        audit.record(by, "response_act.undone", act, at=at)
        transaction.on_commit(lambda: nudge(WORK, act.pk))


def sweep(*, at: datetime) -> None:
    """Nudge what is due, and what a dead worker or a lost nudge left."""
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    for pk in list(ResponseAct.objects.forsaken(at, stale).values_list("pk", flat=True)):
        nudge(WORK, pk)
