"""Conversations with customers about what they answered."""

from surveys.inbox.models.acts import ActStatus, InboxAct, InboxActKind
from surveys.inbox.models.conversations import (
    CloseReason,
    Conversation,
    ConversationChange,
    Presence,
    Priority,
    Status,
    Team,
    TeamMember,
)
from surveys.inbox.models.handovers import HandOver
from surveys.inbox.models.messages import (
    Attachment,
    Draft,
    InboundMail,
    Message,
    MessageKind,
    Outcome,
    SavedReply,
    SpentSignature,
)
from surveys.inbox.models.settings import CardKey, InboxSettings

__all__ = [
    "ActStatus",
    "Attachment",
    "CardKey",
    "CloseReason",
    "Conversation",
    "ConversationChange",
    "Draft",
    "HandOver",
    "InboundMail",
    "InboxAct",
    "InboxActKind",
    "InboxSettings",
    "Message",
    "MessageKind",
    "Outcome",
    "Presence",
    "Priority",
    "SavedReply",
    "SpentSignature",
    "Status",
    "Team",
    "TeamMember",
]
