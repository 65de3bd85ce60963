"""Marks that something happened in a conversation: colleagues who look at it should see it."""

from datetime import datetime

from django.db.models import F

from surveys.inbox.models import Conversation


def touched(*, conversation: Conversation, at: datetime) -> None:
    """Nobody's turn changes. The caller has locked the conversation."""
    Conversation.objects.filter(pk=conversation.pk).update(touched_at=at, version=F("version") + 1)
