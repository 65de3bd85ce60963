"""What an authenticator app on a phone does: RFC 6238 with SHA-1, six digits, 30 seconds."""

import hmac
import time
from base64 import b32decode


def code(secret: str, *, steps: int = 0) -> str:
    """The code of now, or of so many steps of 30 seconds later."""
    counter = int(time.time()) // 30 + steps
    digest = hmac.digest(b32decode(secret), counter.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
