"""What providers post when they have taken a mail apart, in the shape of their documentation: the same mail by each."""

import json
from base64 import b64encode
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

TEXT, HTML, NAME, DATA = (
    "Es geht wieder.\n\nAda",
    "<p>Es geht <b>wieder</b>.</p>\n<p>Ada</p>",
    "Bild “1”.png",
    b"\x89PNG\r\n\x1a\n" * 6,
)
SENDER = "ada@example.com"
HEADERS = [
    ["Received", "by mx.example.com"],
    ["Subject", "Re: Umfrage über alles"],
    ["From", f"Ada Müller <{SENDER}>"],
    ["Message-Id", "<apart@mail.example.com>"],
    ["Content-Type", 'multipart/mixed; boundary="theirs"'],
]


def mailgun(to: str) -> dict[str, Any]:
    """https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/receive-http"""
    fields = {"recipient": to, "sender": SENDER, "message-headers": json.dumps(HEADERS), "attachment-count": "1"}
    return {"data": fields | {"body-plain": TEXT, "body-html": HTML, "attachment-1": _file()}}


def sendgrid(to: str) -> dict[str, Any]:
    """https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook"""
    fields = {
        "headers": "".join(f"{name}: {value}\n" for name, value in HEADERS),
        "envelope": json.dumps({"to": [to], "from": SENDER}),
        "charsets": json.dumps({"to": "UTF-8", "text": "iso-8859-1", "html": "UTF-8"}),
        "attachment-info": json.dumps({"attachment1": {"filename": NAME, "type": "image/png"}}),
    }
    return {"data": fields | {"text": TEXT, "html": HTML, "attachment1": _file()}}


def mailjet(to: str) -> dict[str, Any]:
    """https://dev.mailjet.com/email/guides/parse-api/"""
    kept = {
        "Content-Type": 'image/png; name="x"',
        "Content-Disposition": "attachment; filename*=utf-8''Bild%20%E2%80%9C1%E2%80%9D.png",
    }
    parts = [
        {"Headers": {"Content-Type": "text/plain"}, "ContentRef": "Text-part"},
        {"Headers": kept, "ContentRef": "Attachment1"},
    ]
    headers: dict[str, Any] = dict(HEADERS) | {"Received": ["by mx.example.com", "by another"]}
    fields = {"Sender": SENDER, "Recipient": to, "Headers": headers, "Parts": parts, "SpamAssassinScore": "0"}
    return _json(fields | {"Text-part": TEXT, "Html-part": HTML, "Attachment1": b64encode(DATA).decode()})


def postmark(to: str) -> dict[str, Any]:
    """https://postmarkapp.com/developer/webhooks/inbound-webhook"""
    own = {name: value for name, value in HEADERS if name in ("From", "Subject")}
    headers = [{"Name": name, "Value": value} for name, value in HEADERS if name not in own]
    file = {"Name": NAME, "Content": b64encode(DATA).decode(), "ContentType": "image/png", "ContentLength": len(DATA)}
    fields: dict[str, Any] = {"OriginalRecipient": to, "To": to, "MessageID": "22c74902", "Attachments": [file], **own}
    first = {"Name": "Return-Path", "Value": f"<{SENDER}>"}
    fields["FromFull"] = {"Email": SENDER, "Name": "Ada Müller", "MailboxHash": ""}
    return _json(fields | {"Headers": [first, *headers], "TextBody": TEXT, "HtmlBody": HTML})


def _file() -> SimpleUploadedFile:
    return SimpleUploadedFile(NAME, DATA, "image/png")


def _json(of: object) -> dict[str, Any]:
    return {"data": json.dumps(of), "content_type": "application/json"}


APART = {"mailgun": mailgun, "sendgrid": sendgrid, "mailjet": mailjet, "postmark": postmark}
