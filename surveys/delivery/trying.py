"""Whether a provider lets an account in: asked without sending anything."""

import smtplib
from typing import Any, Final

import requests
from anymail.backends.base_requests import AnymailRequestsBackend
from anymail.exceptions import AnymailError
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from surveys.delivery import own_roads, providers
from surveys.delivery.channels import channel_of
from surveys.delivery.mailing import Unreachable
from surveys.delivery.models import MailAccount, Provider
from surveys.delivery.provider_replies import words_of
from surveys.delivery.providers import Trying

# What providers answer to a key that is not theirs where the status does not say it.
_REFUSALS: Final = ("AccessDenied", "InvalidServerAPIKey", "ServerSuspended", "Invalid_Key")
_LONGEST: Final = 400


class NotAccepted(Exception):
    """The provider's words, without any of the account's secrets."""


def account(account: MailAccount, *, sender: str) -> None:
    """Raises NotAccepted when the provider does not accept the credentials, or could not be asked.

    `sender` is the address that mails will come from; some providers want to know its domain.
    """
    try:
        if providers.spec(account.provider).trying is Trying.SIGN_IN:
            _sign_in(account)
        else:
            _call(account, sender)
    except Unreachable as error:
        raise NotAccepted(without_secrets(account, str(error))) from None


def without_secrets(account: MailAccount, words: str) -> str:
    """What a provider said, for pages and logs: some repeat the key that they were given."""
    for secret in own_roads.hidden(account):
        words = words.replace(secret, "…")
    return " ".join(words.split())[:_LONGEST]


def _sign_in(account: MailAccount) -> None:
    channel = channel_of(own_roads.backend(account), account)
    try:
        channel.open()
    finally:
        channel.close()


def _call(account: MailAccount, sender: str) -> None:
    backend = own_roads.backend(account)
    assert isinstance(backend, AnymailRequestsBackend)
    backend.open()
    try:
        response = backend.session.request(**_request(account, backend, sender))
    except (requests.RequestException, smtplib.SMTPException, OSError, ValueError) as error:
        words = _("It cannot be reached: %(error)s") % {"error": error}
        raise NotAccepted(without_secrets(account, words)) from None
    except AnymailError as error:
        raise NotAccepted(without_secrets(account, str(error))) from None
    finally:
        backend.close()
    if not _lets_in(account, response):
        raise NotAccepted(without_secrets(account, words_of(response)))


def _request(account: MailAccount, backend: Any, sender: str) -> dict[str, Any]:
    """The backend's own call for a message, so that address and credentials are what they will be; without the message."""
    message = EmailMessage("-", "-", sender, [sender])
    request: dict[str, Any] = backend.build_message_payload(message, {}).get_request_params(backend.api_url)
    spec = providers.spec(account.provider)
    body = {"key": backend.api_key} if account.provider == Provider.MANDRILL else {}
    request |= {"data": None, "json": body, "files": None, "timeout": backend.timeout}
    if spec.trying is Trying.ASK:
        method, path = spec.ask
        request |= {"method": method, "url": backend.api_url + path}
    if account.provider == Provider.MAILGUN:
        request |= {"data": {"o:testmode": "yes"}, "json": None}  # it reads forms
    return request


def _lets_in(account: MailAccount, response: requests.Response) -> bool:
    if any(word in response.text[:2000] for word in _REFUSALS):
        return False
    if providers.spec(account.provider).trying is Trying.ASK:
        return response.ok
    return response.ok or response.status_code in (400, 422)
