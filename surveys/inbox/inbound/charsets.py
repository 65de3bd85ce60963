"""Bytes that say which letters they are, rightly or not. Pure; never fails."""

import codecs
import re
from email.header import decode_header
from email.message import Message
from typing import Any, Final

from surveys.inbox.inbound import bounded

_LONGEST: Final = 8_000  # characters of a header whose encoded words are read: that takes time by the square

# What programs write, and what they mean by it: browsers read it so.
_MEANT: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}
_SPELLED: Final = {
    "iso-8859-8-i": "iso-8859-8",
    "ks_c_5601-1987": "cp949",
    "x-sjis": "cp932",
    "unicode-1-1-utf-8": "utf-8",
}
# Codecs that are no letters of any country, or slow on purpose.
_NONE: Final = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem", "charmap"}
_TURNING: Final = re.compile(r"[\u202a-\u202e\u2066-\u2069]")  # letters that make others run the other way
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def text_of(raw: bytes, charset: str | None) -> str:
    """As it says, if that is possible; else as UTF-8, else as Western European, which everything is."""
    for name in (_known(charset), "utf-8"):
        try:
            if name:
                return stored(raw.decode(name))
        except (UnicodeError, ValueError):
            continue
    multibyte = _known(charset).removeprefix("utf-8")
    return stored(raw.decode(multibyte or "cp1252", "replace"))


def stored(text: str) -> str:
    """In a form that PostgreSQL and pages take; lines end in a newline."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNPRINTABLE.sub("", lines).encode("utf-8", "replace").decode()


def header(message: Message, name: str) -> str:
    """The first header of this name on one line, its encoded words read; "" without one."""
    return line(message.get(name))


def sender(message: Message) -> str:
    """The address in From, "" without one."""
    return next(bounded.addresses_in([header(message, "From")]), "")


def line(value: object) -> str:
    if value is None:
        return ""
    try:
        is_long = isinstance(value, str) and len(value) > _LONGEST
        found: Any = [(value, None)] if is_long else decode_header(value)  # type: ignore[arg-type]
        pieces = [_piece(each, charset) for each, charset in found]
    except Exception:  # malformed in one of the ways that the standard library raises on
        pieces = [str(value)]
    return " ".join(_TURNING.sub("", stored("".join(pieces))).split())


def with_plain_headers(part: Message) -> Message:
    """The part, its headers about names as letters where they are bytes that nobody encoded."""
    for name, value in list(part.raw_items()):
        if name.lower() in ("content-disposition", "content-type") and _has_halves(str(value)):
            part.replace_header(name, text_of(str(value).encode("utf-8", "surrogateescape"), None))
    return part


def _piece(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):
        return text_of(piece.encode("utf-8", "surrogateescape"), None) if _has_halves(piece) else piece
    return text_of(piece, None if charset == "unknown-8bit" else charset)


def _has_halves(text: str) -> bool:
    return any("\udc80" <= char <= "\udcff" for char in text)


def _known(charset: str | None) -> str:
    """Python's name of it; "" where it has none."""
    named = (charset or "").strip().strip("'\"").lower()
    try:
        found = codecs.lookup(_SPELLED.get(named, named)).name
        b"a".decode(found, "ignore")  # a codec may be no text at all, such as zlib's
    except (LookupError, ValueError, UnicodeError):
        return ""
    if found in _NONE or found.replace("_", "-") in _NONE:
        return ""
    # What is called ASCII and is not, is UTF-8 more often than anything else.
    return "" if found == "ascii" else _MEANT.get(found, found)
