"""Conversations when their customers go or become one, when responses go, and when colleagues leave."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import F

from surveys.accounts.models import Membership
from surveys.inbox import queries
from surveys.inbox.actions import handing_over
from surveys.inbox.models import (
    Attachment,
    Conversation,
    ConversationChange,
    Draft,
    InboxSettings,
    Message,
    Presence,
    TeamMember,
)


def customers_go(*, organization_id: int, ids: Sequence[int]) -> None:
    """Deleted or erased: what was written with them goes, to the last word."""
    theirs = Conversation.objects.filter(organization=organization_id, customer__in=ids).order_by("pk")
    _remove(organization_id, list(theirs.select_for_update(of=("self",)).values_list("pk", flat=True)))


def _remove(organization_id: int, conversations: Collection[int]) -> None:
    if not conversations:
        return
    parts = {"organization": organization_id, "conversation__in": conversations}
    messages, drafts = Message.objects.filter(**parts), Draft.objects.filter(**parts)
    for files in (Attachment.objects.filter(message__in=messages), Attachment.objects.filter(draft__in=drafts)):
        files._raw_delete("default")
    for rows in (messages, drafts, Presence.objects.filter(**parts), ConversationChange.objects.filter(**parts)):
        rows._raw_delete("default")
    Conversation.objects.filter(organization=organization_id, pk__in=conversations)._raw_delete("default")


def responses_go(*, organization_id: int, ids: Sequence[int]) -> None:
    """Deleted, or separated from whoever gave them: what was written stays with the customer, and names no answer. Mail
    clients quote our replies, and those the comment: what was quoted goes."""
    about = Conversation.objects.filter(organization=organization_id, response__in=ids)
    written = Message.objects.filter(organization=organization_id, conversation__in=about.values("pk"))
    written.exclude(quoted="").update(quoted="")
    about.update(response=None, score=None, campaign_id=None, version=F("version") + 1)


def customers_merged(*, organization_id: int, survivor: int, gone: int) -> None:
    theirs = Conversation.objects.filter(organization=organization_id, customer=gone)
    theirs.update(customer=survivor, version=F("version") + 1)


def colleague_left(*, organization_id: int, user_id: int, at: datetime) -> None:
    """Or may not answer customers any more: what was theirs to do is their team's again soon, or anybody's. What they have
    closed stays theirs. Who has left leaves no drafts. May run twice."""
    if queries.may_answer(organization_id, user_id):
        return
    handing_over.from_colleague(organization_id=organization_id, user_id=user_id, at=at)
    InboxSettings.objects.filter(organization=organization_id, escalate_to=user_id).update(escalate_to=None)
    if not Membership.objects.filter(organization=organization_id, user=user_id).exists():
        TeamMember.objects.filter(organization=organization_id, user=user_id).delete()
        _forget_drafts(organization_id, user_id)


def _forget_drafts(organization_id: int, user_id: int) -> None:
    """Nobody else sees them, and they hold words to customers."""
    mine = Draft.objects.filter(organization=organization_id, user=user_id)
    Attachment.objects.filter(draft__in=mine)._raw_delete("default")
    mine._raw_delete("default")
    Presence.objects.filter(organization=organization_id, user=user_id)._raw_delete("default")
