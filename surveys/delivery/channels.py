"""How messages leave: by SMTP on a connection that is kept, or through any other backend of Django (django-anymail)."""

import re
import smtplib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

import requests
from anymail import exceptions as anymail
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from django.db import connection
from django.utils.encoding import punycode
from django.utils.translation import gettext as _

from surveys.delivery.replies import Reply, Stage, Verdict, classify

_CONNECTING: Final = 0x4D41494C  # advisory lock: one process at a time waits for a mail server that hangs
_PATIENCE_SECONDS: Final = 1.0
_LOST = (smtplib.SMTPServerDisconnected, OSError)
_UNFIT = re.compile(r"[\x00-\x20\x7f<>]")


class Unreachable(Exception):
    """The mail server cannot be talked to at the moment; nothing was tried."""


@dataclass(frozen=True)
class Mail:
    """One message on its way; `content` is bytes where the channel wants bytes."""

    sender: str  # addresses without names
    to: str
    content: bytes | EmailMessage


class Channel(Protocol):
    wants_bytes: bool

    def is_open(self) -> bool:
        """The connection of before still lives."""

    def open(self) -> None:
        """Connect anew. Raises Unreachable."""

    def send(self, mail: Mail) -> Reply: ...

    def close(self) -> None: ...


class Smtp:
    """The conversation in as few round trips as the server allows, and knowing at each word what is in doubt."""

    wants_bytes = True

    def __init__(self, backend: EmailBackend) -> None:
        self._backend = backend

    @property
    def _smtp(self) -> smtplib.SMTP:
        found: smtplib.SMTP | None = self._backend.connection
        if found is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        return found

    def is_open(self) -> bool:
        try:
            return bool(self._backend.connection) and self._smtp.noop()[0] == 250
        except _LOST:
            return False

    def open(self) -> None:
        self.close()
        try:
            self._backend.open()
            self._smtp.ehlo_or_helo_if_needed()
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise Unreachable(str(error)) from error

    def close(self) -> None:
        found = self._backend.connection
        self._backend.connection = None
        if found is not None:
            found.close()

    def send(self, mail: Mail) -> Reply:
        needs_utf8 = not mail.to.isascii() and not mail.to.rpartition("@")[0].isascii()
        if _UNFIT.search(mail.to):
            return Reply(Verdict.UNSENDABLE, _("The address cannot be written in a mail."))
        try:
            if self._backend.connection is None:
                self.open()
            if needs_utf8 and not self._smtp.has_extn("smtputf8"):
                return Reply(Verdict.UNSENDABLE, _("The mail server cannot write to such an address (SMTPUTF8)."))
            content = mail.content if isinstance(mail.content, bytes) else _bytes(mail.content)
            refusal = self._envelope(mail, len(content), needs_utf8)
        except (Unreachable, *_LOST) as error:
            self.close()
            return Reply(Verdict.TEMPORARY, str(error))
        return refusal or self._content(content)

    def _envelope(self, mail: Mail, size: int, needs_utf8: bool) -> Reply | None:
        """MAIL, RCPT and DATA; None when the server waits for the message."""
        commands = self._commands(mail, size, needs_utf8)
        stages = (Stage.SENDER, Stage.RECIPIENT, Stage.CONTENT)
        if self._smtp.has_extn("pipelining"):
            self._smtp.send(b"".join(commands))
            replies = [self._reply(stage) for stage in stages]
        else:
            replies = []
            for stage, command in zip(stages, commands, strict=True):
                self._smtp.send(command)
                replies.append(self._reply(stage))
                if replies[-1] is not None:
                    break
        refusals = [reply for reply in replies if reply is not None]
        if refusals:
            self._reset(waits_for_message=len(replies) == len(stages) and replies[-1] is None)
        return refusals[0] if refusals else None

    def _commands(self, mail: Mail, size: int, needs_utf8: bool) -> tuple[bytes, bytes, bytes]:
        options = f" size={size}" if self._smtp.has_extn("size") else ""
        options += " BODY=8BITMIME" if self._smtp.has_extn("8bitmime") else ""
        options += " SMTPUTF8" if needs_utf8 else ""
        local, _at, domain = mail.to.rpartition("@")
        to = f"{local}@{punycode(domain)}"
        return f"MAIL FROM:<{mail.sender}>{options}\r\n".encode(), f"RCPT TO:<{to}>\r\n".encode(), b"DATA\r\n"

    def _reply(self, stage: Stage) -> Reply | None:
        """None for yes."""
        code, text = self._smtp.getreply()
        if 200 <= code < 400:
            return None
        if code == 421:
            self.close()
        return classify(stage, code, text.decode(errors="replace"))

    def _reset(self, *, waits_for_message: bool) -> None:
        """Ready for another message; a server that waits for one that has no recipient is left."""
        if waits_for_message or self._backend.connection is None or self._smtp.rset()[0] != 250:
            self.close()

    def _content(self, content: bytes) -> Reply:
        try:
            self._smtp.send(_dotted(content))
            code, text = self._smtp.getreply()
        except _LOST as error:
            self.close()
            return Reply(Verdict.IN_DOUBT, str(error))
        if code == 421:
            self.close()
        return classify(Stage.CONTENT, code, text.decode(errors="replace"))


