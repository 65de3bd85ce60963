"""Providers with an API of their own, through the backends of django-anymail (or any other of Django)."""

from typing import Any

import requests
from anymail import exceptions as anymail
from django.core.mail.backends.base import BaseEmailBackend

from surveys.delivery.mailing import Mail
from surveys.delivery.replies import Reply, Verdict


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
