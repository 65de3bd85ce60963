"""What a person does with an act on many conversations: confirm it, stop it, undo it. The work is in `actions.bulk_work`.

To put a tag on the responses of many conversations is an act on responses: `responses.actions.acts.confirm` with
`responses_of`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID, uuid4, uuid5

from django.conf import settings
from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization, User
from surveys.accounts.permissions import Permission
from surveys.inbox import queries
from surveys.inbox.actions.assigning import CannotAnswer
from surveys.inbox.models import ActStatus, CloseReason, Conversation, InboxAct, InboxActKind, Priority, Team
from surveys.outbox.nudges import nudge

UNDO_FOR: Final = timedelta(days=1)
MOST: Final = 50_000  # conversations of one act
AT_ONCE: Final = 100  # so few are not waited for: Undo is possible afterwards
WORK: Final = "surveys.inbox.tasks.work_on_act"


class NotNow(RuntimeError):
    """The act is in another state by now: another person or a worker was faster."""


class Nothing(ValueError):
    """There is no conversation that the act would be about."""


class TooMany(ValueError):
    """More conversations than one act may be about; the argument says how many it may."""


@dataclass(frozen=True)
class Change:
    """What the act does. `name` is what its facts are called, for when that is gone."""

    kind: InboxActKind
    facts: dict[str, Any]
    name: str = ""

    @classmethod
    def assign(cls, to: User | None, team: Team | None) -> Self:
        names = " · ".join(str(each) for each in (to, team) if each)
        facts = {"to": to.pk if to else None, "team": team.pk if team else None}
        return cls(InboxActKind.ASSIGN, facts, names[:120])

    @classmethod
    def hand_to(cls, to: User) -> Self:
        """To a colleague; teams stay."""
        return cls(InboxActKind.ASSIGN, {"to": to.pk}, str(to)[:120])

    @classmethod
    def close(cls, reason: str) -> Self:
        return cls(InboxActKind.CLOSE, {"reason": CloseReason(reason).value}, str(CloseReason(reason).label))

    @classmethod
    def reopen(cls) -> Self:
        return cls(InboxActKind.REOPEN, {})

    @classmethod
    def prioritize(cls, priority: int) -> Self:
        return cls(InboxActKind.PRIORITIZE, {"priority": int(priority)}, str(Priority(priority).label))


def confirm(
    *, ids: Sequence[int], change: Change, by: Membership, query: str = "", form: UUID | None = None, at: datetime
) -> InboxAct:
    """The act stands in the database and starts when the time to undo is over; a few begin at once. It is about the conversations of the
    organization among `ids`, picked or all that matched `query` a moment ago. Of a `form` that is sent again it is the
    same act. Raises Nothing, TooMany, CannotAnswer."""
    access.require(by, Permission.ANSWER_CUSTOMERS)
    if len(ids) > MOST:
        raise TooMany(MOST)
    _require_able(by.organization_id, change)
    meant = sorted(set(ids))
    mark = uuid5(form, json.dumps([meant, change.kind, change.facts])) if form else uuid4()
    standing = InboxAct.objects.filter(
        organization=by.organization, status__in=[ActStatus.WAITING, ActStatus.RUNNING, ActStatus.DONE]
    )
    with transaction.atomic():
        if earlier := standing.filter(form=mark).first():
            return earlier
        defaults = _fields(meant, change, query, by, at)
        act, is_new = standing.get_or_create(organization=by.organization, form=mark, defaults=defaults)
        if is_new:
            audit.record(by, "inbox_act.confirmed", act, at=at, kind=change.kind, total=act.total)
            wait = settings.UNDO_SECONDS + 1 if act.starts_at > at else 0
            transaction.on_commit(lambda: nudge(WORK, act.pk, after_seconds=wait))
    return act


def _require_able(organization_id: int, change: Change) -> None:
    to = change.facts.get("to")
    if to is not None and not queries.may_answer(organization_id, to):
        raise CannotAnswer(to)


def _fields(ids: list[int], change: Change, query: str, by: Membership, at: datetime) -> dict[str, Any]:
    there = Conversation.objects.filter(organization=by.organization, pk__in=ids).order_by("pk")
    found = list(there.values_list("pk", flat=True))
    if not found:
        raise Nothing
    return {
        "created_by_id": by.user_id,
        "created_at": at,
        "kind": change.kind,
        "facts": change.facts,
        "name": change.name,
        "ids": found,
        "query": query,
        "last_id": found[-1],
        "total": len(found),
        "starts_at": at + timedelta(seconds=settings.UNDO_SECONDS if len(found) > AT_ONCE else 0),
    }


def responses_of(organization: Organization, ids: Sequence[int]) -> list[int]:
    """What the conversations are about, in the order of keys."""
    about = Conversation.objects.filter(organization=organization, pk__in=ids).exclude(response=None)
    return sorted(key for key in about.values_list("response", flat=True) if key is not None)


def stop(*, act: InboxAct, by: Membership, at: datetime) -> None:
    """Before it started nothing happens at all; later what was done stays. Raises NotNow."""
    access.require(by, Permission.ANSWER_CUSTOMERS)
    with transaction.atomic():
        in_work = InboxAct.objects.in_work().filter(pk=act.pk)
        if not in_work.update(status=ActStatus.CANCELLED, finished_at=at, heartbeat_at=None):
            raise NotNow(act.pk)
        audit.record(by, "inbox_act.stopped", act, at=at)


def may_undo(act: InboxAct, at: datetime) -> bool:
    is_over = act.status in (ActStatus.DONE, ActStatus.CANCELLED, ActStatus.FAILED) and act.finished_at is not None
    return is_over and act.changed > act.restored and at < act.created_at + UNDO_FOR


def undo(*, act: InboxAct, by: Membership, at: datetime) -> None:
    """Conversations are again what they were, where nobody changed that since. Raises NotNow."""
    access.require(by, Permission.ANSWER_CUSTOMERS)
    with transaction.atomic():
        locked = InboxAct.objects.select_for_update(of=("self",)).get(pk=act.pk)
        if not may_undo(locked, at):
            raise NotNow(act.pk)
        InboxAct.objects.filter(pk=act.pk).update(
            status=ActStatus.UNDOING, cursor=0, tries=0, restored=0, heartbeat_at=None, finished_at=None
        )
        audit.record(by, "inbox_act.undone", act, at=at)
        transaction.on_commit(lambda: nudge(WORK, act.pk))


def sweep(*, at: datetime) -> None:
    """Nudge what is due, and what a dead worker or a lost nudge left."""
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    for pk in list(InboxAct.objects.forsaken(at, stale).values_list("pk", flat=True)):
        nudge(WORK, pk)
