"""What a provider's API says about a message, in the classes of `replies`. See docs/delivery.md for the table.

Only a provider that names the address as dead suppresses it: to be wrong there loses a customer for good.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import requests
from anymail import exceptions as anymail
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from surveys.delivery import reaching
from surveys.delivery.mailing import Unreachable
from surveys.delivery.replies import Reply, Verdict

_NOT_PAID: Final = 402
_TOO_FAST: Final = frozenset({420, 429})  # 420 is SparkPost's limit of an hour or a day
_REFUSES_US: Final = frozenset({401, _NOT_PAID, 403, 404, 405, 407})
_OF_POSTMARK: Final = frozenset({10, 11, 400, 401, 405, 412, 413})  # ErrorCode: token, sender, credits, account
_INACTIVE: Final = 406  # Postmark's, of an address
# Refusals that come as 400, 422, 500 or even 200, and are about the account or its sender address.
_ABOUT_US: Final = re.compile(
    r"InvalidServerAPIKey|AccessDenied|ServerSuspended|UnauthenticatedFromAddress|Invalid_Key|Unknown_Subaccount|"
    r"PaymentRequired|sandbox subdomain|not allowed to send|credits?\b|unauthorized|"
    r"sending domain|(sender|domain)\b.{0,80}\b(not|isn't|un)[ -]?(a |an )?(valid|verified|authori[sz]ed|confirmed|found|"
    r"allowed|configured)|unverified|not an authorized sender|"
    r"['\"`\s.]from['\"`]?[._ ](address|email|domain|parameter|field)|['\"]from(\.email)?['\"`]",
    re.IGNORECASE,
)
_OF_SENDER: Final = frozenset({"invalid-sender", "unsigned", "test-mode-limit", "payment-required"})  # Mandrill's
_OF_ADDRESS: Final = frozenset({"hard-bounce", "invalid", "spam", "unsub"})
_WORDS: Final = (
    "message",
    "Message",
    "error",
    "ErrorMessage",
    "errors",
    "Messages",
    "Errors",
    "detail",
    "error_description",
    "name",
    "code",
    "data",
)


def meaning(error: Exception) -> Reply:
    """Raises Unreachable when the provider was not reached at all, so that nothing was tried."""
    cause = error if isinstance(error, requests.RequestException) and error.response is None else error.__cause__
    if isinstance(cause, requests.RequestException) and cause.response is None:
        return _broken(cause)
    if isinstance(error, anymail.AnymailRecipientsRefused):
        return _refused(error)
    if isinstance(error, anymail.AnymailConfigurationError):
        return Reply(Verdict.SENDER, str(error))
    if isinstance(error, anymail.AnymailAPIError) and error.status_code:
        return _api(error)
    return Reply(Verdict.UNSENDABLE, str(error))


def status(message: Any) -> Reply:
    """Of a message that was taken."""
    found = getattr(message, "anymail_status", None)
    if found is None:
        return Reply(Verdict.ACCEPTED)
    reply = of_word(found.status or {"unknown"}, found.message_id)
    if reply.verdict is Verdict.UNSENDABLE and isinstance(found.esp_response, requests.Response):
        return http(400, found.esp_response, words_of(found.esp_response))  # why stands there
    return reply


def of_word(said: set[str], provider_id: object) -> Reply:
    text = ", ".join(sorted(said))
    if said <= {"invalid", "rejected"}:
        return Reply(Verdict.ADDRESS, text)
    if said == {"failed"}:
        return Reply(Verdict.UNSENDABLE, text)
    if said == {"unknown"} and not provider_id:
        return Reply(Verdict.IN_DOUBT, text)
    return Reply(Verdict.ACCEPTED, provider_id=str(provider_id or ""))


def http(code: int, response: Any, text: str) -> Reply:
    """A refusal by status; what it is about is told by words where the status does not."""
    said = (getattr(response, "text", "") or text)[:4000]
    after = retry_after(getattr(response, "headers", {}).get("Retry-After", ""), at=datetime.now(UTC))
    if code in _TOO_FAST:
        return Reply(Verdict.TEMPORARY, text, retry_after=after, is_pace=True)
    if code in _REFUSES_US or _postmark_code(response) in _OF_POSTMARK or _ABOUT_US.search(said):
        return Reply(Verdict.SENDER, text)
    if code >= 500 and '"name":"ValidationError"' not in said.replace(" ", ""):
        return Reply(Verdict.TEMPORARY, text, retry_after=after)
    if code == 408:
        return Reply(Verdict.TEMPORARY, text, retry_after=after)
    return Reply(Verdict.UNSENDABLE, text)


def retry_after(said: str, *, at: datetime) -> int | None:
    """Seconds, from either form of RFC 9110, 10.2.3."""
    if said.strip().isdigit():
        return int(said)
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, round((moment - at).total_seconds()))


def words_of(response: requests.Response) -> str:
    """What a refusal says to people, without the JSON around it."""
    try:
        said = _words_in(response.json())
    except ValueError:
        said = response.text.strip()
    return f"{response.status_code} {said or response.reason}".strip()


def _words_in(body: Any) -> str:
    if isinstance(body, dict):
        found = [_words_in(body[name]) for name in _WORDS if body.get(name)]
        return ": ".join(dict.fromkeys(each for each in found if each))
    if isinstance(body, list):
        return "; ".join(_words_in(each) for each in body[:3])
    return str(body)


def _broken(error: requests.RequestException) -> Reply:
    """Before the request was out nothing was tried; after it nobody knows."""
    inner = error.args[0] if error.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else inner
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError):
        raise Unreachable(reaching.of_call(error)) from None
    if isinstance(reason, NewConnectionError):
        raise Unreachable(reaching.of_call(error)) from None
    is_hanging = isinstance(error, requests.ReadTimeout)
    return Reply(Verdict.IN_DOUBT, _plain(reason or error), is_hanging=is_hanging)


def _plain(error: object) -> str:
    """Without the address of the object that urllib3 puts in front."""
    said = str(error)
    return said.partition(">: ")[2] or said if isinstance(error, HTTPError) else said


def _refused(error: anymail.AnymailRecipientsRefused) -> Reply:
    reasons = _reject_reasons(error.response)
    text = ", ".join(sorted(reasons)) or str(error)
    if reasons & _OF_SENDER:
        return Reply(Verdict.SENDER, text)
    if reasons - _OF_ADDRESS:
        return Reply(Verdict.UNSENDABLE, text)
    return Reply(Verdict.ADDRESS, text)


def _reject_reasons(response: Any) -> set[str]:
    """Mandrill's; other providers say none."""
    try:
        items = response.json()
    except (AttributeError, ValueError):
        return set()
    if not isinstance(items, list):
        return set()
    return {str(item["reject_reason"]) for item in items if isinstance(item, dict) and item.get("reject_reason")}


def _api(error: anymail.AnymailAPIError) -> Reply:
    code = int(error.status_code)
    text = words_of(error.response) if isinstance(error.response, requests.Response) else str(error)
    if 200 <= code < 300:  # it was taken, or not: the answer cannot be read, or says no in another way
        said = str(getattr(error.response, "text", ""))
        if _ABOUT_US.search(said):
            return Reply(Verdict.SENDER, text)
        plain = said.replace(" ", "")
        if _postmark_code(error.response) in _OF_POSTMARK:
            return Reply(Verdict.SENDER, text)
        is_refusal = any(word in plain for word in ('"status":"error"', '"parameter-error"', '"success":false'))
        return Reply(Verdict.UNSENDABLE if is_refusal else Verdict.IN_DOUBT, text)
    return http(code, error.response, text)


def _postmark_code(response: Any) -> int | None:
    try:
        body = response.json()
    except (AttributeError, ValueError):
        return None
    code = body.get("ErrorCode") if isinstance(body, dict) else None
    return code if isinstance(code, int) else None
