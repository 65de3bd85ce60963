"""What a customer said elsewhere (on the phone, in a mail to a colleague), added by hand."""

from datetime import datetime

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.inbox.actions import changing, turns
from surveys.inbox.actions.writing import checked
from surveys.inbox.models import Conversation, Message, MessageKind


def add_by_hand(*, conversation: Conversation, text: str, key: str, by: Membership, at: datetime) -> Message:
    """Put the customer's words into the conversation: it is our turn, as if they had come by mail.

    `key` is that of the form: pressing twice adds once. Raises CannotWrite when there is no text, or too much of it.
    """
    access.require(by, Permission.ANSWER_CUSTOMERS)
    words = checked(text)
    with transaction.atomic():
        held = changing.held(conversation)
        known = Message.objects.filter(conversation=held, key=key).first() if key else None
        if known is not None:
            return known
        message = Message.objects.create(
            organization_id=held.organization_id,
            conversation=held,
            kind=MessageKind.BY_HAND,
            author=by.user,
            text=words,
            key=key,
            at=at,
        )
        turns.customer_wrote(conversation=held, at=at, by=by.user)
        audit.record(by, "conversation.added_by_hand", held, at=at)
        return message
