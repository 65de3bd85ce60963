"""Mails as the standard library opens them, within bounds: whoever writes one decides neither how long we read it nor how
deep. Pure.

Its parser asks every line for the end of each part around it, and reads a header in time that grows with its square.
"""

import email
import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator
from email.message import Message
from email.policy import Compat32, Policy
from email.utils import getaddresses
from typing import Final

_MOST_LINES: Final = 600_000  # of 60 letters they are more than the largest mail
_MOST_STEPS: Final = 12_000_000  # lines by the parts that hold others
_MOST_HEADERS: Final = 20_000
_MOST_PARTS: Final = 2_000  # with those of forwarded mails
_HEADS: Final = 256 * 1024  # bytes
_LONGEST: Final = 20_000  # characters of a header
_LONGEST_OF_PARTS: Final = 4_000
_LINE: Final = re.compile(rb"[^\r\n]+")


class TooMuch(ValueError):
    """For people."""


class _Cut(Compat32):
    """Headers that are too long end early; what a mail answers stands at the end of its References."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        if name.lower() == "references":
            return name, value[-_LONGEST:]
        return name, value[: _LONGEST_OF_PARTS if name.lower().startswith("content-") else _LONGEST]


def _counting(most: int) -> Compat32:
    """For one mail: it gives up when more than so many parts may hold others, or when parts or headers do not end."""
    holders, headers, parts = itertools.count(1), itertools.count(1), itertools.count(1)

    class Counting(_Cut):
        def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
            name, value = super().header_source_parse(sourcelines)
            holds = name.lower() == "content-type" and "multipart" in value.lower()
            if holds and next(holders) > most:
                raise TooMuch("It has too many parts, or they lie in each other too deep.")
            if next(headers) > _MOST_HEADERS:
                raise TooMuch(f"It has more than {_MOST_HEADERS:,} headers.")
            return name, value

    def made(policy: Policy) -> Message:
        """Each paragraph of a mail server's report is a part, too."""
        if next(parts) > _MOST_PARTS:
            raise TooMuch(f"It has more than {_MOST_PARTS:,} parts.")
        return Message(policy)

    return Counting(message_factory=made)


def message(raw: bytes) -> Message:
    """All of it. Raises TooMuch, and RecursionError."""
    lines = _lines(raw)
    if lines > _MOST_LINES:
        raise TooMuch(f"It has more than {_MOST_LINES:,} lines.")
    return email.message_from_bytes(raw, policy=_counting(_MOST_STEPS // (lines + 1)))


def head(raw: bytes) -> Message:
    """Its headers alone."""
    return email.message_from_bytes(raw[: min(_end_of_head(raw), _HEADS)], policy=_Cut())


def digest(raw: bytes) -> str:
    """The same when the same mail comes by another road, or again: its headers are others then, and where it is put
    together anew the lines between its parts."""
    start, digest = _end_of_head(raw), hashlib.sha256()
    if _lines(raw) > _MOST_LINES:
        digest.update(memoryview(raw)[start:])
        return digest.hexdigest()
    for found in _LINE.finditer(raw, start):
        line = found[0]
        if not line.startswith(b"--") and b"boundary=" not in line:
            digest.update(line.translate(None, b" \t\v\f"))
    return digest.hexdigest()


def addresses_in(values: Iterable[str]) -> Iterator[str]:
    """Without the names. What is too tangled to be read names nobody."""
    for value in values:
        try:
            found = [address for _name, address in getaddresses([value])]
        except RecursionError:
            continue
        yield from found


def _lines(raw: bytes) -> int:
    return raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")


def _end_of_head(raw: bytes) -> int:
    return min((at for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark)) >= 0), default=len(raw))
