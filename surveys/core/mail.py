"""One message for many recipients: written once with gaps, filled in microseconds.

A `Letter` is what all recipients share. `Letter.message()` makes Django's own message for one of them (what providers
with an API of their own are given); a `Skeleton` makes the same bytes some hundred times faster, for SMTP. Django is
the reference: tests compare byte by byte.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.policy import compat32
from html import escape
from typing import Final

from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import (
    RFC5322_EMAIL_LINE_LENGTH_LIMIT,
    SafeMIMEText,
    forbid_multi_line_headers,
)
from django.utils.encoding import punycode

from surveys.core import folded_tokens, tokens
from surveys.core.placeholders import Parts, Slot

Values = Mapping[str, str]

# Slots that are filled by tokens: always of one length, never in need of escaping.
ANSWER: Final = Slot("answer token")
UNSUBSCRIBE: Final = Slot("unsubscribe token")
PREFERENCES: Final = Slot("preferences token")
MAILED_UNSUBSCRIBE: Final = Slot("unsubscribe address token")
_LENGTHS: Final = {
    ANSWER: tokens.LENGTH,
    UNSUBSCRIBE: tokens.LENGTH,
    PREFERENCES: tokens.LENGTH,
    MAILED_UNSUBSCRIBE: folded_tokens.ONE,
}
_TOKENS: Final = tuple(_LENGTHS)

# The Message-ID of the mail that a reminder is about.
ASKED: Final = Slot("asked message id")

_POLICY: Final = compat32.clone(linesep="\r\n")
_SHORT: Final = 76  # a header whose line is no longer than this is never folded


class UnfitValue(ValueError):
    """A value that must not enter a mail: it holds a line break."""


@dataclass(frozen=True)
class Address:
    """Where one copy goes, and what makes it that copy."""

    to: str
    message_id: str  # with its angle brackets
    date: str  # as in RFC 5322


@dataclass(frozen=True)
class Letter:
    """What all recipients of a message share; `html` is HTML already, only what fills its slots is escaped."""

    subject: Parts
    text: Parts
    html: Parts
    from_email: str
    reply_to: str = ""
    headers: tuple[tuple[str, Parts], ...] = ()

    def filled(self, values: Values) -> "Filled":
        """What one recipient reads. Raises UnfitValue."""
        return Filled(_filled(self.subject, values), _filled(self.text, values), _filled(self.html, values, escape))

    def message(self, address: Address, values: Values) -> EmailMultiAlternatives:
        """Django's message for one recipient. Raises UnfitValue."""
        filled = self.filled(values)
        message = EmailMultiAlternatives(
            subject=filled.subject,
            body=filled.text,
            from_email=self.from_email,
            to=[address.to],
            reply_to=[self.reply_to] if self.reply_to else None,
            headers={
                "Date": address.date,
                "Message-ID": address.message_id,
                **{name: _filled(parts, values) for name, parts in self.headers},
            },
        )
        message.attach_alternative(filled.html, "text/html")
        return message


@dataclass(frozen=True)
class Filled:
    subject: str
    text: str
    html: str


class Marks:
    """Carries slots through template engines: as words that nobody can have written."""

    def __init__(self) -> None:
        self._nonce = f"slot{secrets.token_hex(8)}x"
        self._slots: list[Slot] = []

    def mark(self, parts: Parts) -> str:
        return "".join(part if isinstance(part, str) else self._word(part) for part in parts)

    def _word(self, slot: Slot) -> str:
        if slot not in self._slots:
            self._slots.append(slot)
        return f"{self._nonce}{self._slots.index(slot):04d}"

    def split(self, text: str) -> Parts:
        """The parts again, wherever the words went."""
        first, *others = text.split(self._nonce)
        parts: list[str | Slot] = [first] if first else []
        for piece in others:
            parts.append(self._slots[int(piece[:4])])
            parts.extend([piece[4:]] if len(piece) > 4 else [])
        return tuple(parts)


class Skeleton:
    """A letter as bytes with gaps."""

    def __init__(self, letter: Letter) -> None:
        self.boundary = f"==============={secrets.token_hex(10)}=="
        self._subject = _Header("Subject", letter.subject)
        self._from = _header("From", letter.from_email)
        self._reply_to = _header("Reply-To", letter.reply_to) if letter.reply_to else b""
        self._headers = [_Header(name, parts) for name, parts in letter.headers]
        self._text = _Body("plain", letter.text)
        self._html = _Body("html", letter.html, escape)
        self._top = (
            f'Content-Type: multipart/alternative;\r\n boundary="{self.boundary}"\r\nMIME-Version: 1.0\r\n'.encode()
        )
        self._rule = f"\r\n--{self.boundary}\r\n".encode()
        self._end = f"\r\n--{self.boundary}--\r\n".encode()

    def message(self, address: Address, values: Values) -> bytes:
        """The message for one recipient, lines ending in CR LF. Raises UnfitValue, or BadHeaderError for the address."""
        return b"".join(self._pieces(address, values))

    def _pieces(self, address: Address, values: Values) -> Iterator[bytes]:
        yield self._top
        yield self._subject.line(values)
        yield self._from
        yield _to(address.to)
        yield self._reply_to
        yield _header("Date", address.date)
        yield _header("Message-ID", address.message_id)
        for header in self._headers:
            yield header.line(values)
        yield self._rule
        yield self._text.part(values)
        yield self._rule
        yield self._html.part(values)
        yield self._end


