"""Mails come by providers, by a mail server's HTTP, and by a pipe; what cannot prove that it comes from them is not taken."""

import base64
import hashlib
import hmac
import io
import json
import sys
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from surveys.inbox.inbound import roads, spending, turns
from surveys.inbox.models import Attachment, InboundMail, SpentSignature
from tests.inbox.inbound import providers
from tests.inbox.inbound.post import BUSY, mail, of_corpus
from tests.inbox.inbound.providers import APART

RAW = of_corpus("gmail-english")


def _mailgun(to: str, raw: str, key: str, age: float = 0) -> dict:
    stamp, token = str(int(time.time() - age)), "t" * 50
    signature = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    fields = {"recipient": to, "sender": "ada@example.com", "timestamp": stamp, "token": token, "signature": signature}
    return {"data": fields | {"body-mime": raw}}  # a form with files, as the test client sends forms


def _json(of: object) -> dict:
    return {"data": json.dumps(of), "content_type": "application/json"}


def _posted(provider: str, to: str, key: str) -> dict:
    raw = RAW.decode()
    match provider:
        case "mailgun":
            return _mailgun(to, raw, key)
        case "postmark":
            return _json({"OriginalRecipient": to, "RawEmail": raw, "MessageID": "1", "Headers": []})
        case "postal":
            return _json(
                {
                    "rcpt_to": to,
                    "mail_from": "ada@example.com",
                    "message": base64.b64encode(RAW).decode(),
                    "base64": True,
                }
            )
        case "sparkpost":
            content = {"email_rfc822": raw, "email_rfc822_is_base64": False}
            relay = {"protocol": "smtp", "rcpt_to": to, "msg_from": "ada@example.com", "content": content}
            return _json([{"msys": {"relay_message": relay}}])
        case "sendgrid":
            return {"data": {"email": raw, "envelope": json.dumps({"from": "ada@example.com", "to": [to]})}}
        case "mandrill":
            events = [{"event": "inbound", "ts": 1, "msg": {"raw_msg": raw, "email": to}}]
            return {"data": {"mandrill_events": json.dumps(events)}}
        case "mailersend":
            data = {"id": "1", "raw": raw, "sender": {"email": "a@x"}, "recipients": {"rcptTo": [{"email": to}]}}
            return _json({"type": "inbound.message", "data": data})
        case _:
            headers = {"From": "ada@example.com", "Message-ID": "<gmail@mail.example.com>", "Subject": "x"}
            return _json(
                {"Recipient": to, "Sender": "a@x", "Headers": headers, "Text-part": "The export still fails.\n\nAda"}
            )


@pytest.mark.parametrize("provider", [name for name in roads.PROVIDERS if name != "amazon_ses"])
def test_a_provider_posts_a_mail_and_again_and_it_is_one_message(post, settings, provider):
    settings.INBOUND_PROVIDER, settings.INBOUND_KEY = provider, "secret" if provider == "mailgun" else ""
    path = urlsplit(roads.address()).path
    for _again in range(2):
        answer = Client().post(path, **_posted(provider, post.address, "secret"))
        assert (answer.status_code, answer.content) == (200, b"Thank you.\n")
        post.read(timezone.now())
    assert [message.text for message in post.messages()] == ["The export still fails.\n\nAda"]
    assert post.messages()[0].conversation_id == post.conversation.pk


@pytest.mark.parametrize("provider", sorted(APART))
def test_a_mail_that_a_provider_took_apart_is_one_again(post, settings, provider):
    settings.INBOUND_PROVIDER, settings.INBOUND_KEY = provider, ""
    path = urlsplit(roads.address()).path
    for _again in range(2):
        assert Client().post(path, **APART[provider](post.address)).content == b"Thank you.\n"
        post.read(timezone.now())
    (message,) = post.messages()
    assert (message.text, message.is_from_another, message.html_differs) == (providers.TEXT, False, False)
    assert "<b>wieder</b>" in message.html
    assert (message.message_id, message.from_address) == ("<apart@mail.example.com>", "ada@example.com")
    (file,) = Attachment.objects.filter(message=message)
    assert (file.name, bytes(file.data)) == ("Bild “1”.png", providers.DATA)


@pytest.mark.parametrize("provider", ["mailgun", "postmark"])
@pytest.mark.parametrize("name", ["comments in comments", "encoded words without an end", "lines in many parts"])
def test_what_keeps_readers_busy_does_not_hold_the_request(post, settings, provider, name):
    settings.INBOUND_PROVIDER, settings.INBOUND_KEY = provider, ""
    posted: dict[str, Any] = {"data": {"recipient": post.address, "body-mime": BUSY[name].decode()}}
    if provider == "postmark":
        posted = _json({"OriginalRecipient": post.address, "RawEmail": BUSY[name].decode()})
    begun = time.process_time()
    assert Client().post(urlsplit(roads.address()).path, **posted).content == b"Thank you.\n"
    assert time.process_time() - begun < 2
    assert bytes(post.last().raw or b"").replace(b"\r", b"").endswith(BUSY[name][-20:])