def _bytes(message: EmailMessage) -> bytes:
    return message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]


def _dotted(content: bytes) -> bytes:
    """Lines that begin with a dot get another one, and a dot alone ends the message (RFC 5321, 4.5.2)."""
    if b"\r\n." in content or content.startswith(b"."):
        content = re.sub(rb"(?m)^\.", b"..", content)
    return content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")


class Backend:
    """Providers with an API of their own, one message at a time."""

    wants_bytes = False

    def __init__(self, backend: BaseEmailBackend) -> None:
        self._backend = backend

    def is_open(self) -> bool:
        return False

    def open(self) -> None:
        self._backend.open()

    def close(self) -> None:
        self._backend.close()

    def send(self, mail: Mail) -> Reply:
        try:
            self._backend.send_messages([mail.content])  # type: ignore[list-item]
        except anymail.AnymailError as error:
            return _meaning(error)
        except OSError as error:
            return Reply(Verdict.IN_DOUBT, str(error))
        return _status(mail.content)


def _status(message: Any) -> Reply:
    status = getattr(message, "anymail_status", None)
    if status is None:
        return Reply(Verdict.ACCEPTED)
    if status.status and status.status <= {"invalid", "rejected"}:
        return Reply(Verdict.ADDRESS, ", ".join(sorted(status.status)))
    return Reply(Verdict.ACCEPTED, provider_id=str(status.message_id or ""))


def _meaning(error: anymail.AnymailError) -> Reply:
    text = str(error)
    if isinstance(error, anymail.AnymailRecipientsRefused):
        return Reply(Verdict.ADDRESS, text)
    if isinstance(error, anymail.AnymailConfigurationError):
        return Reply(Verdict.SENDER, text)
    if isinstance(error, requests.ConnectTimeout):
        return Reply(Verdict.TEMPORARY, text)
    if isinstance(error, requests.RequestException) and error.response is None:
        return Reply(Verdict.IN_DOUBT, text)
    if isinstance(error, anymail.AnymailAPIError) and error.status_code:
        return _http(error.status_code, text, error.response)
    return Reply(Verdict.UNSENDABLE, text)


def _http(code: int, text: str, response: Any) -> Reply:
    if code in (401, 403):
        return Reply(Verdict.SENDER, text)
    if code == 429 or code >= 500:
        after = str(getattr(response, "headers", {}).get("Retry-After", ""))
        return Reply(Verdict.TEMPORARY, text, retry_after=int(after) if after.isdigit() else None)
    return Reply(Verdict.UNSENDABLE, text)


# ── The channel of this process ──────────────────────────────────────────────────────────────────────────────────────
_kept = threading.local()


@contextmanager
def opened() -> Iterator[Channel]:
    """The configured channel, connected. Raises Unreachable, also while another process waits for a connection."""
    channel: Channel | None = getattr(_kept, "channel", None)
    if channel is None:
        backend = get_connection()
        channel = _kept.channel = Smtp(backend) if isinstance(backend, EmailBackend) else Backend(backend)
    if not channel.is_open():
        with _one_at_a_time():
            channel.open()
    yield channel


def hang_up() -> None:
    """Close the channel of this thread; the next message opens one as it is configured then."""
    channel: Channel | None = getattr(_kept, "channel", None)
    if channel is not None:
        channel.close()
        del _kept.channel


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """A mail server that hangs keeps one worker waiting, not all of them."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not _locked("SELECT pg_try_advisory_lock(%s)"):
        if time.monotonic() > deadline:
            raise Unreachable("another sender waits for a connection to the mail server")
        time.sleep(0.02)
    try:
        yield
    finally:
        _locked("SELECT pg_advisory_unlock(%s)")


def _locked(statement: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [_CONNECTING])
        return bool(cursor.fetchone()[0])
