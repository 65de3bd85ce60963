"""SMTP servers of providers that report by webhook: where each of them keeps what its reports then name a message by."""

import json
from collections.abc import Callable, Mapping
from typing import Final

from django.core.mail.backends.smtp import EmailBackend

from surveys.delivery.mailing import Mail
from surveys.delivery.models import Provider
from surveys.delivery.smtp import Smtp


def _under(name: str, *around: str) -> Callable[[Mail], Mapping[str, str]]:
    """A header with the metadata as JSON, or with an object of that name around it."""

    def headers(mail: Mail) -> Mapping[str, str]:
        value: object = dict(mail.metadata)
        for each in around:
            value = {each: value}
        return {name: json.dumps(value)}

    return headers


def _postmark(mail: Mail) -> Mapping[str, str]:
    return {f"X-PM-Metadata-{name}": value for name, value in mail.metadata.items()} | {"X-PM-KeepID": "true"}


HEADERS: Final[Mapping[str, Callable[[Mail], Mapping[str, str]]]] = {
    Provider.BREVO: _under("X-Mailin-custom"),
    Provider.MAILGUN: _under("X-Mailgun-Variables"),
    Provider.MAILJET: _under("X-MJ-EventPayload"),
    Provider.MAILTRAP: _under("X-MT-Custom-Variables"),
    Provider.MANDRILL: _under("X-MC-Metadata"),
    Provider.POSTAL: lambda _mail: {},  # its reports name the Message-ID, which is ours
    Provider.POSTMARK: _postmark,
    Provider.RESEND: _under("X-Metadata"),
    Provider.SENDGRID: _under("X-SMTPAPI", "unique_args"),
    Provider.SPARKPOST: _under("X-MSYS-API", "metadata"),
}


class Reporting(Smtp):
    def __init__(self, backend: EmailBackend, provider: str) -> None:
        super().__init__(backend)
        self._headers = HEADERS[provider]

    def _written(self, mail: Mail) -> bytes:
        headers = "".join(f"{name}: {value}\r\n" for name, value in self._headers(mail).items())
        return headers.encode() + mail.raw
