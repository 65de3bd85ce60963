"""What the inbox keeps about a customer, for the export of one person. Contributed in surveys/subscriptions.py."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from django.db.models import F, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from surveys.customers.models import Customer
from surveys.inbox.models import (
    Attachment,
    CloseReason,
    Conversation,
    InboundMail,
    Message,
    MessageKind,
    Outcome,
    Status,
)
from surveys.privacy.contributions import Document, File, Part

_CONVERSATION: Final = ("id", "subject", "status", "close_reason", "opened_at", "first_reply_at", "closed_at")
_MESSAGE: Final = ("id", "kind", "at", "text", "quoted", "from_address", "is_automatic")


def _mine(customer: Customer, path: str) -> dict[str, Any]:
    return {"organization": customer.organization_id, path: customer}


def _conversations(customer: Customer) -> list[Document]:
    return list(Conversation.objects.filter(**_mine(customer, "customer")).order_by("pk").values(*_CONVERSATION))


def _messages(customer: Customer) -> list[Document]:
    """Notes too: they are about the person. Which colleague wrote is not theirs to know."""
    names = defaultdict(list)
    for message, name in _attachments(customer).values_list("message", "name"):
        names[message].append(name)
    found = Message.objects.filter(**_mine(customer, "conversation__customer")).order_by("pk")
    rows = found.values(*_MESSAGE, of=F("conversation"))
    return [{"conversation": row.pop("of"), **row, "files": names[row["id"]]} for row in rows]


def _attachments(customer: Customer) -> QuerySet[Attachment]:
    return Attachment.objects.filter(**_mine(customer, "message__conversation__customer")).order_by("pk")


def _unsorted(customer: Customer) -> QuerySet[InboundMail]:
    """From their address, and in no conversation."""
    mine = InboundMail.objects.filter(organization=customer.organization_id).exclude(from_address="")
    return mine.annotate(sender=Lower("from_address")).filter(sender=customer.email_key).order_by("pk")


def _mails(customer: Customer) -> list[Document]:
    if not customer.email_key:
        return []
    return [dict(row) for row in _unsorted(customer).values("id", "received_at", "outcome", "to_address", "subject")]


def _files(customer: Customer) -> Iterator[File]:
    for each in _attachments(customer).iterator(chunk_size=1):
        yield File(f"{each.pk}-{_plain(each.name)}", bytes(each.data))
    if customer.email_key:
        for mail in _unsorted(customer).exclude(raw=None).iterator(chunk_size=1):
            yield File(f"mail-{mail.pk}.eml", bytes(mail.raw or b""))


def _plain(name: str) -> str:
    return name.replace("/", "_").replace("\\", "_")


PARTS: Final = (
    Part(
        "conversations",
        _("Conversations"),
        _conversations,
        choices={"status": Status, "close_reason": CloseReason},
    ),
    Part(
        "conversation_messages",
        _("Messages and notes of conversations"),
        _messages,
        labels={"from_address": _("From"), "files": _("Files"), "quoted": _("Quoted")},
        choices={"kind": MessageKind},
        files=_files,
    ),
    Part("mail_without_conversation", _("Mail that belongs to no conversation"), _mails, choices={"outcome": Outcome}),
)
