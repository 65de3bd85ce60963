"""SMTP in as few round trips as the server allows, and knowing at each word what is in doubt.

A server with PIPELINING (RFC 2920) hears the envelope of the next message right behind the message before it. Only one
message is ever in flight: an envelope is no message, and a connection that closes after it has sent nothing.
"""

import re
import smtplib
import ssl
import time
from dataclasses import replace
from typing import Final

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend
from django.utils.encoding import punycode
from django.utils.translation import gettext as _

from surveys.core import outbound
from surveys.delivery import reaching
from surveys.delivery.mailing import Mail, Refused, Unreachable
from surveys.delivery.replies import Reply, Stage, Verdict, classify

_LOST: Final = (smtplib.SMTPServerDisconnected, OSError)
_SECOND_TRY_SECONDS: Final = 0.2
_AT_ONCE_SECONDS: Final = 1.0
_UNFIT: Final = re.compile(r"[\x00-\x20\x7f<>]")
_STAGES: Final = (Stage.SENDER, Stage.RECIPIENT, Stage.CONTENT)


class Smtp:
    wants_bytes = True

    def __init__(self, backend: EmailBackend) -> None:
        self._backend = backend
        self._announced: Mail | None = None  # its envelope was sent behind the message before

    @property
    def _smtp(self) -> smtplib.SMTP:
        found: smtplib.SMTP | None = self._backend.connection
        if found is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        return found

    @property
    def window(self) -> int:
        return settings.SEND_WINDOW if self._can("pipelining") else 1

    def _can(self, extension: str) -> bool:
        return self._backend.connection is not None and self._smtp.has_extn(extension)

    # ── The connection ──────────────────────────────────────────────────────────────────────────────────────────────
    def is_open(self) -> bool:
        try:
            return bool(self._backend.connection) and self._smtp.noop()[0] == 250
        except _LOST:
            return False

    def open(self) -> None:
        """A server that hangs up at once is asked once more."""
        started = time.monotonic()
        try:
            self._open()
        except Unreachable as error:
            is_late = time.monotonic() - started > _AT_ONCE_SECONDS
            if isinstance(error, Refused) or _is_hanging(error) or is_late:
                raise
            time.sleep(_SECOND_TRY_SECONDS)
            self._open()

    def _open(self) -> None:
        self.close()
        try:
            self._backend.open()
            self._smtp.ehlo_or_helo_if_needed()
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise _why_not(error, self._backend) from error

    def close(self) -> None:
        found = self._backend.connection
        self._backend.connection = self._announced = None
        if found is not None:
            found.close()

    def rest(self) -> None:
        if self._announced is not None:
            self.close()  # the server waits for a message that does not come

    # ── One message ─────────────────────────────────────────────────────────────────────────────────────────────────
    def send(self, mail: Mail, following: Mail | None = None) -> Reply:
        if self._announced is not mail:
            self.rest()
        if self._backend.connection is None:
            self.open()
        if problem := self._problem(mail):
            return Reply(Verdict.UNSENDABLE, problem)
        try:
            refusal = self._envelope(mail)
        except _LOST as error:
            self.close()
            return Reply(Verdict.TEMPORARY, str(error), is_hanging=_is_hanging(error))
        return refusal or self._content(mail, following)

    def _problem(self, mail: Mail) -> str:
        """Why this address cannot be told to this server; empty when it can."""
        if _UNFIT.search(mail.to):
            return _("The address cannot be written in a mail.")
        if _needs_utf8(mail) and not self._smtp.has_extn("smtputf8"):
            return _("The mail server cannot write to such an address (SMTPUTF8).")
        return ""

    def _envelope(self, mail: Mail) -> Reply | None:
        """MAIL, RCPT and DATA; None when the server waits for the message."""
        if self._announced is mail:
            self._announced = None
            return self._settled([self._reply(stage) for stage in _STAGES])
        commands = self._commands(mail)
        if self._smtp.has_extn("pipelining"):
            self._smtp.send(b"".join(commands))
            return self._settled([self._reply(stage) for stage in _STAGES])
        replies: list[Reply | None] = []
        for stage, command in zip(_STAGES, commands, strict=True):
            self._smtp.send(command)
            replies.append(self._reply(stage))
            if replies[-1]:
                break
        return self._settled(replies)

    def _commands(self, mail: Mail) -> tuple[bytes, bytes, bytes]:
        options = f" SIZE={len(self._written(mail))}" if self._smtp.has_extn("size") else ""
        options += " BODY=8BITMIME" if self._smtp.has_extn("8bitmime") else ""
        options += " SMTPUTF8" if _needs_utf8(mail) else ""
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

    def _settled(self, replies: list[Reply | None]) -> Reply | None:
        """The first refusal; the connection is then ready for another message, or closed."""
        refusal = next((reply for reply in replies if reply), None)
        if refusal is None:
            return None
        waits_for_message = len(replies) == len(_STAGES) and replies[-1] is None
        if waits_for_message or self._backend.connection is None or self._smtp.rset()[0] != 250:
            self.close()
        return refusal

    def _content(self, mail: Mail, following: Mail | None) -> Reply:
        content = _dotted(self._written(mail))
        if following and self._smtp.has_extn("pipelining") and not self._problem(following):
            self._announced = following
            content += b"".join(self._commands(following))
        try:
            self._smtp.send(content)
            code, text = self._smtp.getreply()
        except _LOST as error:
            self.close()
            return Reply(Verdict.IN_DOUBT, str(error), is_hanging=_is_hanging(error))
        if code == 421:
            self.close()
        said = text.decode(errors="replace")
        reply = classify(Stage.CONTENT, code, said)
        name = self._provider_id(said) if reply.verdict is Verdict.ACCEPTED else ""
        return replace(reply, provider_id=name) if name else reply

    # ── What servers of a provider want or say beyond the standard ──────────────────────────────────────────────────
    def _written(self, mail: Mail) -> bytes:
        return mail.raw

    def _provider_id(self, text: str) -> str:
        """What a server calls a message that it has taken; most have no name that anybody asks for."""
        return ""


def _why_not(error: Exception, backend: EmailBackend) -> Unreachable:
    """A password that is refused is refused again; a server that is busy is not."""
    if isinstance(error, smtplib.SMTPResponseException) and 200 <= error.smtp_code < 600:
        said = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        is_final = isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500
        return (Refused if is_final else Unreachable)(f"{error.smtp_code} {said}", is_quote=True)
    words = reaching.why(error, backend.host, backend.port)
    if isinstance(error, smtplib.SMTPNotSupportedError | ssl.SSLCertVerificationError | outbound.Forbidden):
        return Refused(words)
    return Unreachable(words)


def _is_hanging(error: Exception) -> bool:
    """smtplib says "disconnected" also of a server that it has stopped waiting for."""
    causes: list[BaseException | None] = [error, error.__context__]
    causes.append(causes[1].__context__ if causes[1] else None)
    return any(isinstance(cause, TimeoutError) for cause in causes)


def _needs_utf8(mail: Mail) -> bool:
    return not mail.to.isascii() and not mail.to.rpartition("@")[0].isascii()


def _dotted(content: bytes) -> bytes:
    """Lines that begin with a dot get another one, and a dot alone ends the message (RFC 5321, 4.5.2)."""
    content = (b"." if content.startswith(b".") else b"") + content.replace(b"\r\n.", b"\r\n..")
    return content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")
