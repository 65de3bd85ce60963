"""A conversation ends, and may begin again."""

from datetime import datetime
from typing import Any

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.core.locks import again_after_deadlock
from surveys.inbox.actions import changing, turns
from surveys.inbox.actions.changing import Doer
from surveys.inbox.models import Conversation, ConversationChange, Status
from surveys.inbox.promises import Promises


class CannotUndo(Exception):
    """Something happened with the conversation since."""


@again_after_deadlock
def close(
    *, conversation: Conversation, reason: str, by: Membership | None, seen: int | None = None, at: datetime
) -> None:
    """Nothing is owed any more. Closing what is closed changes nothing, whatever the reason.

    Raises ChangedMeanwhile when anything happened since version `seen`: the customer may have written a moment ago.
    """
    if by is not None:
        access.require(by, Permission.ANSWER_CUSTOMERS)
    with transaction.atomic():
        locked = changing.held(conversation)
        if locked.status == Status.CLOSED:
            return
        changing.expect(locked, seen)
        close_as(locked, reason, Doer.of(by, at))
        if by is not None:
            audit.record(by, "conversation.closed", locked, at=at, reason=reason)


def close_as(conversation: Conversation, reason: str, doer: Doer) -> bool:
    """Of a locked conversation; whether it was not closed before."""
    if conversation.status == Status.CLOSED:
        return False
    ended = {"close_reason": reason, "closed_at": doer.at, "closed_by_id": doer.user, "snoozed_until": None}
    columns = turns.NOT_OURS | {"escalated_at": None, "status": Status.CLOSED} | ended
    changing.change(conversation, "closed", doer, {"reason": reason}, **columns)
    return True


@again_after_deadlock
def reopen(*, conversation: Conversation, by: Membership, seen: int | None = None, at: datetime) -> None:
    """It is our turn, and the time to answer begins anew. What is not closed stays as it is. Raises ChangedMeanwhile."""
    access.require(by, Permission.ANSWER_CUSTOMERS)
    with transaction.atomic():
        locked = changing.held(conversation)
        if locked.status != Status.CLOSED:
            return
        changing.expect(locked, seen)
        reopen_as(locked, Doer.of(by, at))
        audit.record(by, "conversation.reopened", locked, at=at)


def reopen_as(conversation: Conversation, doer: Doer) -> bool:
    """Of a locked conversation; whether it was closed."""
    if conversation.status != Status.CLOSED:
        return False
    owed = turns.ours(conversation, Promises.of(conversation.organization), doer.at)
    again: dict[str, Any] = turns.NOT_CLOSED | {"reopened": conversation.reopened + 1}
    changing.change(conversation, "reopened", doer, **again, **owed)
    return True


@again_after_deadlock
def undo_close(*, conversation: Conversation, by: Membership, at: datetime) -> None:
    """As it was before it was closed, with the time by which we owed an answer. Raises CannotUndo when anything happened
    since."""
    access.require(by, Permission.ANSWER_CUSTOMERS)
    with transaction.atomic():
        locked = changing.held(conversation)
        line = locked.changes.order_by("-pk").first()
        if line is None or not is_last(line, locked) or line.kind != "closed":
            raise CannotUndo(locked.pk)
        changing.change(locked, "reopened", Doer.of(by, at), {"undone": True}, **changing.restored(line))
        audit.record(by, "conversation.reopened", locked, at=at)


def is_last(line: ConversationChange, conversation: Conversation) -> bool:
    """Whether nothing was changed or written since."""
    return line.version == conversation.version
