"""The form below a conversation: a reply or a note, with what was begun, and why nothing can be sent."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from surveys.accounts import access
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.inbox import letters, message_queries, reaching
from surveys.inbox.actions import writing
from surveys.inbox.files import MOST_FILES
from surveys.inbox.mentions import Naming
from surveys.inbox.message_queries import Leaving
from surveys.inbox.models import Attachment, CloseReason, Conversation, SavedReply

NOTE = "note"
REPLY = "reply"


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class Composer:
    """`key` is new for each form: what it sends is sent once, however often it is pressed."""

    conversation: Conversation
    by: Membership
    is_note: bool
    text: str
    saved_at: datetime | None
    files: list[Attachment]
    saved: list[SavedReply]
    refusal: str
    leaving: Leaving | None
    key: str
    most_files: int = MOST_FILES

    @property
    def may_write(self) -> bool:
        return access.can(self.by, Permission.ANSWER_CUSTOMERS)

    @property
    def tabs(self) -> list[Tab]:
        return [
            Tab(_("Reply"), self._url(REPLY), not self.is_note),
            Tab(_("Note"), self._url(NOTE), self.is_note),
        ]

    def _url(self, tab: str) -> str:
        return f"{self.conversation.get_absolute_url()}?write={tab}#composer"

    @property
    def seen(self) -> str:
        """When the draft was kept that this form is made with."""
        return self.saved_at.isoformat() if self.saved_at else ""

    @property
    def length(self) -> str:
        return writing.length(self.text)

    @property
    def naming(self) -> Naming:
        """Whom the draft of a note would tell."""
        return message_queries.naming(self.text, self.by) if self.is_note else Naming()

    @property
    def tab(self) -> str:
        return NOTE if self.is_note else REPLY

    @property
    def sender(self) -> str:
        """As the customer sees it, without its address."""
        return letters.sender_name(self.conversation.organization, self.by.user)

    @property
    def close_reasons(self) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in CloseReason.choices]

    @property
    def most_bytes(self) -> int:
        return settings.REPLY_FILES_LIMIT


def composer(conversation: Conversation, by: Membership, wanted: Mapping[str, str], *, at: datetime) -> Composer:
    """`wanted` is the query of the page: `write` is "reply" or "note"."""
    is_note = wanted.get("write") == NOTE
    draft = message_queries.draft(conversation, by.user, is_note=is_note)
    return Composer(
        conversation=conversation,
        by=by,
        is_note=is_note,
        text=draft.text if draft else "",
        saved_at=draft.updated_at if draft else None,
        files=message_queries.files_of(draft),
        saved=[] if is_note else message_queries.saved_replies(conversation.organization),
        refusal="" if is_note else reaching.refusal(conversation),
        leaving=message_queries.leaving(conversation, at=at),
        key=secrets.token_urlsafe(18),
    )
