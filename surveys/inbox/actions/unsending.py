"""Taking a reply back in the seconds before it leaves."""

from datetime import datetime

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.delivery.actions.enqueue import cancel_letter
from surveys.inbox.actions import changing, turns
from surveys.inbox.actions.changing import Doer
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
        _as_before(conversation, still, by, at)
        still.delete()
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


def _as_before(conversation: Conversation, reply: Message, by: Membership, at: datetime) -> None:
    """What the reply changed, and that it was closed with it; what anybody did since stands."""
    line = conversation.changes.filter(kind="closed", at=reply.at).order_by("-pk").first()
    if conversation.status == Status.CLOSED and line is not None:
        changing.change(conversation, "reopened", Doer.of(by, at), {"undone": True}, **changing.restored(line))
    turns.reply_taken_back(conversation=conversation, replied_at=reply.at, by=by.user, at=at)
