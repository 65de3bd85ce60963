"""Who has a conversation open, or writes in it. It is told to colleagues, forgotten after a moment, and no audit notes it."""

from datetime import datetime, timedelta
from typing import Final

from surveys.accounts import access
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.inbox.models import Conversation, Presence

KEEP: Final = timedelta(hours=1)


def is_here(*, conversation: Conversation, by: Membership, is_writing: bool, at: datetime) -> None:
    """A page that shows the conversation gives a sign of life."""
    access.require(by, Permission.VIEW)
    sign = Presence(
        organization_id=conversation.organization_id, conversation=conversation, user=by.user, seen_at=at, wrote_at=at
    )
    if not is_writing:
        sign.wrote_at = None
    Presence.objects.bulk_create(
        [sign],
        update_conflicts=True,
        unique_fields=["organization", "conversation", "user"],
        update_fields=["seen_at", "wrote_at"] if is_writing else ["seen_at"],
    )


def forget_presences(*, at: datetime) -> int:
    """Delete what means nothing any more; returns how many."""
    return Presence.objects.filter(seen_at__lt=at - KEEP).delete()[0]
