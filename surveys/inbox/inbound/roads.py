"""The providers that post the mails of customers, each in a form of its own.

Nothing of a mail is read here: whole mails go on as they are, and of what a provider took apart one is put together. Those
that post only where a mail could be fetched (Brevo its files, Mailtrap, Resend) are not among them.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.conf import settings
from django.urls import reverse

from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.delivery.hooks.posted import Posted
from surveys.inbox.inbound import forms_posted, rebuilding
from surveys.inbox.inbound.forms_posted import Form
from surveys.inbox.inbound.rebuilding import File, Text, encoded, text

OPERATORS: Final = 0  # the one road: the domain for mail that comes in is the operator's


class NotUnderstood(ValueError):
    """The text says what is wrong with the post, to people."""


@dataclass(frozen=True)
class Came:
    """One mail, and its envelope as far as the provider says: None where it does not."""

    raw: bytes
    recipients: tuple[str, ...]
    sender: str | None


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
        return [_sound(came) for came in _READERS[provider](posted)]
    except NotUnderstood:
        raise
    except Exception as error:  # whatever a provider may send
        raise NotUnderstood(f"{type(error).__name__}: {error}"[:300]) from error


def _sound(came: Came) -> Came:
    """JSON may have anything in the place of an address: the mail is taken in all the same."""
    return came if came.sender is None or isinstance(came.sender, str) else replace(came, sender=None)


# ── Forms ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _mailgun(posted: Posted) -> Iterator[Came]:
    form = forms_posted.form(posted)
    if "attachments" in form.texts:
        raise NotUnderstood("The route of Mailgun must have the action forward(): what store() keeps is not fetched.")
    recipient = form.text("recipient")
    raw = form.texts["body-mime"] if "body-mime" in form.texts else _of_mailgun(form)
    yield Came(raw, (recipient,) if recipient else (), form.text("sender"))


def _of_mailgun(form: Form) -> bytes:
    headers = [(str(name), str(value)) for name, value in json.loads(form.texts["message-headers"])]
    return rebuilding.mail(headers, _text_in(form, "body-plain"), _text_in(form, "body-html"), _files(form))


def _sendgrid(posted: Posted) -> Iterator[Came]:
    form = forms_posted.form(posted)
    raw = form.texts["email"] if "email" in form.texts else _of_sendgrid(form)
    envelope = json.loads(form.texts.get("envelope", b"{}"))
    yield Came(raw, tuple(map(str, envelope.get("to") or ())), envelope.get("from"))


def _of_sendgrid(form: Form) -> bytes:
    charsets = {name: str(charset) for name, charset in json.loads(form.texts.get("charsets", b"{}")).items()}
    headers = rebuilding.lines_of(form.texts["headers"].decode("utf-8", "replace"))
    written, html = (_text_in(form, name, charsets.get(name, "utf-8")) for name in ("text", "html"))
    return rebuilding.mail(headers, written, html, _files(form))


def _text_in(form: Form, name: str, charset: str = "utf-8") -> Text | None:
    return Text(form.texts[name], charset) if form.texts.get(name) else None


def _files(form: Form) -> list[File]:
    return [File(file.name, file.media_type, file.data) for _name, file in sorted(form.files.items(), key=_numbered)]


def _numbered(field: tuple[str, object]) -> tuple[int, str]:
    """attachment2 before attachment10."""
    return len(field[0]), field[0]


def _mandrill(posted: Posted) -> Iterator[Came]:
    for event in json.loads(forms_posted.form(posted).texts["mandrill_events"]):
        if event.get("event") == "inbound":
            message = event["msg"]
            yield Came(encoded(message["raw_msg"]), _one(message.get("email")), None)


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _mailersend(posted: Posted) -> Iterator[Came]:
    event = posted.json
    if event.get("type") != "inbound.message":
        raise NotUnderstood("This is no mail that came in.")
    data = event["data"]
    to = [str(each["email"]) for each in (data.get("recipients") or {}).get("rcptTo") or ()]
    yield Came(encoded(data["raw"]), tuple(to), (data.get("sender") or {}).get("email"))


def _mailjet(posted: Posted) -> Iterator[Came]:
    event = posted.json
    parts = [part for part in event.get("Parts") or () if "Attachment" in part.get("ContentRef", "")]
    files = [_of_mailjet(part, event[part["ContentRef"]]) for part in parts]
    written, html = text(event.get("Text-part")), text(event.get("Html-part"))
    raw = rebuilding.mail(_pairs(event["Headers"]), written, html, files)
    yield Came(raw, _one(event.get("Recipient")), event.get("Sender"))


def _pairs(headers: dict[str, Any]) -> list[tuple[str, str]]:
    """Of headers that stand there several times a list is posted."""
    values = ((name, value if isinstance(value, list) else [value]) for name, value in headers.items())
    return [(name, str(each)) for name, several in values for each in several]


def _of_mailjet(part: dict[str, Any], content: str) -> File:
    """Its headers stand there as in the mail."""
    lines = (f"{name}: {' '.join(value.split())}" for name, value in _pairs(part.get("Headers") or {}))
    head = forms_posted.head(encoded("\r\n".join(lines)))
    return File(forms_posted.filename_in(head) or "", head.get_content_type(), encoded(content), is_base64=True)


def _postal(posted: Posted) -> Iterator[Came]:
    event = posted.json
    raw = b64decode(event["message"]) if event.get("base64") is True else encoded(event["message"])
    yield Came(raw, _one(event.get("rcpt_to")), event.get("mail_from"))


def _postmark(posted: Posted) -> Iterator[Came]:
    event = posted.json
    if event.get("RecordType", "Inbound") != "Inbound":
        raise NotUnderstood("This is no mail that came in.")
    headers = [(str(each["Name"]), str(each["Value"])) for each in event.get("Headers") or ()]
    sender = headers[0][1].strip("<> ") if headers and headers[0][0].lower() == "return-path" else None
    raw = encoded(event["RawEmail"]) if event.get("RawEmail") else _of_postmark(event, headers[sender is not None :])
    yield Came(raw, _one(event.get("OriginalRecipient")), sender)


def _of_postmark(event: dict[str, Any], headers: Sequence[tuple[str, str]]) -> bytes:
    """What stands in fields of its own is not among the headers."""
    own = {"From": "From", "To": "To", "Cc": "Cc", "Subject": "Subject", "Date": "Date", "Reply-To": "ReplyTo"}
    there = {name.lower() for name, _value in headers}
    more = [(name, str(event[key])) for name, key in own.items() if event.get(key) and name.lower() not in there]
    files = [
        File(str(each.get("Name") or ""), str(each.get("ContentType")), encoded(each["Content"]), is_base64=True)
        for each in event.get("Attachments") or ()
    ]
    return rebuilding.mail([*headers, *more], text(event.get("TextBody")), text(event.get("HtmlBody")), files)


def _ses(posted: Posted) -> Iterator[Came]:
    """Signed, and of a topic of ours, before it comes here. Amazon puts mails up to 150 KB into the notice itself."""
    event = json.loads(posted.json["Message"])
    receipt = event.get("receipt") or {}
    action = receipt.get("action") or {}
    if event.get("notificationType") != "Received" or action.get("type") != "SNS":
        raise NotUnderstood("The rule of Amazon SES must have the action SNS: mails are not fetched from S3.")
    raw = b64decode(event["content"]) if action.get("encoding") == "BASE64" else encoded(event["content"])
    yield Came(raw, tuple(map(str, receipt.get("recipients") or ())), (event.get("mail") or {}).get("source"))


def _sparkpost(posted: Posted) -> Iterator[Came]:
    for event in posted.json:
        message = event["msys"].get("relay_message")
        if message is None:
            continue
        content = message["content"]
        given = content["email_rfc822"]
        raw = b64decode(given) if content.get("email_rfc822_is_base64") else encoded(given)
        yield Came(raw, _one(message.get("rcpt_to")), message.get("msg_from"))


def _one(recipient: Any) -> tuple[str, ...]:
    return (str(recipient),) if recipient else ()


_READERS: Final[dict[str, Callable[[Posted], Iterator[Came]]]] = {
    "amazon_ses": _ses,
    "mailersend": _mailersend,
    "mailgun": _mailgun,
    "mailjet": _mailjet,
    "mandrill": _mandrill,
    "postal": _postal,
    "postmark": _postmark,
    "sendgrid": _sendgrid,
    "sparkpost": _sparkpost,
}
PROVIDERS: Final = tuple(_READERS)
