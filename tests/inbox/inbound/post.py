"""Mail for Acme, whose customer Ada gave a 2: by HTTP, as a mail server of the operator's hands it over."""

from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from surveys.inbox import addresses
from surveys.inbox.inbound import hearing
from surveys.inbox.models import Conversation, InboundMail, Message
from tests.helpers.smtp import SmtpSink
from tests.inbox.writing_world import Desk
from tests.people import Person

CORPUS = Path(__file__).parents[2] / "data" / "inbound"


HOLDER = b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n'
MIXED = b'From: a@example.com\nContent-Type: multipart/mixed; boundary="b"\n'
REPORT = b"From: a@example.com\nContent-Type: message/delivery-status\n\n"
BUSY = {
    "encoded words without an end": b"Subject: " + b"=?a?q?x" * 35_000 + b"\n\nhello",
    "ids without an end": b"References: " + b"=?a?q?x" * 35_000 + b"\n\nhello",
    "comments in comments": b"From: " + b"(" * 600 + b"\nTo: " + b"(" * 600 + b"\n\nhello",
    "groups in groups": b"From: " + b"a:" * 80_000 + b"\n\nhello",
    "a type of many words": b"From: a@example.com\nContent-Type: text/plain" + b";" * 250_000 + b"\n\nhello",
    "lines in many parts": b"From: a@example.com\n" + b"".join(HOLDER % (n, n) for n in range(300)) + b"\n" * 500_000,
    "lines alone": b"From: a@example.com\n\n" + b"\n" * 12_000_000,
    "files without an end": MIXED + b"\n\n--b\nContent-Disposition: attachment; filename=a\n\nx" * 10_000,
    "a report of many paragraphs": REPORT + b"Final-Recipient: rfc822; a@example.com\nAction: failed\n\n" * 150_000,
    "headers without an end": b"From: a@example.com\n" + b"X: y\n" * 400_000 + b"\nhello",
    "to a hundred thousand": b"From: a@example.com\nTo: " + b",\n ".join([b"u@example.com"] * 100_000) + b"\n\nhello",
    "mails in mails": b"From: a@example.com\n" + b"Content-Type: message/rfc822\n\n" * 5_000 + b"hello",
    "a text without lines": b"From: a@example.com\n\n" + b"a " * 5_000_000,
}


def mail(text: str = "It works now.", **headers: str) -> bytes:
    made = EmailMessage()
    given = {"From": "Ada <ada@example.com>", "Subject": "Re: hello", "Message-ID": "<one@mail.example.com>"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    for name, value in given.items():
        made[name] = value
    made.set_content(text)
    return made.as_bytes()


def of_corpus(name: str) -> bytes:
    return (CORPUS / f"{name}.eml").read_bytes()


def nested(depth: int) -> bytes:
    """Parts within parts within parts."""
    heads = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(depth))
    return b"From: ada@example.com\n" + heads + b"Content-Type: text/plain\n\nhello\n"


@dataclass
class Post:
    desk: Desk

    @property
    def conversation(self) -> Conversation:
        return Conversation.objects.get(pk=self.desk.conversation.pk)

    @property
    def address(self) -> str:
        return addresses.reply_address(self.desk.conversation, self.desk.ada) or ""

    def brings(
        self, raw: bytes, to: str = "", sender: str | None = None, bearer: str = "bearer of mail"
    ) -> HttpResponse:
        query: dict[str, Any] = {"to": to or self.address} | ({} if sender is None else {"from": sender})
        answer: Any = Client().post(
            "/hooks/inbound/mime/",
            raw,
            content_type="message/rfc822",
            query_params=query,
            headers={"Authorization": f"Bearer {bearer}"},
        )
        return answer

    def read(self, at: Any) -> None:
        while hearing.read_next(at=at):
            pass

    def messages(self) -> list[Message]:
        return list(Message.objects.filter(kind="inbound").order_by("pk"))

    def last(self) -> InboundMail:
        return InboundMail.objects.latest("pk")


@pytest.fixture
def post(settings: Any, alice: Person, smtp_sink: SmtpSink) -> Post:
    settings.INBOUND_DOMAIN = "replies.example.com"
    settings.INBOUND_TOKEN = "bearer of mail"
    return Post(Desk(alice, smtp_sink))
