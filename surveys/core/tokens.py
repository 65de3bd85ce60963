"""Tokens of the links in emails: an id, a purpose and a 128-bit MAC.

A token is base64url(key id, 2 bytes · id, 8 bytes · MAC, 16 bytes): 35 characters. The MAC is HMAC-SHA256 over purpose and id,
cut to 128 bits. The first of `settings.LINK_KEYS` signs, all verify, so keys can be added while old links keep working.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as MalformedBase64
from enum import StrEnum
from functools import cache

from django.conf import settings

LENGTH = 35


class Purpose(StrEnum):
    """What a link may do; a token of one purpose never verifies for another."""

    ANSWER = "answer"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    TEST = "test"
    RATING = "rating"  # of a campaign, in rating rows that stand in mails and pages of others
    JOIN = "join"  # an organization, by a link that a colleague passed on
    JOIN_MAILED = "join mailed"  # the same, and whoever has it reads the mails of the invited address
    SENDER = "sender"  # of a sender address: whoever has it reads the mails of that address
    DIGEST = "digest"  # of a colleague's mail with figures: its unsubscribing
    ALERTS = "alerts"  # of a membership: the end of the mails with alerts
    MESSAGE = "message"  # of a delivery: its Message-ID
    HOOK = "hook"  # of a mail account (0: the operator's): the address that its provider posts events to
    VISIT = "visit"  # of a customer's link to a review site, or to recommend us; also the code of a referral
    INBOUND = "inbound"  # the address that the operator's provider posts mails of customers to


def make(purpose: Purpose, pk: int) -> str:
    key = _keys()[0]
    body = pk.to_bytes(8, "big")
    return urlsafe_b64encode(_key_id(key) + body + _mac(key, purpose, body)).decode().rstrip("=")


def read(purpose: Purpose, token: str) -> int | None:
    """The id, or None when the token does not verify. Compares in constant time."""
    raw = _decode(token)
    if raw is None:
        return None
    key_id, body, mac = raw[:2], raw[2:10], raw[10:]
    for key in _keys():
        if hmac.compare_digest(key_id, _key_id(key)) and hmac.compare_digest(mac, _mac(key, purpose, body)):
            return int.from_bytes(body, "big")
    return None


def _decode(token: str) -> bytes | None:
    if len(token) != LENGTH or not token.isascii():
        return None
    try:
        raw = urlsafe_b64decode(token + "=")
    except (MalformedBase64, ValueError):
        return None
    # One token has one spelling: the unused bits of the last character must be zero.
    return raw if urlsafe_b64encode(raw).decode().rstrip("=") == token else None


def _mac(key: bytes, purpose: Purpose, body: bytes) -> bytes:
    return hmac.digest(key, purpose.encode() + b"\0" + body, hashlib.sha256)[:16]


@cache
def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"key id\0" + key).digest()[:2]


@cache
def _derive(key: str) -> bytes:
    return hashlib.sha256(b"nps link key\0" + key.encode()).digest()


def _keys() -> list[bytes]:
    return [_derive(key) for key in settings.LINK_KEYS]


def signing_key() -> tuple[bytes, bytes]:
    """Its id and the key, for tokens of another spelling (core.folded_tokens)."""
    return verifying_keys()[0]


def verifying_keys() -> list[tuple[bytes, bytes]]:
    return [(_key_id(key), key) for key in _keys()]


def address_key() -> bytes:
    """The 32-byte key of hashed addresses (suppressions). It comes from the oldest link key, which is never dropped."""
    return hashlib.sha256(b"nps address key\0" + settings.LINK_KEYS[-1].encode()).digest()