class _Header:
    """One header line: folded once where that is possible, else for every recipient."""

    def __init__(self, name: str, parts: Parts) -> None:
        self._name = name
        self._parts = parts
        slots = {part for part in parts if isinstance(part, Slot)}
        self._pieces = self._folded_once() if slots.issubset(_TOKENS) else None

    def _folded_once(self) -> Parts:
        """Tokens are all of one length: the line folds in the same places whichever stands there."""
        stand_ins = {slot.name: chr(ord("A") + number) * _LENGTHS[slot] for number, slot in enumerate(_TOKENS)}
        line = _header(self._name, _filled(self._parts, stand_ins)).decode("ascii")
        parts: list[str | Slot] = [line]
        for slot in _TOKENS:
            parts = [piece for part in parts for piece in _cut(part, stand_ins[slot.name], slot)]
        return tuple(parts)

    def line(self, values: Values) -> bytes:
        if self._pieces is None:
            return _header(self._name, _filled(self._parts, values))
        return "".join(part if isinstance(part, str) else values[part.name] for part in self._pieces).encode("ascii")


def _cut(part: str | Slot, stand_in: str, slot: Slot) -> Iterator[str | Slot]:
    if isinstance(part, Slot):
        yield part
        return
    first, *others = part.split(stand_in)
    yield first
    for piece in others:
        yield slot
        yield piece


class _Body:
    """One part of the message. Its transfer encoding depends on what is filled in, as it does in Django."""

    def __init__(self, subtype: str, parts: Parts, escaped: Callable[[str], str] = str) -> None:
        self._subtype = subtype
        self._parts = parts
        self._escaped = escaped
        self._heads = {is_ascii: _head_of_part(subtype, is_ascii) for is_ascii in (True, False)}
        counted = Counter(part for part in parts if isinstance(part, Slot))
        self._slots = list(counted)
        # Numbers stand for slots: looking them up by name for each gap and recipient would cost as much as all the rest.
        self._pieces = [self._slots.index(part) if isinstance(part, Slot) else _crlf(part).encode() for part in parts]
        self._people = [(number, counted[slot]) for number, slot in enumerate(self._slots) if slot not in _TOKENS]
        self._room = RFC5322_EMAIL_LINE_LENGTH_LIMIT - self._longest_line()

    def _longest_line(self) -> int:
        """In bytes, with a token in each slot: what people's values add to that is looked at for each recipient."""
        filled = b"".join(piece if isinstance(piece, bytes) else b"x" * tokens.LENGTH for piece in self._pieces)
        return max(len(line) for line in filled.split(b"\r\n"))

    def part(self, values: Values) -> bytes:
        filled = [self._escaped(_fit(slot, values)).encode() for slot in self._slots]
        if sum(len(filled[number]) * times for number, times in self._people) > self._room:
            return self._by_django(values)
        body = b"".join([piece if isinstance(piece, bytes) else filled[piece] for piece in self._pieces])
        return self._heads[body.isascii()] + body

    def _by_django(self, values: Values) -> bytes:
        """A line may become too long for 8bit: rare, so slow is good enough."""
        text = _filled(self._parts, values, self._escaped)
        return SafeMIMEText(text, self._subtype, "utf-8").as_bytes(linesep="\r\n")


def _head_of_part(subtype: str, is_ascii: bool) -> bytes:
    return (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\nMIME-Version: 1.0\r\n'
        f"Content-Transfer-Encoding: {'7bit' if is_ascii else '8bit'}\r\n\r\n"
    ).encode()


def _header(name: str, value: str) -> bytes:
    """The folded line, as Django and the standard library write it. Raises BadHeaderError on line breaks."""
    if len(name) + 2 + len(value) <= _SHORT and value.isascii() and value.isprintable() and value == value.strip():
        return f"{name}: {value}\r\n".encode("ascii")
    return _POLICY.fold_binary(*forbid_multi_line_headers(name, value, "utf-8"))


def _to(address: str) -> bytes:
    local, _at, domain = address.rpartition("@")
    if local.isascii():
        return _header("To", address)
    if "\n" in address or "\r" in address:
        raise UnfitValue(f"The address holds a line break: {address!r}")
    return f"To: {local}@{punycode(domain)}\r\n".encode()  # RFC 6532; goes to servers with SMTPUTF8 only


def _filled(parts: Parts, values: Values, escaped: Callable[[str], str] = str) -> str:
    return "".join(part if isinstance(part, str) else escaped(_fit(part, values)) for part in parts)


def _fit(slot: Slot, values: Values) -> str:
    value = slot.value(values)
    if "\n" in value or "\r" in value:
        raise UnfitValue(f"{slot.name} holds a line break: {value!r}")
    return value


def _crlf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
