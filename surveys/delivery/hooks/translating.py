"""One part of a report, in anymail's words and then in ours."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import Any, Final, cast

from anymail import exceptions as anymail
from anymail.signals import AnymailTrackingEvent
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailCoreWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailersend import MailerSendTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.mailtrap import MailtrapTrackingWebhookView
from anymail.webhooks.mandrill import MandrillCombinedWebhookView
from anymail.webhooks.postal import PostalTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.resend import ResendTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from anymail.webhooks.unisender_go import UnisenderGoTrackingWebhookView
from django.http import QueryDict
from django.utils import timezone

from surveys.delivery.hooks import meanings
from surveys.delivery.hooks.posted import Posted
from surveys.delivery.hooks.roads import Road
from surveys.delivery.told import LONGEST_KEY, LONGEST_WORDS, Told

Translate = Callable[[Any, Posted], AnymailTrackingEvent | None]

METADATA: Final = "delivery"  # the name under which a message carries its token
_LONGEST_ADDRESS: Final = 320
_MOST_RAW: Final = 10_000


class NotUnderstood(ValueError):
    """The text says what is wrong with the part, to people."""


def told(road: Road, part: Any, posted: Posted) -> Told | None:
    """None where it is about no message. Raises NotUnderstood."""
    try:
        event = _TRANSLATIONS[road.provider](part, posted)
        return _ours(road, part, event) if event else None
    except anymail.AnymailConfigurationError as error:
        raise NotUnderstood(str(error)) from error
    except Exception as error:  # whatever a provider may send, and anymail may stumble over
        raise NotUnderstood(_why(error)) from error


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"There is no {error} here."
    return f"{type(error).__name__}: {error}"


def raw(part: Any) -> str:
    """For people to look at, and to make a digest of."""
    found = part.dict() if isinstance(part, QueryDict) else part
    return json.dumps(found, ensure_ascii=False, sort_keys=True, default=str)


def shortened(text: str) -> str:
    return _text(text, _MOST_RAW)


# ── anymail's words ──────────────────────────────────────────────────────────────────────────────────────────────────
def _made(view: type[AnymailCoreWebhookView]) -> Any:
    """For its translation alone: its constructor would look for keys of its own in the settings."""
    return object.__new__(view)


def _by(view: type[AnymailCoreWebhookView]) -> Translate:
    made = _made(view)
    return lambda part, _posted: made.esp_to_anymail_event(_object(part))


def _object(part: Any) -> Any:
    if not isinstance(part, Mapping):
        raise NotUnderstood("This is no JSON object.")
    return part


def _ses(part: Any, _posted: Posted) -> AnymailTrackingEvent | None:
    event, envelope = part
    found = _made(AmazonSESTrackingWebhookView).esp_to_anymail_events(event, envelope)
    return found[0] if found else None


def _mailgun(part: Any, _posted: Posted) -> AnymailTrackingEvent:
    view = _made(MailgunTrackingWebhookView)
    if isinstance(part, QueryDict):
        return cast(AnymailTrackingEvent, view.mailgun_legacy_to_anymail_event(part))
    return cast(AnymailTrackingEvent, view.esp_to_anymail_event(_object(part)))


def _mandrill(part: Any, _posted: Posted) -> AnymailTrackingEvent | None:
    """What is inbound, or a change of lists, is about no message of ours."""
    if _object(part).get("event") == "inbound" or "msg" not in part:
        return None
    found = _made(MandrillCombinedWebhookView).mandrill_tracking_to_anymail_event(part)
    return cast(AnymailTrackingEvent, found)


class _OnlyThis:
    """A request with one event in it, for the view that has no smaller step."""

    def __init__(self, part: Any) -> None:
        self.body = json.dumps(part).encode()


def _postal(part: Any, _posted: Posted) -> AnymailTrackingEvent | None:
    found = _made(PostalTrackingWebhookView).parse_events(_OnlyThis(_object(part)))
    return found[0] if found else None


def _resend(part: Any, posted: Posted) -> AnymailTrackingEvent:
    found = _made(ResendTrackingWebhookView).esp_to_anymail_event(_object(part), posted)
    return cast(AnymailTrackingEvent, found)


def _sparkpost(part: Any, _posted: Posted) -> AnymailTrackingEvent | None:
    view = _made(SparkPostTrackingWebhookView)
    kind, event, found = view.unwrap_event(_object(part))
    return view.esp_to_anymail_event(kind, event, found) if event is not None else None


_TRANSLATIONS: Final[dict[str, Translate]] = {
    "amazon_ses": _ses,
    "brevo": _by(BrevoTrackingWebhookView),
    "mailersend": _by(MailerSendTrackingWebhookView),
    "mailgun": _mailgun,
    "mailjet": _by(MailjetTrackingWebhookView),
    "mailtrap": _by(MailtrapTrackingWebhookView),
    "mandrill": _mandrill,
    "postal": _postal,
    "postmark": _by(PostmarkTrackingWebhookView),
    "resend": _resend,
    "sendgrid": _by(SendGridTrackingWebhookView),
    "sparkpost": _sparkpost,
    "unisender_go": _by(UnisenderGoTrackingWebhookView),
}


# ── Our words ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _ours(road: Road, part: Any, event: AnymailTrackingEvent) -> Told:
    kind = meanings.kind_of(road.provider, event, part)
    recipient = _address(event.recipient)
    metadata = event.metadata if isinstance(event.metadata, Mapping) else {}
    return Told(
        route=road.route,
        organization=road.organization,
        key=_key(road.provider, event, part, recipient),
        kind=kind,
        at=_aware(event.timestamp),
        address=recipient,
        token=_text(metadata.get(METADATA), LONGEST_KEY),
        names=_names(road.provider, event, part),
        said=_text(_line(event.mta_response or event.description or ""), LONGEST_WORDS),
        suppresses=meanings.suppression_of(road.provider, kind, event, part),
    )


def _key(provider: str, event: AnymailTrackingEvent, part: Any, recipient: str) -> str:
    """SES has one id for all recipients. Where there is no id, the same words are the same event: that is how providers
    that try again repeat it."""
    if provider == "amazon_ses":
        return _digest(part[1].get("MessageId") or raw(part), recipient)
    if provider == "postmark":  # its ids are of bounces, which have more than one event
        return _digest(raw(part))
    given = _text(event.event_id, LONGEST_KEY + 1)
    if not given:
        return _digest(raw(part))
    return given if len(given) <= LONGEST_KEY else _digest(given)


def _digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode("utf-8", "replace")).hexdigest()


def _names(provider: str, event: AnymailTrackingEvent, part: Any) -> tuple[str, ...]:
    """What the message is called: by the provider, and in its own header."""
    found = [event.message_id, _header(provider, part)]
    return tuple(dict.fromkeys(name for each in found if (name := _text(each, 200))))


def _header(provider: str, part: Any) -> Any:
    """The Message-ID that we gave it, where the provider repeats it."""
    if provider == "amazon_ses":
        return (part[0]["mail"].get("commonHeaders") or {}).get("messageId")
    if provider == "sendgrid":
        return part.get("smtp-id")
    if provider == "postal":
        payload = part.get("payload") or {}
        return (payload.get("message") or payload.get("original_message") or {}).get("message_id")
    return None


def _address(value: Any) -> str:
    return _text(parseaddr(_text(value, 2 * _LONGEST_ADDRESS))[1].strip(), _LONGEST_ADDRESS)


def _aware(at: Any) -> datetime | None:
    if not isinstance(at, datetime):
        return None
    return at if timezone.is_aware(at) else timezone.make_aware(at, timezone.get_default_timezone())


def _line(text: Any) -> str:
    return " ".join(str(text).split())


def _text(value: Any, most: int) -> str:
    """In a form that PostgreSQL takes: JSON can hold NUL and halves of characters."""
    if value is None:
        return ""
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()[:most]
