"""Taking a reply back in the seconds before it leaves."""

from datetime import datetime

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.delivery.actions.enqueue import cancel_letter
from surveys.inbox.actions.touching import touched
from surveys.inbox.actions.writing import hold
from surveys.inbox.models import Attachment, Conversation, Draft, Message, MessageKind, Status
from surveys.outbox import actions as outbox


class TooLate(Exception):
    """It is on its way, or somebody else has taken it back."""


def unsend(*, message: Message, by: Membership, at: datetime) -> None:
    """Nothing is sent: the text and its files are the draft again of whoever takes it back, before what they have begun
    since, and it is our turn again if it was before. Raises TooLate.
    """
    access.require(by, Permission.ANSWER_CUSTOMERS)
    with transaction.atomic():
        conversation = hold(message.conversation, by)
        still = Message.objects.filter(conversation=conversation, pk=message.pk, kind=MessageKind.REPLY).first()
        if still is None or still.delivery_id is None or not cancel_letter(delivery_id=still.delivery_id, at=at):
            raise TooLate(message)
        _to_draft(conversation, still, by, at)
        outbox.publish("conversation.reply_taken_back", conversation, at=at, message=still.pk, by=by.user_id)
        still.delete()
        _as_before(conversation, at)
        audit.record(by, "conversation.reply_taken_back", conversation, at=at)


def _to_draft(conversation: Conversation, message: Message, by: Membership, at: datetime) -> None:
    draft, is_new = Draft.objects.get_or_create(
        organization=conversation.organization,
        conversation=conversation,
        user=by.user,
        is_note=False,
        defaults={"text": message.text, "updated_at": at},
    )
    if not is_new:
        both = [message.text, draft.text] if draft.text else [message.text]
        Draft.objects.filter(pk=draft.pk).update(text="\n\n".join(both), updated_at=at)
    Attachment.objects.filter(message=message).update(message=None, draft=draft)


def _as_before(conversation: Conversation, at: datetime) -> None:
    """What the replies that are left say. It is our turn again where none of them answers what the customer wrote."""
    replies = Message.objects.filter(conversation=conversation, kind=MessageKind.REPLY).order_by("pk")
    first, last = replies.first(), replies.last()
    heard = conversation.last_heard_at or conversation.opened_at
    is_ours = last is None or last.at < heard
    facts = {
        "first_reply_at": first.at if first else None,
        "first_reply_by": first.author if first else None,
        "last_reply_at": last.at if last else None,
    }
    if is_ours:
        facts |= {"status": Status.OPEN, "close_reason": "", "closed_at": None, "closed_by": None}
        facts |= {"due_at": conversation.first_due_at if last is None else None}
    Conversation.objects.filter(pk=conversation.pk).update(**facts)
    touched(conversation=conversation, at=at)
