"""Providers with an API of their own, through the backends of django-anymail (or any other of Django)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import requests
from anymail import exceptions as anymail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from surveys.core import sealing
from surveys.delivery import provider_replies
from surveys.delivery.mailing import Mail
from surveys.delivery.replies import Reply, Verdict

# Backends that refuse a message with metadata: their events name it by Message-ID or by the provider's own id.
_WITHOUT_METADATA: Final = frozenset({"Postal", "MailerSend"})


class Backend:
    """One message at a time, on one connection that is kept."""

    wants_bytes = False
    window = 1

    def __init__(self, backend: BaseEmailBackend, *, hidden: Sequence[str] = ()) -> None:
        self._backend: Any = backend
        self._hidden = hidden  # the account's secrets, which some providers repeat
        self._takes_metadata = getattr(backend, "esp_name", "") not in _WITHOUT_METADATA

    def is_open(self) -> bool:
        """A connection to an API is opened by the first call, and again when the provider has closed it."""
        return getattr(self._backend, "session", None) is not None

    def open(self) -> None:
        self._backend.open()

    def close(self) -> None:
        self._backend.close()

    def rest(self) -> None:
        """Nothing waits."""

    def send(self, mail: Mail, following: Mail | None = None) -> Reply:
        message = self._message(mail)
        try:
            self._backend.send_messages([message])
        except (anymail.AnymailError, requests.RequestException) as error:
            return self._without_secrets(provider_replies.meaning(error))
        except OSError as error:
            return Reply(Verdict.IN_DOUBT, str(error))
        return provider_replies.status(message)

    def _message(self, mail: Mail) -> EmailMessage:
        assert isinstance(mail.content, EmailMessage)
        if self._takes_metadata:
            mail.content.metadata = mail.metadata  # type: ignore[attr-defined]  # anymail's
        return mail.content

    def _without_secrets(self, reply: Reply) -> Reply:
        return replace(reply, text=sealing.hidden(reply.text, self._hidden))
