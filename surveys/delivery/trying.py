"""Whether a provider lets an account in: asked without sending anything."""

from functools import partial
from typing import Any, Final

import requests
from anymail.backends.base_requests import AnymailRequestsBackend
from anymail.exceptions import AnymailError
from django.core.mail import EmailMessage

from surveys.core import outbound, sealing
from surveys.delivery import own_roads, providers, reaching
from surveys.delivery.channels import channel_of
from surveys.delivery.mailing import Unreachable
from surveys.delivery.models import MailAccount, Provider
from surveys.delivery.provider_replies import words_of
from surveys.delivery.providers import Trying

# What providers answer to a key that is not theirs where the status does not say it.
_REFUSALS: Final = ("AccessDenied", "InvalidServerAPIKey", "ServerSuspended", "Invalid_Key")
_LONGEST: Final = 400
_MARGIN_SECONDS: Final = 0.5


class NotAccepted(Exception):
    """Why, without any of the account's secrets. `is_quote`: in the provider's words; else nobody was reached who says no."""

    def __init__(self, words: str, *, is_quote: bool = True) -> None:
        super().__init__(words)
        self.is_quote = is_quote


def account(account: MailAccount, *, sender: str) -> None:
    """Raises NotAccepted when the provider does not accept the credentials, or could not be asked in time.

    `sender` is the address that mails will come from; some providers want to know its domain.
    """
    try:
        if providers.spec(account.provider).trying is Trying.SIGN_IN:
            _sign_in(account)
        else:
            _call(account, sender)
    except Unreachable as error:
        raise NotAccepted(without_secrets(account, str(error)), is_quote=error.is_quote) from None


def without_secrets(account: MailAccount, words: str) -> str:
    """What a provider said, for pages and logs: some repeat the key that they were given."""
    return " ".join(sealing.hidden(words, own_roads.hidden(account)).split())[:_LONGEST]


def _sign_in(account: MailAccount) -> None:
    backend: Any = own_roads.backend(account)
    channel = channel_of(backend, account)

    def sign_in() -> None:
        try:
            channel.open()
        finally:
            channel.close()

    try:
        outbound.within(_longest(backend), sign_in)
    except outbound.TooSlow as error:
        raise NotAccepted(reaching.why(error, backend.host, backend.port), is_quote=False) from None


def _longest(backend: Any) -> float:
    """A little more than one wait, which then says better what was waited for."""
    return float(backend.timeout) + _MARGIN_SECONDS


def _call(account: MailAccount, sender: str) -> None:
    backend = own_roads.backend(account)
    assert isinstance(backend, AnymailRequestsBackend)
    backend.open()
    try:
        request = _request(account, backend, sender)
        response = outbound.within(_longest(backend), partial(backend.session.request, **request))
    except (requests.RequestException, OSError, ValueError) as error:
        words = reaching.of_address(error, backend.api_url)
        raise NotAccepted(without_secrets(account, words), is_quote=False) from None
    except AnymailError as error:
        raise NotAccepted(without_secrets(account, str(error)), is_quote=False) from None
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
