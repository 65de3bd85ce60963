"""Signed addresses of score cards: what a help desk signs, and what opens one. Pure. See docs/score-cards.md.

An address says one customer and until when it holds, and carries an HMAC-SHA256 (RFC 2104) over both under a secret that the
help desk's server knows. Whoever has an address sees this one customer until then, and nobody else.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Self
from urllib.parse import urlencode

VERSION: Final = "nps-card-1"
LONGEST: Final = timedelta(hours=1)
CLOCKS_DIFFER: Final = timedelta(minutes=1)
MOST_CHARACTERS: Final = 254

_ORIGIN: Final = re.compile(
    r"https://[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[0-9]{1,5})?"
)
_HERE: Final = re.compile(r"http://(?:localhost|127\.0\.0\.1)(?::[0-9]{1,5})?")


class By(StrEnum):
    """What the customer is named by."""

    EMAIL = "email"
    EXTERNAL_ID = "external_id"


def canonical(key: int, by: By, value: str, expires: int) -> bytes:
    """What is signed: five lines. A value has none of its own, so no two asks have the same lines."""
    return "\n".join((VERSION, str(key), by.value, value, str(expires))).encode()


def signature(secret: str, key: int, by: By, value: str, expires: int) -> str:
    return hmac.new(secret.encode(), canonical(key, by, value, expires), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Ask:
    """An address as somebody opened it; nothing is proved yet."""

    by: By
    value: str
    expires: int
    given: str

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self | None:
        """None for what could never be right. Exactly one way of naming the customer."""
        named = [by for by in By if query.get(by.value)]
        expires, given = query.get("exp", ""), query.get("sig", "")
        if len(named) != 1 or not re.fullmatch(r"[0-9]{1,12}", expires, re.ASCII):
            return None
        value = query[named[0].value]
        if len(value) > MOST_CHARACTERS or re.search(r"[\x00-\x1f\x7f]", value):
            return None
        if not re.fullmatch(r"[0-9a-fA-F]{64}", given, re.ASCII):
            return None
        return cls(named[0], value, int(expires), given.lower())

    def is_signed(self, secret: str, key: int) -> bool:
        """Compared in constant time."""
        return hmac.compare_digest(signature(secret, key, self.by, self.value, self.expires), self.given)

    def holds(self, at: datetime) -> bool:
        """Not over, and not signed for longer than an address may hold."""
        now = at.timestamp()
        return now < self.expires <= now + (LONGEST + CLOCKS_DIFFER).total_seconds()


def query(secret: str, key: int, by: By, value: str, until: datetime) -> str:
    """What follows the "?" of an address that holds until then."""
    expires = int(until.astimezone(UTC).timestamp())
    signed = signature(secret, key, by, value, expires)
    return urlencode({by.value: value, "exp": expires, "sig": signed})


def is_origin(text: str) -> bool:
    """Whether it is a scheme and a host, and nothing else: "https://acme.zendesk.com". Without encryption only here."""
    return len(text) <= 200 and bool(_ORIGIN.fullmatch(text) or _HERE.fullmatch(text))
