"""What somebody is writing in a conversation, and what leaves in a moment."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from surveys.accounts.models import Membership, Organization, User
from surveys.alerts import audience
from surveys.alerts.models import Matter
from surveys.customers.list_filters import is_id
from surveys.delivery.models import State
from surveys.inbox import mentions
from surveys.inbox.mentions import Naming
from surveys.inbox.models import Attachment, Conversation, Draft, Message, MessageKind, SavedReply


@dataclass(frozen=True)
class Leaving:
    """A reply that can still be taken back, for so many seconds."""

    message: Message
    seconds: int


def leaving(conversation: Conversation, *, at: datetime) -> Leaving | None:
    """The latest one."""
    replies = Message.objects.filter(conversation=conversation, kind=MessageKind.REPLY).select_related("delivery")
    last = replies.order_by("-pk").first()
    delivery = last.delivery if last else None
    if last is None or delivery is None or delivery.state != State.DUE or delivery.attempts:
        return None
    seconds = ceil((delivery.due_at - at).total_seconds())
    return Leaving(last, seconds) if seconds > 0 else None


def draft(conversation: Conversation, person: User, *, is_note: bool) -> Draft | None:
    mine = Draft.objects.filter(organization=conversation.organization_id, conversation=conversation, user=person)
    return mine.filter(is_note=is_note).first()


def files_of(found: Draft | None) -> list[Attachment]:
    return list(Attachment.objects.filter(draft=found).defer("data").order_by("pk")) if found else []


def draft_file(reader: Membership, pk: int) -> Attachment | None:
    """Of one's own draft, which nobody else sees. Without its bytes."""
    files = Attachment.objects.filter(organization=reader.organization_id, draft__user=reader.user_id, pk=pk)
    return files.defer("data").first()


def saved_replies(organization: Organization) -> list[SavedReply]:
    """What is used most stands first."""
    return list(SavedReply.objects.filter(organization=organization).order_by("-used", "name", "pk"))


def deleted_reply(organization: Organization, key: str) -> SavedReply | None:
    """The one that an address names, as long as it is deleted."""
    if not is_id(key):
        return None
    return SavedReply.ever.filter(organization=organization, pk=key).exclude(deleted_at=None).first()


# ── Whom notes name ──


def members(organization: Organization) -> list[User]:
    """Also those who cannot sign in."""
    found = Membership.objects.filter(organization=organization).select_related("user")
    return [member.user for member in found.order_by("user__email")]


def naming(text: str, by: Membership) -> Naming:
    """Whom a note with this text tells; nothing is asked of texts that name nobody."""
    if "@" not in text:
        return Naming()
    there = members(by.organization)
    can = [user for user in there if user.is_active]
    found = mentions.naming(text, by.user, can, [user for user in there if not user.is_active])
    wishes = {
        person.user: person.wish for person in audience.people(by.organization, [user.pk for user in found.users])
    }
    deaf = [user for user in can if user.pk in wishes and not wishes[user.pk].is_told(Matter.MENTIONED)]
    return found.without(deaf)
