"""Forms as providers post mails, with files in them or without: read in memory, within our own limit, their texts as bytes.

Django's reader knows one limit for all forms, keeps the files of people who are signed in only, and makes letters of bytes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Final
from urllib.parse import parse_qsl

from surveys.delivery.hooks.posted import Posted
from surveys.inbox.inbound import bounded, charsets

MULTIPART: Final = "multipart/form-data"
MOST_FIELDS: Final = 1000
_BOUNDARY: Final = re.compile(r'boundary="?([^";,]{1,70})"?', re.IGNORECASE)


class Malformed(ValueError):
    """No form, or one with more fields than any provider sends."""


@dataclass(frozen=True)
class PostedFile:
    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Form:
    texts: dict[str, bytes] = field(default_factory=dict, repr=False)
    files: dict[str, PostedFile] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """None when there is no such field."""
        return self.texts[name].decode("utf-8", "replace") if name in self.texts else None


def form(posted: Posted) -> Form:
    """Each field once. Raises Malformed."""
    if posted.content_type == MULTIPART:
        return _with_files(posted)
    try:
        pairs = parse_qsl(
            posted.body.decode("ascii"),
            keep_blank_values=True,
            errors="surrogateescape",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as error:
        raise Malformed(str(error)) from error
    return Form({name: value.encode("utf-8", "surrogateescape") for name, value in pairs})


def _with_files(posted: Posted) -> Form:
    found = Form()
    for top, content in _parts(posted.body, posted.headers.get("Content-Type", "")):
        name = top.get_param("name", header="Content-Disposition")
        if not isinstance(name, str):
            continue
        filename = filename_in(top)
        if filename is None:
            found.texts[name] = content
        else:
            found.files[name] = PostedFile(filename, top.get_content_type(), content)
    return found


def head(raw: bytes) -> Message:
    """The headers of a part alone, whatever stands in them."""
    return charsets.with_plain_headers(bounded.head(raw + b"\r\n\r\n"))


def filename_in(top: Message) -> str | None:
    """None of a part that is no file."""
    try:
        given = top.get_filename()
    except Exception:  # of the ways in which names are malformed the standard library raises on some
        return ""
    return None if given is None else charsets.line(given)


def _parts(body: bytes, content_type: str) -> Iterator[tuple[Message, bytes]]:
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise Malformed("There is no boundary in the Content-Type.")
    pieces = body.split(b"\r\n--" + found[1].encode(), MOST_FIELDS + 1)
    if len(pieces) > MOST_FIELDS:
        raise Malformed(f"There are more than {MOST_FIELDS} fields.")
    pieces[0] = pieces[0].removeprefix(b"--" + found[1].encode())
    for piece in pieces:
        if piece.startswith(b"--"):
            return
        top, _blank, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        yield head(top), content
    raise Malformed("The form ends before its end.")