def test_a_signature_of_mailgun_signs_one_mail_and_not_for_ever(post, settings):
    settings.INBOUND_PROVIDER, settings.INBOUND_KEY, settings.INBOUND_SIGNATURE_HOURS = "mailgun", "secret", 12
    path = urlsplit(roads.address()).path
    first = _mailgun(post.address, RAW.decode(), "secret")
    assert [Client().post(path, **first).status_code for _again in range(2)] == [200, 200]
    for changed in ({"body-mime": RAW.decode() + "forged"}, {"recipient": "other@replies.example.com"}):
        assert Client().post(path, data=first["data"] | changed).status_code == 403
    for age in (13 * 3600, -13 * 3600):
        old = _mailgun(post.address, RAW.decode() + "old", "secret", age)
        assert Client().post(path, **old).status_code == 403
    assert InboundMail.objects.count() == 1

    spending.prune(at=timezone.now() + timedelta(hours=23))
    assert SpentSignature.objects.count() == 1
    spending.prune(at=timezone.now() + timedelta(hours=25))
    assert not SpentSignature.objects.exists()


def test_large_mails_are_taken_one_at_a_time(post, monkeypatch):
    monkeypatch.setattr(turns, "_PATIENCE", 0)
    large = mail("x" * turns.LARGE)
    with turns._one:
        answer = post.brings(large)
        assert (answer.status_code, answer["Retry-After"]) == (503, "60")
        assert post.brings(RAW).status_code == 200
    assert post.brings(large).status_code == 200


def test_what_is_not_signed_by_the_provider_is_refused(post, settings):
    settings.INBOUND_PROVIDER, settings.INBOUND_KEY = "mailgun", "secret"
    path = urlsplit(roads.address()).path
    assert Client().post(path, **_posted("mailgun", post.address, "guessed")).status_code == 403
    assert (
        Client().post(path.replace("mailgun", "postmark"), **_posted("postmark", post.address, "")).status_code == 404
    )
    assert Client().post(path[:-3] + "AA/", **_posted("mailgun", post.address, "secret")).status_code == 404
    settings.INBOUND_KEY, settings.INBOUND_LOGIN = "", "post:man"
    assert Client().post(path, **_posted("mailgun", post.address, "")).status_code == 401
    assert not InboundMail.objects.exists()


def test_a_post_that_is_no_mail_is_taken_and_noted(post, settings):
    settings.INBOUND_PROVIDER, settings.INBOUND_KEY = "postal", ""
    path = urlsplit(roads.address()).path
    for body in ("{}", "[]", "nonsense", '{"status": "x"}'):
        assert Client().post(path, body, content_type="application/json").status_code == 200
    assert not InboundMail.objects.exists()


def test_a_mail_with_a_strange_envelope_is_kept(post, settings):
    settings.INBOUND_PROVIDER, settings.INBOUND_KEY = "postal", ""
    path = urlsplit(roads.address()).path
    for number, (to, sender) in enumerate(
        [("\ud800@replies.localhost", "a@x"), (post.address, {"of": ["no text"]})], 1
    ):
        envelope = {"rcpt_to": to, "mail_from": sender, "message": RAW.decode(), "base64": False}
        assert Client().post(path, **_json(envelope)).status_code == 200
        assert InboundMail.objects.count() == number


def test_whole_mails_need_the_secret_and_have_a_size(post, settings):
    assert post.brings(RAW, bearer="guessed").status_code == 401
    assert post.brings(b" \r\n").status_code == 400
    assert (
        Client()
        .post(
            "/hooks/inbound/mime/", "x", content_type="text/plain", headers={"Authorization": "Bearer bearer of mail"}
        )
        .status_code
        == 415
    )

    answer = post.brings(b"From: ada@example.com\r\n\r\n" + b"x" * 30 * 1024**2)
    assert (answer.status_code, answer.content) == (
        413,
        b"This mail has more than 25 MB, which is the most that is taken.\n",
    )
    assert not InboundMail.objects.exists()

    settings.INBOUND_TOKEN = ""
    assert post.brings(RAW, bearer="").status_code == 404


def test_a_mail_server_pipes_a_mail_in(post, monkeypatch):
    class Standard:
        buffer = io.BytesIO(mail("by a pipe", To=post.address))

    monkeypatch.setattr(sys, "stdin", Standard)
    call_command("receive_mail", "--sender", "ada@example.com")
    post.read(timezone.now())
    assert [message.text for message in post.messages()] == ["by a pipe"]


def test_headers_of_the_envelope_cannot_be_slipped_in(post):
    post.brings(mail("hello"), sender="ada@example.com>\r\nAuto-Submitted: auto-replied\r\nX: <")
    post.read(timezone.now())
    assert [message.is_automatic for message in post.messages()] == [False]
