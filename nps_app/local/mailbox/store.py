"""Messages as files, one each. A name begins with the time, so that a sorted listing is a list by time."""

import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from functools import cached_property
from pathlib import Path

HEADERS_WITHIN = 32 * 1024  # bytes of a file that are read for a list; the headers lie within
POLICY = policy.default.clone(raise_on_defect=False)


class NoSuchMessage(LookupError):
    """There is no message of that id."""


@dataclass(frozen=True)
class Stored:
    """A message as it arrived, headers first parsed when they are asked for."""

    id: str
    source: bytes
    headers_only: bool = False

    @cached_property
    def message(self) -> EmailMessage:
        if self.headers_only:
            return BytesHeaderParser(policy=POLICY).parsebytes(self.source)
        return BytesParser(policy=POLICY).parsebytes(self.source)

    @property
    def recipients(self) -> list[str]:
        """Of the envelope, not of the To header."""
        return [str(address) for address in self.message.get_all("Delivered-To", [])]

    def header(self, name: str) -> str:
        return str(self.message[name] or "")

    @property
    def headers(self) -> dict[str, str]:
        """By name; a header that occurs several times has one line for each."""
        found: dict[str, str] = {}
        for name, value in self.message.items():
            found[name] = f"{found[name]}\n{value}" if name in found else str(value)
        return found

    @property
    def html(self) -> str:
        return self._body("html")

    @property
    def text(self) -> str:
        return self._body("plain")

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part else ""


@dataclass(frozen=True)
class Store:
    folder: Path

    def keep(self, content: bytes, sender: str, recipients: Sequence[str]) -> str:
        """Whole or not at all; the envelope is written on top, as a mail server does on delivery. Returns the id."""
        envelope = "".join(f"Delivered-To: {address}\r\n" for address in recipients)
        name = f"{time.time_ns():016x}-{secrets.token_hex(2)}"
        unfinished = self.folder / f"{name}.unfinished"
        unfinished.write_bytes(f"Return-Path: <{sender}>\r\n{envelope}".encode() + content)
        unfinished.rename(self._path(name))
        return name

    def ids(self) -> list[str]:
        """Newest first."""
        if not self.folder.is_dir():
            return []
        return sorted((path.stem for path in self.folder.iterdir() if path.suffix == ".eml"), reverse=True)

    def get(self, message_id: str) -> Stored:
        try:
            return Stored(message_id, self._path(message_id).read_bytes())
        except FileNotFoundError:
            raise NoSuchMessage(message_id) from None

    def heads(self, ids: Sequence[str]) -> Iterator[Stored]:
        """Headers alone, for lists; a message removed meanwhile is left out."""
        for message_id in ids:
            try:
                with self._path(message_id).open("rb") as file:
                    yield Stored(message_id, file.read(HEADERS_WITHIN), headers_only=True)
            except FileNotFoundError:
                continue

    def _path(self, message_id: str) -> Path:
        return self.folder / f"{message_id}.eml"
