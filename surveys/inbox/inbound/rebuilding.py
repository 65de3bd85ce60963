"""A mail again, of what a provider took apart: its headers, what it said as text and as HTML, and its files. Pure.

Put together as bytes, without a look at what stands in them: who reads mails bounds what they may be. The same twice is the
same mail.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

_NAME: Final = re.compile(r"[!-9;-~]{1,100}")
_KIND: Final = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)
_HOLDERS: Final = ("message/", "multipart/")  # what is in them would have to be taken apart once more
_OURS: Final = ("content-", "mime-version")
_BYTES: Final = "application/octet-stream"
_LONGEST_NAME: Final = 300  # characters


@dataclass(frozen=True)
class Text:
    """In the letters that `charset` names."""

    data: bytes = field(repr=False)
    charset: str = "utf-8"

    @property
    def head(self) -> str:
        return f'; charset="{re.sub(r"[^A-Za-z0-9_.:-]", "", self.charset)[:40]}"'


@dataclass(frozen=True)
class File:
    """Its bytes, or their base64 as it was posted."""

    name: str
    media_type: str
    data: bytes = field(repr=False)
    is_base64: bool = False


def text(said: str | None) -> Text | None:
    return Text(encoded(said)) if said else None


def encoded(said: str) -> bytes:
    """Halves of letters, which JSON can say, are none."""
    return said.encode("utf-8", "replace")


def mail(headers: Iterable[tuple[str, str]], text: Text | None, html: Text | None, files: Sequence[File] = ()) -> bytes:
    lines = [_header(name, value) for name, value in headers if _is_taken(name)]
    inside = [_part(kind + said.head, said.data) for kind, said in (("text/plain", text), ("text/html", html)) if said]
    parts = [_holder("alternative", inside or [_part("text/plain", b"")]), *(_file(each) for each in files)]
    return b"".join(lines) + b"MIME-Version: 1.0\r\n" + _holder("mixed", parts)


def lines_of(head: str) -> list[tuple[str, str]]:
    """Names and values of headers as they stand in a mail."""
    unfolded = re.sub(r"\r?\n[ \t]", " ", head).splitlines()
    return [(name.strip(), value.strip()) for name, colon, value in (line.partition(":") for line in unfolded) if colon]


def _is_taken(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and not name.lower().startswith(_OURS)


def _header(name: str, value: str) -> bytes:
    return f"{name}: {' '.join(value.split())}\r\n".encode("utf-8", "replace")


def _holder(kind: str, parts: Sequence[bytes]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    boundary = digest.hexdigest().encode()
    head = f"Content-Type: multipart/{kind}; boundary=".encode() + boundary + b"\r\n\r\n"
    return head + b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"


def _part(kind: str, data: bytes, more: str = "", *, is_base64: bool = False) -> bytes:
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n{more}\r\n"
    return head.encode() + (data if is_base64 else b64encode(data))


def _file(file: File) -> bytes:
    kind = file.media_type.lower()
    kind = kind if _KIND.fullmatch(kind) and not kind.startswith(_HOLDERS) else _BYTES
    name = f"; filename*=utf-8''{quote(encoded(file.name[:_LONGEST_NAME]), safe='')}" if file.name else ""
    return _part(kind, file.data, f"Content-Disposition: attachment{name}\r\n", is_base64=file.is_base64)
