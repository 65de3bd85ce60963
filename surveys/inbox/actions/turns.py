"""Whose turn it is: ours, with a time by which we owe a reply, or the customer's.

Whoever writes a message calls these in the transaction that stores it, and has locked the conversation FOR UPDATE first
(`changing.held`). Called twice for one message they do no harm beyond a version that nobody saw: the caller's `key`
settles that a message is stored once.
"""

from datetime import datetime
from typing import Any, Final

from surveys.accounts.models import User
from surveys.inbox.actions import changing
from surveys.inbox.actions.changing import Doer
from surveys.inbox.models import Conversation, Status
from surveys.inbox.promises import Promises

# What stands in these columns while nobody waits for us.
NOT_OURS: Final[dict[str, Any]] = {"turn_at": None, "due_at": None, "overdue_at": None, "escalate_at": None}
NOT_CLOSED: Final[dict[str, Any]] = {"close_reason": "", "closed_at": None, "closed_by_id": None}


def ours(conversation: Conversation, promises: Promises, since: datetime) -> dict[str, Any]:
    """The columns of a conversation in which we owe a reply since then. What was owed before is still owed by its time."""
    if conversation.status == Status.OPEN and conversation.turn_at is not None:
        return {"status": Status.OPEN}
    due_at = promises.due(conversation, since)
    columns = NOT_OURS | {"status": Status.OPEN, "turn_at": since, "due_at": due_at, "escalated_at": None}
    return columns if conversation.first_reply_at else columns | {"first_due_at": due_at}


def we_wrote(*, conversation: Conversation, by: User | None, at: datetime) -> None:
    """Our reply is on its way: the customer's turn. One that was closed is open again, and waits. `by` is None for a reply
    that nobody wrote; automatic mail is no reply: it changes nobody's turn, and does not come here.

    Locking: the caller holds the row.
    """
    doer = Doer(at, by.pk if by else None)
    first = {} if conversation.first_reply_at else {"first_reply_at": at, "first_reply_by_id": doer.user}
    columns = NOT_OURS | NOT_CLOSED | first | {"last_reply_at": at, "snoozed_until": None, "escalated_at": None}
    if conversation.status == Status.WAITING:
        changing.write(conversation, doer, **columns)
    else:
        changing.change(conversation, "waiting", doer, status=Status.WAITING, **columns)


def reply_taken_back(*, conversation: Conversation, replied_at: datetime, by: User | None, at: datetime) -> None:
    """The reply of `replied_at` was cancelled before it went out: it is our turn as before. Where that reply changed
    nobody's turn, or the customer wrote since, or it was closed, nothing changes.

    Locking: the caller holds the row.
    """
    line = conversation.changes.filter(kind="waiting", at=replied_at).order_by("-pk").first()
    if line is not None and conversation.status == Status.WAITING:
        before = changing.restored(line)
        changing.change(conversation, "reply_undone", Doer(at, by.pk if by else None), **before)


def customer_wrote(*, conversation: Conversation, at: datetime, by: User | None = None) -> None:
    """The customer's words came in: our turn. One that was closed or sleeps is open again. Automatic replies do not come here.
    `by` is the colleague who put the words in: nobody needs to tell them.

    Locking: the caller holds the row.
    """
    promises = Promises.of(conversation.organization)
    columns = ours(conversation, promises, at) | {"last_heard_at": at, "snoozed_until": None}
    if conversation.status == Status.CLOSED:
        again = {"reopened": conversation.reopened + 1, **NOT_CLOSED}
        changing.change(conversation, "reopened", Doer(at), **again, status=Status.OPEN)
    changing.change(conversation, "heard", Doer(at, by.pk if by else None), **columns)
