"""Looks at mails as a mail server gets them: bytes, before any library is kind to them."""

import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import compat32
from email.utils import getaddresses
from typing import Final

from tests.helpers.smtp import Received

THIEF: Final = "thief@evil.example"

# What our mails have at the top. Anything else was brought in by a value.
OURS: Final = frozenset(
    {
        "content-type",
        "mime-version",
        "content-transfer-encoding",
        "subject",
        "from",
        "to",
        "reply-to",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "list-id",
        "feedback-id",
        "auto-submitted",
        "x-auto-response-suppress",
    }
)
_FIELD: Final = re.compile(rb"[A-Za-z][A-Za-z0-9-]*: ?")


def problems(mail: Received, *, to: str) -> list[str]:
    """What is in the mail, or in its envelope, that only a value can have brought there."""
    return [problem for look in (_envelope, _lines, _headers, _addresses, _parts) for problem in look(mail, to)]


def _envelope(mail: Received, to: str) -> list[str]:
    return [] if mail.recipient == to and THIEF not in mail.sender else [f"from {mail.sender} to {mail.recipient}"]


def _lines(mail: Received, to: str) -> list[str]:
    """Lines end in CR LF and nothing else; each line of the top is a field or goes on with one."""
    bare = re.search(rb"(?<!\r)\n|\r(?!\n)|\0", mail.raw)
    top = mail.raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    odd = [line for line in top if not (_FIELD.match(line) or line[:1] in (b" ", b"\t"))]
    return ([f"a bare line break at {bare.start()}"] if bare else []) + [f"a line of its own: {line!r}" for line in odd]


def _headers(mail: Received, to: str) -> list[str]:
    names = [name.lower() for name in message_from_bytes(mail.raw, policy=compat32)]
    twice = [name for name in set(names) if names.count(name) > 1]
    return [f"brought in: {name}" for name in names if name not in OURS] + [f"twice: {name}" for name in twice]


def _addresses(mail: Received, to: str) -> list[str]:
    """One sender, one recipient, one address for replies, each without the thief."""
    message = message_from_bytes(mail.raw, policy=compat32)
    found = []
    for name in ("From", "To", "Reply-To"):
        unfolded = [re.sub(r"\r\n(?=[ \t])", "", value) for value in message.get_all(name, [])]
        given = [address for _, address in getaddresses(unfolded)]
        if len(given) > 1 or (THIEF in given and to != THIEF):
            found.append(f"{name}: {given}")
    return found


def _parts(mail: Received, to: str) -> list[str]:
    """One text, one page, no attachment."""
    kinds = [part.get_content_type() for part in message_from_bytes(mail.raw).walk()]
    return [] if kinds == ["multipart/alternative", "text/plain", "text/html"] else [f"parts: {kinds}"]


def readable(mail: Received, name: str) -> str:
    """A header as people see it."""
    return str(make_header(decode_header(str(message_from_bytes(mail.raw, policy=compat32)[name]))))
