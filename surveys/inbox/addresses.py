"""Addresses that customers answer to: each is of one conversation and one customer, and nobody can make one up.

`r.<token>@NPS_INBOUND_DOMAIN`, in lower case and 57 characters long before the @: docs/inbound-mail.md.
"""

from dataclasses import dataclass
from typing import Final

from django.conf import settings

from surveys.core import folded_tokens
from surveys.core.folded_tokens import Purpose
from surveys.customers.models import Customer
from surveys.delivery.letters import UNSUBSCRIBE_LETTER
from surveys.inbox.models import Conversation

REPLY_LETTER: Final = "r"


@dataclass(frozen=True)
class Reply:
    """Mail of this customer in this conversation. Both existed when the address was made."""

    conversation: int
    customer: int


@dataclass(frozen=True)
class Unsubscribe:
    invitation: int


def reply_address(conversation: Conversation, customer: Customer) -> str | None:
    """Where this customer answers. None without a domain for mail that comes in: then replies go to the colleague."""
    if not settings.INBOUND_DOMAIN:
        return None
    token = folded_tokens.make(Purpose.REPLY, conversation.pk, customer.pk)
    return f"{REPLY_LETTER}.{token}@{settings.INBOUND_DOMAIN}"


def is_ours(address: str) -> bool:
    """Whether it is one of the domain for mail that comes in, signed or not."""
    local, _at, domain = address.strip().rpartition("@")
    return bool(local) and bool(settings.INBOUND_DOMAIN) and domain.lower() == settings.INBOUND_DOMAIN


def meaning(address: str) -> Reply | Unsubscribe | None:
    """What mail to this address is; None when we did not sign it."""
    if not is_ours(address):
        return None
    letter, _dot, token = address.strip().rpartition("@")[0].lower().partition(".")
    if letter == REPLY_LETTER:
        ids = folded_tokens.read(Purpose.REPLY, token)
        return Reply(*ids) if ids and len(ids) == 2 else None
    if letter == UNSUBSCRIBE_LETTER:
        ids = folded_tokens.read(Purpose.UNSUBSCRIBE, token)
        return Unsubscribe(ids[0]) if ids and len(ids) == 1 else None
    return None
