"""A mail as bytes, and what is in it. Pure: what cannot be read is an Unreadable, never anything else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Final

from surveys.inbox.inbound import automatic, bodies, bounded, charsets, folding, reports
from surveys.inbox.inbound.bodies import File

MOST_TEXT: Final = 200_000  # characters that are shown; the whole is then a file beside it
_MOST_IDS: Final = 50
_MOST_ADDRESSED: Final = 40_000  # characters of all headers that say to whom
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{1,300}>")
_ADDRESSED: Final = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc", "Bcc")


class Unreadable(ValueError):
    """The text says why, to people."""


@dataclass(frozen=True)
class Heads:
    """What is known of a mail before it is opened. All on one line, all safe to store."""

    message_id: str
    from_address: str
    subject: str
    addressed: tuple[str, ...]  # in headers


@dataclass(frozen=True)
class Parsed:
    """`text` is what was written, `html` its looks, clean, or ""; `quoted` is what stood below.

    When the HTML `differs` from the text, it is all of it. `report` is the whole mail, of mail servers' reports alone.
    """

    heads: Heads
    named: tuple[str, ...]  # Message-IDs of mails that it answers, nearest first
    automatic: str  # what says that a program wrote it, or ""
    text: str = ""
    html: str = ""
    differs: bool = False
    quoted: str = ""
    files: tuple[File, ...] = ()
    report: Message | None = field(default=None, repr=False)


def heads(raw: bytes) -> Heads:
    """Never raises."""
    return _heads(bounded.head(raw))


def parse(raw: bytes) -> Parsed:
    """Raises Unreadable."""
    try:
        message = bounded.message(raw)
        if not message.keys():
            raise Unreadable("There are no headers: this is no mail.")
        return _parsed(message)
    except RecursionError as error:
        raise Unreadable("Its parts lie in each other too deep.") from error
    except (bodies.TooManyParts, bounded.TooMuch) as error:
        raise Unreadable(str(error)) from error


def nothing(from_address: str) -> Parsed:
    """In the place of a mail that cannot be read."""
    return Parsed(Heads("", from_address, "", ()), (), "")


def _parsed(message: Message) -> Parsed:
    body = bodies.body_of(message)
    text = body.text.strip()
    files = list(body.files)
    if len(text) > MOST_TEXT and not body.is_cut:
        files.append(File("message.txt", "text/plain", text.encode()))
    text = text[:MOST_TEXT]
    folded = folding.fold(text)
    looks = folding.looks(body.html, folded.own, body.text)
    return Parsed(
        heads=_heads(message),
        named=tuple(_named(message)),
        automatic=automatic.why(message),
        text=folded.own,
        html=looks.html,
        differs=looks.differs,
        quoted=folded.quoted,
        files=tuple(files),
        report=message if reports.is_report(message) else None,
    )


def _heads(message: Message) -> Heads:
    found = _MESSAGE_ID.search(charsets.header(message, "Message-ID"))
    return Heads(
        message_id=found[0] if found and len(found[0]) <= 300 else "",
        from_address=charsets.sender(message)[:320],
        subject=charsets.header(message, "Subject")[:300],
        addressed=tuple(dict.fromkeys(_addressed(message)))[:50],
    )


def _addressed(message: Message) -> Iterator[str]:
    values = [value for name in _ADDRESSED for value in message.get_all(name, [])]
    left = _MOST_ADDRESSED
    for value in values:
        left -= len(str(value))
        if left < 0:
            return
        yield from (each[:320] for each in bounded.addresses_in([charsets.line(value)]) if "@" in each)


def _named(message: Message) -> Iterator[str]:
    """RFC 5322: In-Reply-To is the parent, the last of References too."""
    seen = set()
    for name, order in (("In-Reply-To", 1), ("References", -1)):
        for found in _MESSAGE_ID.findall(str(message.get(name, "")))[::order][:_MOST_IDS]:
            if found not in seen:
                seen.add(found)
                yield found
