"""The parts of a mail: what is to be read, and what is a file. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import Message
from html import escape
from typing import Final

from surveys.inbox import files as filing
from surveys.inbox.inbound import charsets, cleaning

_MOST_PARTS: Final = 300
_DEEPEST: Final = 20
_MOST_BYTES: Final = 2_000_000  # of a text: what is longer is a file, of which the beginning is shown
_MOST_HTML: Final = 1_000_000  # characters of what is put together
_EXTENSIONS: Final = {"text/calendar": ".ics", "message/rfc822": ".eml", "text/html": ".html", "text/plain": ".txt"}


class TooManyParts(ValueError):
    """For people."""


@dataclass(frozen=True)
class File:
    name: str
    media_type: str
    data: bytes = field(repr=False, default=b"")


@dataclass(frozen=True)
class Body:
    """`html` is "" when nothing of it was HTML; it is not clean. What was too long is among the files as a whole."""

    text: str = ""
    html: str = ""
    files: tuple[File, ...] = ()
    is_cut: bool = False


class _Opener:
    def __init__(self) -> None:
        self.files: list[File] = []
        self.is_cut = False
        self._parts = 0

    def open(self, part: Message, depth: int) -> Body:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise TooManyParts(f"It has more than {_MOST_PARTS} parts.")
        if depth > _DEEPEST:
            raise TooManyParts(f"Its parts lie in each other more than {_DEEPEST} deep.")
        kind = part.get_content_type()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            inside = [self.open(each, depth + 1) for each in _children(part)]
            return _alternative(inside) if kind == "multipart/alternative" else _together(inside)
        if _is_file(part, kind):
            self.files.append(_file(part, kind, len(self.files) + 1))
            return Body()
        raw = _payload(part)
        if len(raw) > _MOST_BYTES:
            self.is_cut = True
            self.files.append(File(f"message{_EXTENSIONS[kind]}", kind, raw))
        said = charsets.text_of(raw[:_MOST_BYTES], part.get_content_charset())
        return Body(html=said) if kind == "text/html" else Body(text=said)


def body_of(message: Message) -> Body:
    """What it says, as text even where it has HTML alone. Raises TooManyParts."""
    opener = _Opener()
    found = opener.open(message, 0)
    return Body(_as_text(found), found.html, tuple(opener.files), opener.is_cut)


def _children(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _is_file(part: Message, kind: str) -> bool:
    """Pictures in the text, calendars, forwarded mails and Outlook's winmail.dat too."""
    if kind not in ("text/plain", "text/html"):
        return True
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _alternative(inside: Sequence[Body]) -> Body:
    """The same several times: text from the first that has any, looks from the last."""
    texts = [each.text for each in inside if each.text.strip()]
    htmls = [each.html for each in inside if each.html.strip()]
    return Body(texts[0] if texts else "", htmls[-1] if htmls else "")


def _together(inside: Sequence[Body]) -> Body:
    said = [each for each in inside if each.text.strip() or each.html.strip()]
    if not any(each.html for each in said):
        return Body("\n\n".join(each.text.strip("\n") for each in said))
    texts = "\n\n".join(_as_text(each).strip("\n") for each in said) if any(each.text for each in said) else ""
    return Body(texts, "".join(each.html or f"<p>{escape(each.text)}</p>" for each in said)[:_MOST_HTML])


def _as_text(body: Body) -> str:
    return body.text if body.text.strip() else cleaning.text_of(body.html)


def _payload(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _file(part: Message, kind: str, number: int) -> File:
    inner = part.get_payload()
    if part.get_content_maintype() in ("message", "multipart") and isinstance(inner, list):
        data = b"\r\n".join(each.as_bytes() for each in inner if isinstance(each, Message))
    else:
        data = _payload(part)
    return File(_name(part, kind, number), filing.media_type(data), data)


def _name(part: Message, kind: str, number: int) -> str:
    try:
        given = charsets.line(charsets.with_plain_headers(part).get_filename())
    except Exception:  # of the ways in which names are malformed the standard library raises on some
        given = ""
    return filing.clean_name(given) if given else f"file-{number}{_EXTENSIONS.get(kind, '')}"
