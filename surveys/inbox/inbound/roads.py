"""The providers that post the mails of customers, and how theirs become mails again. anymail knows each one's form.

Those that post all of a mail; who posts only where it could be fetched (Brevo, Mailtrap, Resend) is not among them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from anymail.inbound import AnymailInboundMessage
from anymail.webhooks.amazon_ses import AmazonSESInboundWebhookView
from anymail.webhooks.base import AnymailCoreWebhookView
from anymail.webhooks.mailersend import MailerSendInboundWebhookView
from anymail.webhooks.mailgun import MailgunInboundWebhookView
from anymail.webhooks.mailjet import MailjetInboundWebhookView
from anymail.webhooks.mandrill import MandrillCombinedWebhookView
from anymail.webhooks.postal import PostalInboundWebhookView
from anymail.webhooks.postmark import PostmarkInboundWebhookView
from anymail.webhooks.sendgrid import SendGridInboundWebhookView
from anymail.webhooks.sparkpost import SparkPostInboundWebhookView
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.urls import reverse

from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.delivery.hooks.posted import FORM, Posted
from surveys.inbox.inbound import forms_posted

OPERATORS: Final = 0  # the one road: the domain for mail that comes in is the operator's


class NotUnderstood(ValueError):
    """The text says what is wrong with the post, to people."""


@dataclass(frozen=True)
class Came:
    """One mail, and its envelope as far as the provider says: None where it does not."""

    raw: bytes
    recipients: tuple[str, ...]
    sender: str | None


@dataclass(frozen=True)
class _Request:
    """As much of a request as anymail looks at."""

    body: bytes
    content_type: str
    headers: Mapping[str, str]
    POST: QueryDict
    FILES: Mapping[str, SimpleUploadedFile]

    @property
    def META(self) -> dict[str, str]:
        return {"CONTENT_TYPE": self.headers.get("Content-Type", self.content_type)}


def address() -> str:
    """Where the operator's provider posts to."""
    token = tokens.make(Purpose.INBOUND, OPERATORS)
    path = reverse("inbound_hooks:mail", kwargs={"provider": settings.INBOUND_PROVIDER, "token": token})
    return f"{settings.PUBLIC_URL}{path}"


def is_ours(provider: str, token: str) -> bool:
    is_signed = tokens.read(Purpose.INBOUND, token) == OPERATORS
    return is_signed and provider == settings.INBOUND_PROVIDER and provider in _READERS


def mails(provider: str, posted: Posted) -> list[Came]:
    """Raises NotUnderstood."""
    try:
        return [_came(message) for message in _READERS[provider](_request(posted))]
    except NotUnderstood:
        raise
    except Exception as error:  # whatever a provider may send, and anymail may stumble over
        raise NotUnderstood(f"{type(error).__name__}: {error}"[:300]) from error


def _came(message: AnymailInboundMessage | None) -> Came:
    if message is None:
        raise NotUnderstood("There is no mail in it.")
    to = message.envelope_recipient
    return Came(message.as_bytes(), (str(to),) if to else (), message.envelope_sender)


def _request(posted: Posted) -> _Request:
    texts: QueryDict = QueryDict(mutable=True)
    files: dict[str, SimpleUploadedFile] = {}
    if posted.content_type == "multipart/form-data":
        texts, files = forms_posted.fields(posted.body, posted.headers.get("Content-Type", ""))
    elif posted.is_form:
        texts = posted.form
    return _Request(posted.body, posted.content_type, posted.headers, texts, files)


# ── anymail's ────────────────────────────────────────────────────────────────────────────────────────────────────────
Reader = Callable[[_Request], list[AnymailInboundMessage | None]]


def _made(view: type[AnymailCoreWebhookView]) -> Any:
    """For its translation alone: its constructor would look for keys of its own in the settings."""
    return object.__new__(view)


def _by(view: type[AnymailCoreWebhookView]) -> Reader:
    return lambda request: [event.message for event in _made(view).parse_events(request)]


def _postmark(request: _Request) -> list[AnymailInboundMessage | None]:
    return [_made(PostmarkInboundWebhookView).esp_to_anymail_event(json.loads(request.body)).message]


def _mandrill(request: _Request) -> list[AnymailInboundMessage | None]:
    view = _made(MandrillCombinedWebhookView)
    events = json.loads(str(request.POST["mandrill_events"]))
    return [
        view.mandrill_inbound_to_anymail_event(event).message for event in events if event.get("event") == "inbound"
    ]


def _sparkpost(request: _Request) -> list[AnymailInboundMessage | None]:
    view = _made(SparkPostInboundWebhookView)
    found = [view.unwrap_event(event) for event in json.loads(request.body)]
    return [view.esp_to_anymail_event(*each).message for each in found if each[1] is not None]


def _ses(request: _Request) -> list[AnymailInboundMessage | None]:
    """Signed, and of a topic of ours, before it comes here. Amazon puts mails up to 150 KB into the notice itself."""
    notice = json.loads(request.body)
    event = json.loads(notice["Message"])
    if ((event.get("receipt") or {}).get("action") or {}).get("type") != "SNS":
        raise NotUnderstood("The rule of Amazon SES must have the action SNS: mails are not fetched from S3.")
    view = _made(AmazonSESInboundWebhookView)
    return [each.message for each in view.esp_to_anymail_events(event, notice)]


_READERS: Final[dict[str, Reader]] = {
    "amazon_ses": _ses,
    "mailersend": _by(MailerSendInboundWebhookView),
    "mailgun": _by(MailgunInboundWebhookView),
    "mailjet": _by(MailjetInboundWebhookView),
    "mandrill": _mandrill,
    "postal": _by(PostalInboundWebhookView),
    "postmark": _postmark,
    "sendgrid": _by(SendGridInboundWebhookView),
    "sparkpost": _sparkpost,
}
PROVIDERS: Final = tuple(_READERS)


def flattened(posted: Posted) -> Posted:
    """The fields of a form with files as those of one without, for whoever checks their signature. Raises ValueError."""
    texts, _files = forms_posted.fields(posted.body, posted.headers.get("Content-Type", ""))
    return Posted(texts.urlencode().encode(), FORM, posted.headers, posted.address)
