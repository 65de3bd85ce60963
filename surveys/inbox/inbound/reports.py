"""Reports of mail servers that a mail of ours did not arrive (RFC 3464). Pure."""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from email.message import Message
from typing import Final

from surveys.customers.models import SuppressionReason
from surveys.delivery import letters, routes
from surveys.delivery.models import Happening
from surveys.delivery.replies import Stage, Verdict, classify
from surveys.delivery.told import LONGEST_WORDS, Told
from surveys.inbox.inbound import charsets

_MESSAGE_ID: Final = re.compile(rb"^message-id:\s*(<[^<>\s]{1,300}>)", re.IGNORECASE | re.MULTILINE)
_STATUS: Final = re.compile(r"([245])\.\d{1,3}\.\d{1,3}")
_CODE: Final = re.compile(r"\b([245]\d\d)\b")
_NEAR: Final = 64 * 1024  # bytes of the returned mail in which its own id stands


def is_report(message: Message) -> bool:
    kind = str(message.get_param("report-type", "")).lower()
    return message.get_content_type() == "multipart/report" and kind in ("", "delivery-status")


def events(message: Message, *, at: datetime) -> list[Told]:
    """What it says about mails of ours, which it must name by an id that only we could make."""
    named = _ours(message)
    if not named:
        return []
    return [told for group in _groups(message) if (told := _told(group, named, at))]


def delivery_of(told: Told) -> int | None:
    return letters.delivery_of(told.token)


def _ours(message: Message) -> str:
    for part in message.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            found = _MESSAGE_ID.search(_bytes(part)[:_NEAR])
            if found and letters.delivery_of(found[1].decode("ascii", "replace")) is not None:
                return found[1].decode("ascii")
    return ""


def _bytes(part: Message) -> bytes:
    inner = part.get_payload()
    if isinstance(inner, list):
        return b"".join(each.as_bytes() for each in inner if isinstance(each, Message))
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _groups(message: Message) -> Iterator[Message]:
    """One for each recipient; the first is about the report itself."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            inner = part.get_payload()
            yield from (
                (each for each in inner if isinstance(each, Message) and "Action" in each)
                if isinstance(inner, list)
                else ()
            )


def _told(group: Message, named: str, at: datetime) -> Told | None:
    action = charsets.header(group, "Action").lower()
    if action not in ("failed", "delayed"):
        return None
    address = charsets.header(group, "Final-Recipient").rpartition(";")[2].strip()
    status = _STATUS.search(charsets.header(group, "Status"))
    said = charsets.header(group, "Diagnostic-Code").partition(";")[2].strip() or charsets.header(group, "Status")
    is_dead = action == "failed" and _is_dead(status[0] if status else "", said)
    for_good = action == "failed" and (status is None or status[1] == "5")
    return Told(
        route=routes.OPERATOR,
        organization=None,
        key=hashlib.sha256(f"{named}\0{address}\0{action}\0{status and status[0]}".encode()).hexdigest(),
        kind=_kind(action, for_good),
        at=at,
        address=address[:320],
        token=letters.token_of(named),
        said=said[:LONGEST_WORDS],
        suppresses=SuppressionReason.BOUNCED if is_dead else None,
    )


def _kind(action: str, for_good: bool) -> Happening:
    if action == "delayed":
        return Happening.DELAYED
    return Happening.BOUNCED if for_good else Happening.SOFT_BOUNCED


def _is_dead(status: str, said: str) -> bool:
    """As if the server had said it to us: not when it is about who sends."""
    code = _CODE.search(said)
    return classify(Stage.RECIPIENT, int(code[1]) if code else 550, f"{status} {said}").verdict is Verdict.ADDRESS
