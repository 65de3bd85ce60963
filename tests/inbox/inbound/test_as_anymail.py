"""What we make of a provider's post is what anymail's own view for it makes: it is an independent reader of the same posts.

Where the two differ is written down here, and why in docs/decisions/0013-posts-of-mails.md.
"""

import json
from base64 import b64encode
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from anymail.inbound import AnymailInboundMessage
from anymail.webhooks.amazon_ses import AmazonSESInboundWebhookView
from anymail.webhooks.mailersend import MailerSendInboundWebhookView
from anymail.webhooks.mailgun import MailgunInboundWebhookView
from anymail.webhooks.mailjet import MailjetInboundWebhookView
from anymail.webhooks.mandrill import MandrillCombinedWebhookView
from anymail.webhooks.postal import PostalInboundWebhookView
from anymail.webhooks.postmark import PostmarkInboundWebhookView
from anymail.webhooks.sendgrid import SendGridInboundWebhookView
from anymail.webhooks.sparkpost import SparkPostInboundWebhookView
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest
from django.test import RequestFactory

from surveys.delivery.hooks.posted import Posted
from surveys.inbox import files
from surveys.inbox.inbound import bodies, bounded, charsets, roads
from tests.inbox.inbound import providers
from tests.inbox.inbound.post import of_corpus

VIEWS: dict[str, Any] = {
    "amazon_ses": AmazonSESInboundWebhookView,
    "mailersend": MailerSendInboundWebhookView,
    "mailgun": MailgunInboundWebhookView,
    "mailjet": MailjetInboundWebhookView,
    "mandrill": MandrillCombinedWebhookView,
    "postal": PostalInboundWebhookView,
    "postmark": PostmarkInboundWebhookView,
    "sendgrid": SendGridInboundWebhookView,
    "sparkpost": SparkPostInboundWebhookView,
}
MAILS = ("gmail-english", "gmail-german", "thunderbird-bottom-posting", "iphone-signature", "attachment-names")
# Anymail makes letters of the bytes that these post, as UTF-8, and fails: such a mail would be lost.
LOST = ("postal", "sparkpost")
LATIN = b'From: ada@example.com\r\nSubject: Gr\xfc\xdfe\r\nContent-Type: text/plain; charset="iso-8859-1"\r\n\r\nGr\xfc\xdfe\r\n'
TO = ["one@replies.example.com", "two@replies.example.com"]
ONE_RECIPIENT = ("amazon_ses", "mailersend", "sendgrid")  # of several that the post names anymail knows the first alone


@dataclass(frozen=True)
class Seen:
    sender: str
    envelope: tuple[str | None, str]
    subject: str
    text: str
    html: str
    files: list[tuple[str, bytes]]


def ours(provider: str, request: HttpRequest) -> tuple[Seen, tuple[str, ...]]:
    posted = Posted(request.body, str(request.content_type), request.headers, request.build_absolute_uri())
    (came,) = roads.mails(provider, posted)
    found = bounded.message(came.raw)
    body = bodies.body_of(found)
    sender, subject = charsets.sender(found), charsets.header(found, "Subject")
    named = [(file.name, file.data) for file in body.files]
    seen = Seen(sender, (came.sender, came.recipients[0]), subject, body.text.strip(), body.html.strip(), named)
    return seen, came.recipients


def anymails(provider: str, request: HttpRequest) -> Seen:
    view: Any = object.__new__(VIEWS[provider])  # its constructor looks for keys of its own in the settings
    message = _message(provider, view, request)
    named = [
        (files.clean_name(part.get_filename() or "file-6.ics"), part.get_content_bytes())
        for part in message.walk()
        if part.is_attachment()
        or (part.is_inline() and part.get_filename())
        or part.get_content_type() == "text/calendar"  # a file to us without being called one
    ]
    return Seen(
        message.from_email.addr_spec,
        (message.envelope_sender, str(message.envelope_recipient)),
        " ".join(str(message.subject).split()),
        (message.text or "").strip(),
        (message.html or "").strip(),
        named,
    )


def _message(provider: str, view: Any, request: HttpRequest) -> AnymailInboundMessage:
    """As far as a view translates: what stands before it checks signatures."""
    match provider:
        case "amazon_ses":
            notice = json.loads(request.body)
            return view.esp_to_anymail_events(json.loads(notice["Message"]), notice)[0].message
        case "postmark":
            return view.esp_to_anymail_event(json.loads(request.body)).message
        case "sparkpost":
            found = [view.unwrap_event(event) for event in json.loads(request.body)]
            return view.esp_to_anymail_event(*found[0]).message
        case "mandrill":
            (event,) = json.loads(request.POST["mandrill_events"])
            return view.mandrill_inbound_to_anymail_event(event).message
    return view.parse_events(request)[0].message


# ── Posts ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _json(of: object) -> dict[str, Any]:
    return {"data": json.dumps(of), "content_type": "application/json"}


