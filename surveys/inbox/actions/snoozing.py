"""When and how urgently: a conversation sleeps until a moment, or has another priority."""

from datetime import datetime

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.core.locks import again_after_deadlock
from surveys.inbox.actions import changing, turns
from surveys.inbox.actions.changing import Doer
from surveys.inbox.models import Conversation, Status
from surveys.inbox.promises import Promises


class IsClosed(Exception):
    """What is closed does not sleep."""


class NotAhead(ValueError):
    """A moment that is over already."""


@again_after_deadlock
def snooze(
    *, conversation: Conversation, until: datetime, by: Membership, seen: int | None = None, at: datetime
) -> None:
    """Out of the list until then, or until the customer writes, or what we owe is overdue: a promise does not sleep. What
    sleeps until then already stays as it is.

    Raises NotAhead, IsClosed, ChangedMeanwhile.
    """
    access.require(by, Permission.ANSWER_CUSTOMERS)
    if until <= at:
        raise NotAhead(until)
    with transaction.atomic():
        locked = changing.held(conversation)
        if locked.snoozed_until == until:
            return
        changing.expect(locked, seen)
        if locked.status == Status.CLOSED:
            raise IsClosed(locked.pk)
        doer = Doer.of(by, at)
        changing.change(locked, "snoozed", doer, {"until": until.isoformat()}, snoozed_until=until)
        audit.record(by, "conversation.snoozed", locked, at=at)


@again_after_deadlock
def wake(*, conversation: Conversation, by: Membership, seen: int | None = None, at: datetime) -> None:
    """Back in the list at once, as it was. What does not sleep stays as it is.

    Raises ChangedMeanwhile when somebody put it off anew since version `seen`: they meant another moment.
    """
    access.require(by, Permission.ANSWER_CUSTOMERS)
    with transaction.atomic():
        locked = changing.held(conversation)
        if locked.snoozed_until is not None:
            changing.expect_no(locked, "snoozed", seen)
            changing.change(locked, "woken", Doer.of(by, at), snoozed_until=None)
            audit.record(by, "conversation.woken", locked, at=at)


def end_sleep(conversation: Conversation, at: datetime) -> None:
    """Of a locked conversation whose time has come. One that waited for the customer is our turn: somebody wanted to be
    reminded of it."""
    owed = turns.ours(conversation, Promises.of(conversation.organization), at)
    changing.change(conversation, "woken", Doer(at), snoozed_until=None, **owed)


@again_after_deadlock
def prioritize(
    *, conversation: Conversation, priority: int, by: Membership, seen: int | None = None, at: datetime
) -> None:
    """Another priority, and by what is promised for it another time to answer, counted from when our turn began.

    What has it already stays as it is. Raises ChangedMeanwhile when somebody chose another since version `seen`; without
    `seen` the last one wins.
    """
    access.require(by, Permission.ANSWER_CUSTOMERS)
    with transaction.atomic():
        locked = changing.held(conversation)
        if locked.priority != priority:
            changing.expect_no(locked, "prioritized", seen)
        if prioritize_as(locked, priority, Doer.of(by, at)):
            audit.record(by, "conversation.prioritized", locked, at=at)


def prioritize_as(conversation: Conversation, priority: int, doer: Doer) -> bool:
    """Of a locked conversation; whether it had another."""
    if conversation.priority == priority:
        return False
    before, conversation.priority = conversation.priority, priority
    owed = recounted(conversation, Promises.of(conversation.organization), doer.at)
    conversation.priority = before
    changing.change(conversation, "prioritized", doer, {"priority": priority}, priority=priority, **owed)
    return True


def recounted(conversation: Conversation, promises: Promises, at: datetime) -> dict[str, object]:
    """The columns of what is owed by the promises of today; none while nothing is owed. What is not over any more is not
    overdue any more."""
    if conversation.turn_at is None:
        return {}
    due_at = promises.due(conversation, conversation.turn_at)
    columns: dict[str, object] = {"due_at": due_at}
    if conversation.first_reply_at is None:
        columns["first_due_at"] = due_at
    if due_at is None or due_at > at:
        columns |= {"overdue_at": None, "escalate_at": None, "escalated_at": None}
    return columns
