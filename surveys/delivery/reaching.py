"""Why a server was not reached, or not understood, in words for people. What it said itself is quoted elsewhere."""

import smtplib
import socket
import ssl
from typing import Final
from urllib.parse import urlsplit

import requests
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from urllib3.exceptions import ProtocolError

from surveys.core import outbound

_LONGEST_CHAIN: Final = 8
_HUNG_UP: Final = (smtplib.SMTPServerDisconnected, ConnectionResetError, BrokenPipeError, ProtocolError)
_SLOW: Final = (TimeoutError, requests.Timeout)
_AFTER_CONNECTING: Final = (smtplib.SMTPServerDisconnected, requests.ReadTimeout)

# The first that fits says it: what stands further down may have come of what stands above.
_WORDS: Final[tuple[tuple[tuple[type[BaseException], ...], Promise], ...]] = (
    ((socket.gaierror,), _("%(host)s cannot be reached from this server: its name is not found.")),
    ((ssl.SSLCertVerificationError,), _("The certificate of %(place)s is not valid: %(why)s.")),
    (_SLOW, _("%(place)s does not answer.")),
    ((ssl.SSLError, requests.exceptions.SSLError), _("%(place)s does not speak TLS: is it the right port?")),
    ((ConnectionRefusedError,), _("Nobody answers at %(place)s.")),
    (_HUNG_UP, _("%(place)s hung up.")),
    ((requests.TooManyRedirects,), _("%(place)s sends us on to another address, where we do not go.")),
    ((smtplib.SMTPResponseException,), _("%(place)s is no mail server.")),
)
_SILENT: Final = _("%(place)s took the connection, and gave no answer in time.")
_OTHER: Final = _("%(place)s cannot be reached: %(why)s.")
_NO_STARTTLS: Final = _("%(place)s offers no STARTTLS: choose another encryption.")
_NO_SIGN_IN: Final = _(
    "%(place)s lets nobody sign in as we can: choose an encryption, or leave user and password empty."
)


def why(error: BaseException, host: str, port: int | str | None) -> str:
    """A sentence, or more."""
    chain = _chain(error)
    for each in chain:
        if isinstance(each, outbound.Forbidden | outbound.Unresolved):
            return str(each)
    known = {"host": host, "place": place(host, port), "why": _technical(chain[-1])}
    return str(_template(chain)) % known


def of_call(error: requests.RequestException) -> str:
    """As `why`, of a call by HTTP."""
    return of_address(error, str(error.request.url) if error.request is not None else "")


def of_address(error: BaseException, url: str) -> str:
    parts = urlsplit(url)
    return why(error, parts.hostname or "?", parts.port or (80 if parts.scheme == "http" else 443))


def place(host: str, port: int | str | None) -> str:
    return str(_("%(host)s port %(port)s") % {"host": host, "port": port})


def _template(chain: list[BaseException]) -> str | Promise:
    if any(isinstance(each, smtplib.SMTPNotSupportedError) and "STARTTLS" in str(each) for each in chain):
        return _NO_STARTTLS
    if any(isinstance(each, smtplib.SMTPException) and "auth" in str(each).lower() for each in chain):
        return _NO_SIGN_IN
    for kinds, words in _WORDS:
        if any(isinstance(each, kinds) for each in chain):
            is_silent = kinds is _SLOW and any(isinstance(each, _AFTER_CONNECTING) for each in chain)
            return _SILENT if is_silent else words
    return _OTHER


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what it came from; libraries keep that in several places."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < _LONGEST_CHAIN:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and not any(each is one for one in found):
            found.append(each)
            waiting += [getattr(each, "reason", None), *each.args, each.__cause__ or each.__context__]
    return found


def _technical(error: BaseException) -> str:
    said = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or str(error)
    return str(said or type(error).__name__).rstrip(".")