def whole(provider: str, raw: bytes, to: list[str]) -> dict[str, Any]:
    """A post with all of a mail in it, as providers make it."""
    sender, letters, coded = providers.SENDER, raw.decode("utf-8", "replace"), b64encode(raw).decode()
    match provider:
        case "amazon_ses":
            receipt = {"recipients": to, "action": {"type": "SNS", "encoding": "BASE64"}}
            event = {"notificationType": "Received", "receipt": receipt, "mail": {"source": sender}, "content": coded}
            return _json({"Type": "Notification", "Message": json.dumps(event)})
        case "mailersend":
            recipients = {"rcptTo": [{"email": each} for each in to]}
            data = {"id": "1", "raw": letters, "sender": {"email": sender}, "recipients": recipients}
            return _json({"type": "inbound.message", "data": data})
        case "mailgun":
            return {"data": {"recipient": to[0], "sender": sender, "timestamp": "1700000000", "body-mime": letters}}
        case "mandrill":
            return {
                "data": {
                    "mandrill_events": json.dumps([{"event": "inbound", "msg": {"raw_msg": letters, "email": to[0]}}])
                }
            }
        case "postal":
            return _json({"rcpt_to": to[0], "mail_from": sender, "message": coded, "base64": True})
        case "postmark":
            headers = [{"Name": "Return-Path", "Value": f"<{sender}>"}]
            return _json({"OriginalRecipient": to[0], "RawEmail": letters, "MessageID": "1", "Headers": headers})
        case "sendgrid":
            return {"data": {"email": letters, "envelope": json.dumps({"from": sender, "to": to})}}
    content = {"email_rfc822": coded, "email_rfc822_is_base64": True}
    relay = {"protocol": "smtp", "rcpt_to": to[0], "msg_from": sender, "content": content}
    return _json([{"msys": {"relay_message": relay}}])


def apart(provider: str, raw: bytes, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A post of what the provider took out of a mail."""
    found = message_from_bytes(raw, policy=default)
    said = {kind: found.get_body((kind,)) for kind in ("plain", "html")}
    given = {kind: part.get_content().replace("\r\n", "\n") if part else "" for kind, part in said.items()}
    mine = [[name, " ".join(str(value).split())] for name, value in found.items()]
    monkeypatch.setattr(providers, "HEADERS", mine)
    monkeypatch.setattr(providers, "TEXT", given["plain"])
    monkeypatch.setattr(providers, "HTML", given["html"])
    posted = providers.APART[provider](TO[0])
    if provider == "mailgun":
        posted["data"]["timestamp"] = "1700000000"
    if provider == "sendgrid":
        posted["data"]["charsets"] = json.dumps(
            {"text": "UTF-8", "html": "UTF-8"}
        )  # Django makes letters of it as UTF-8
        posted["data"]["attachments"] = "1"
    return posted


def posted(given: dict[str, Any]) -> tuple[HttpRequest, HttpRequest]:
    made = RequestFactory()
    mine, theirs = made.post("/", **given), made.post("/", **_again(given))
    theirs.upload_handlers = [MemoryFileUploadHandler(theirs)]  # ours take files of people who are signed in alone
    return mine, theirs


def _again(given: dict[str, Any]) -> dict[str, Any]:
    """Files were read to their ends."""
    for value in given["data"].values() if isinstance(given["data"], dict) else ():
        if hasattr(value, "seek"):
            value.seek(0)
    return given


# ── The same ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("provider", sorted(set(VIEWS) - {"mailjet"}))
@pytest.mark.parametrize("name", MAILS)
def test_a_whole_mail_is_read_as_anymail_reads_it(provider: str, name: str) -> None:
    mine, theirs = posted(whole(provider, of_corpus(name), TO))
    seen, recipients = ours(provider, mine)
    assert seen == anymails(provider, theirs)
    assert recipients == tuple(TO if provider in ONE_RECIPIENT else TO[:1])


@pytest.mark.parametrize("provider", sorted(providers.APART))
@pytest.mark.parametrize("name", MAILS)
def test_a_mail_that_was_taken_apart_is_put_together_as_anymail_does(
    monkeypatch: pytest.MonkeyPatch, provider: str, name: str
) -> None:
    mine, theirs = posted(apart(provider, of_corpus(name), monkeypatch))
    seen, _recipients = ours(provider, mine)
    assert seen == anymails(provider, theirs)
    assert seen.files == [(files.clean_name(providers.NAME), providers.DATA)]


@pytest.mark.parametrize("provider", ["amazon_ses", "postal", "sparkpost"])
def test_a_mail_that_is_not_utf8_is_read_where_anymail_loses_it(provider: str) -> None:
    mine, theirs = posted(whole(provider, LATIN, TO))
    seen, _recipients = ours(provider, mine)
    assert (seen.subject, seen.text) == ("Grüße", "Grüße")
    if provider in LOST:
        with pytest.raises(UnicodeDecodeError):
            anymails(provider, theirs)
    else:
        assert anymails(provider, theirs).text == "Grüße"


def test_a_text_goes_on_behind_a_picture_where_anymail_reads_its_beginning() -> None:
    mine, theirs = posted(whole("postal", of_corpus("apple-mail-picture"), TO))
    seen, read = ours("postal", mine)[0], anymails("postal", theirs)
    assert (seen.text, read.text) == ("Here is what I see:\n\nCan you help?", "Here is what I see:")
    assert seen.files == read.files
