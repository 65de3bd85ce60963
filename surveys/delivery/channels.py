"""How messages leave: by SMTP on a connection that is kept, or through any other backend of Django (django-anymail)."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import requests
from anymail import exceptions as anymail
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from django.db import connection

from surveys.delivery.mailing import Channel, Mail, Unreachable
from surveys.delivery.replies import Reply, Verdict
from surveys.delivery.smtp import Smtp

_CONNECTING: Final = 0x4D41494C  # advisory lock: one process at a time waits for a mail server that hangs
_PATIENCE_SECONDS: Final = 1.0


class Backend:
    """Providers with an API of their own, one message at a time."""

    wants_bytes = False
    window = 1

    def __init__(self, backend: BaseEmailBackend) -> None:
        self._backend = backend

    def is_open(self) -> bool:
        return False

    def open(self) -> None:
        self._backend.open()

    def close(self) -> None:
        self._backend.close()

    def rest(self) -> None:
        """Nothing waits."""

    def send(self, mail: Mail, following: Mail | None = None) -> Reply:
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
    said = status.status or {"unknown"}
    text = ", ".join(sorted(said))
    if said <= {"invalid", "rejected"}:
        return Reply(Verdict.ADDRESS, text)
    if said == {"failed"}:
        return Reply(Verdict.UNSENDABLE, text)
    if said == {"unknown"} and not status.message_id:
        return Reply(Verdict.IN_DOUBT, text)
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
