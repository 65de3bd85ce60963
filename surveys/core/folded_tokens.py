"""Tokens for the local parts of mail addresses, where mail programs and servers may fold the case of letters.

As in `core.tokens`, with as many ids as are wanted and in lower-case base32: key id, 2 bytes · ids, 8 bytes each · MAC, 16
bytes. One id makes 42 characters, two make 55; a local part may have 64.
"""

import hashlib
import hmac
from base64 import b32decode, b32encode
from binascii import Error as Malformed
from enum import StrEnum
from typing import Final

from surveys.core import tokens

_HEAD: Final = 2  # bytes
_ID: Final = 8
_MAC: Final = 16
ONE: Final = 42  # characters of a token with one id


class Purpose(StrEnum):
    """What mail to such an address is; a token of one purpose never verifies for another."""

    REPLY = "mail reply"  # of a customer (second id) in a conversation (first)
    UNSUBSCRIBE = "mail unsubscribe"  # of an invitation, by List-Unsubscribe


def make(purpose: Purpose, *ids: int) -> str:
    key_id, key = tokens.signing_key()
    body = b"".join(each.to_bytes(_ID, "big") for each in ids)
    return _spelled(key_id + body + _mac(key, purpose, body))


def read(purpose: Purpose, token: str) -> tuple[int, ...] | None:
    """The ids, or None when the token does not verify. Compares in constant time; the case of letters does not matter."""
    raw = _decoded(token.lower())
    if raw is None:
        return None
    key_id, body, mac = raw[:_HEAD], raw[_HEAD:-_MAC], raw[-_MAC:]
    for known, key in tokens.verifying_keys():
        if hmac.compare_digest(key_id, known) and hmac.compare_digest(mac, _mac(key, purpose, body)):
            return tuple(int.from_bytes(body[at : at + _ID], "big") for at in range(0, len(body), _ID))
    return None


def _spelled(raw: bytes) -> str:
    return b32encode(raw).decode().rstrip("=").lower()


def _decoded(token: str) -> bytes | None:
    """One token has one spelling: the unused bits of the last character are zero."""
    if not token.isascii() or len(token) > 64:
        return None
    try:
        raw = b32decode(token.upper() + "=" * (-len(token) % 8))
    except (Malformed, ValueError):
        return None
    ids = len(raw) - _HEAD - _MAC
    return raw if ids > 0 and ids % _ID == 0 and _spelled(raw) == token else None


def _mac(key: bytes, purpose: Purpose, body: bytes) -> bytes:
    return hmac.digest(key, purpose.encode() + b"\0" + body, hashlib.sha256)[:_MAC]
