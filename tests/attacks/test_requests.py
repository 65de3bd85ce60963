"""Requests that no browser sends: other methods, bodies made to hurt, headers that lie."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client

from surveys.responses.models import ClickEvent
from tests.people import Person
from tests.responses.mail import Mail, Shown

FORM = "application/x-www-form-urlencoded"
SAME = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
METHODS = ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "GET\r\nX: y", ""]


def addresses(mail: Mail) -> list[str]:
    return [mail.link(9), mail.page, f"{mail.page}thanks/", mail.unsubscribe]


@pytest.mark.parametrize("method", METHODS)
def test_other_methods_do_nothing(mail: Mail, ada: Client, method: str) -> None:
    for address in addresses(mail):
        answer = ada.generic(method, address, b"score=0&List-Unsubscribe=One-Click", FORM)
        assert answer.status_code == 405, address
        assert b"One-Click" not in answer.content, "nothing of a request comes back (TRACE)"
    mail.invitation.refresh_from_db()
    assert (mail.clicks, mail.responses, mail.invitation.unsubscribed_at) == ([], 0, None)


def test_headers_and_fields_do_not_change_the_method(mail: Mail, ada: Client, alice: Person) -> None:
    """Some frameworks let a POST call itself a DELETE, and a GET a POST."""
    overrides = dict.fromkeys(("x-http-method-override", "x-method-override", "x-http-method"), "POST")
    ada.get(mail.unsubscribe, {"_method": "POST", "List-Unsubscribe": "One-Click"}, headers=overrides)
    ada.head(mail.link(9), headers=overrides)
    alice.get(alice.url("campaigns:cancel", pk=mail.invitation.campaign_id), {"_method": "POST"}, headers=overrides)
    mail.invitation.refresh_from_db()
    mail.invitation.campaign.refresh_from_db()
    assert (mail.clicks, mail.invitation.unsubscribed_at, mail.invitation.campaign.status) == ([], None, "draft")


def hostile_bodies() -> Iterator[tuple[str, bytes, str]]:
    yield "a hundred thousand fields", b"&".join(b"q%d=x" % number for number in range(100_000)), FORM
    yield "three megabytes in a field", b"comment=" + b"x" * 3_000_000, FORM
    yield "one byte more than is allowed", b"comment=" + b"x" * configured.DATA_UPLOAD_MAX_MEMORY_SIZE, FORM
    yield "null bytes", b"score=9&comment=a%00b&seen=&nonce=%00", FORM
    yield "no text at all", b"score=\xff\xfe&comment=\xc3\x28\xa0\xa1&nonce=\xed\xa0\x80", FORM
    yield "half an escape", b"score=%&comment=%u0041%zz&nonce=%F0%9F", FORM
    yield "another alphabet is declared", b"score=9&comment=\xe4", f"{FORM}; charset=utf-16"
    yield "an alphabet that does not exist", b"score=9&comment=\xe4", f"{FORM}; charset=klingon"
    yield "files that nobody wanted", _multipart(b'name="score"; filename="9"'), "multipart/form-data; boundary=x"
    yield (
        "a part without an end",
        b'--x\r\nContent-Disposition: form-data; name="score"\r\n\r\n9',
        "multipart/form-data; boundary=x",
    )
    yield "no boundary", b"--x\r\n\r\n--x--", "multipart/form-data"
    yield "a boundary of 500 letters", b"--" + b"x" * 500, f"multipart/form-data; boundary={'x' * 500}"
    yield "JSON ten thousand deep", b"[" * 10_000 + b"]" * 10_000, "application/json"
    yield "JSON", json.dumps({"score": 9, "__proto__": {"nonce": "x"}}).encode(), "application/json"
    yield "XML with an entity", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', "application/xml"
    yield "nothing", b"", FORM
    yield "the same field often", b"score=9&" * 500 + b"nonce=x", FORM


def _multipart(disposition: bytes) -> bytes:
    return b"--x\r\nContent-Disposition: form-data; " + disposition + b"\r\n\r\n9\r\n--x--\r\n"


@pytest.mark.parametrize(
    ("_name", "body", "content_type"), list(hostile_bodies()), ids=lambda part: part if isinstance(part, str) else ""
)
def test_a_body_made_to_hurt_is_refused_and_nothing_is_written(
    mail: Mail, ada: Client, _name: str, body: bytes, content_type: str
) -> None:
    for address in [*addresses(mail)[:2], mail.unsubscribe]:
        answer = ada.generic("POST", address, body, content_type, headers=SAME)
        assert answer.status_code in (200, 400, 403, 413), (address, answer.status_code)
    mail.invitation.refresh_from_db()
    assert (mail.responses, mail.clicks, mail.invitation.unsubscribed_at) == (0, [], None)


def test_what_is_too_large_or_does_not_say_how_large_it_is_is_refused_unread(mail: Mail, ada: Client) -> None:
    """Nothing of it is waited for: tests/customers/test_import_too_large.py asks the same of the real web server."""
    for address in [*addresses(mail), "/accounts/login/", "/hooks/mail/postmark/x/"]:
        gigabytes = ada.post(address, b"", content_type=FORM, CONTENT_LENGTH=str(2 * 1024**3))
        chunked = ada.post(address, b"score=9", content_type=FORM, headers={"transfer-encoding": "Chunked"})
        negative = ada.post(address, b"score=9", content_type=FORM, CONTENT_LENGTH="-1")
        assert (gigabytes.status_code, chunked.status_code) == (413, 411), address
        assert negative.status_code < 500, address
    assert (mail.responses, mail.clicks) == (0, [])


def test_bodies_made_to_hurt_break_no_page_of_people(alice: Person) -> None:
    pages = [alice.url("customers:new"), alice.url("campaigns:new"), alice.url("accounts:people"), "/accounts/login/"]
    for name, body, content_type in hostile_bodies():
        for address in pages:
            answer = alice.generic("POST", address, body, content_type, headers=SAME)
            assert answer.status_code < 500, (name, address)


def test_a_null_byte_or_half_a_letter_in_an_address_is_a_404_or_400(mail: Mail, ada: Client, alice: Person) -> None:
    lists = alice.url("customers:list")
    for tail in (
        "?q=%00",
        "?q=%ff%fe",
        "?after=%00",
        "?after=%ED%A0%80",
        "?page=99999999999999999999",
        "?sort=%00",
        "?q=" + "x" * 8000,
    ):
        assert alice.get(lists + tail).status_code < 500, tail
        assert ada.get(mail.page + tail).status_code == 200, tail
        assert alice.get(alice.url("responses:feed") + tail).status_code < 500, tail
    for path in ("/%00", "/r/%00/9/", "/o/%00/", "/%ff%fe", "/r//9/", "//evil.example/r/", "/r/" + "x" * 5000 + "/"):
        assert ada.get(path).status_code in (301, 302, 400, 404), path


# ── Headers that lie ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "lie", ["198.51.100.9", "198.51.100.9, 203.0.113.77", "'; DROP TABLE x; --", "<script>", "a" * 5000, "::ffff:0:0"]
)
def test_without_trusted_proxies_nobody_says_where_they_come_from(
    mail: Mail, ada: Client, settings: Any, lie: str
) -> None:
    settings.TRUSTED_PROXIES = 0
    forwarded = {"x-forwarded-for": lie, "forwarded": f"for={lie}", "x-real-ip": lie, "client-ip": lie}
    assert ada.get(mail.link(9), headers=forwarded).status_code == 200
    assert ClickEvent.objects.get(kind="click").network == "203.0.113.0/24"


def test_with_one_trusted_proxy_only_its_own_word_counts(mail: Mail, ada: Client, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    ada.get(mail.link(9), headers={"x-forwarded-for": "10.9.8.7, 192.0.2.5"})
    assert ClickEvent.objects.get(kind="click").network == "192.0.2.0/24"


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver:80@evil.example", "evil.example:80", "a b", ""]
)
def test_another_host_is_not_answered(mail: Mail, ada: Client, host: str) -> None:
    assert ada.get("/accounts/login/", headers={"host": host}).status_code == 400
    assert "evil" not in ada.get(mail.link(9), headers={"host": host}).content.decode()
    assert "evil" not in ada.get(mail.link(9), headers={"x-forwarded-host": host}).content.decode()


def test_a_huge_or_odd_header_is_stored_short_or_not_at_all(mail: Mail, ada: Client) -> None:
    odd = {
        "user-agent": "x" * 20_000,
        "accept-language": "\x00de\xff" + "y" * 5000,
        "sec-fetch-site": "'\"><script>",
        "sec-purpose": "\ud83d".encode("utf-8", "surrogatepass").decode("latin-1"),
    }
    assert ada.get(mail.link(9), headers=odd).status_code == 200
    kept = ClickEvent.objects.get(kind="click")
    assert len(kept.user_agent) <= 300
    assert all(len(str(value)) <= 60 for value in kept.signals.values())


def test_the_page_of_a_click_says_nothing_that_came_in_headers(mail: Mail, ada: Client) -> None:
    marked = {
        "user-agent": "mark1er",
        "referer": "https://mark1er.example/",
        "accept-language": "mark1er",
        "cookie": "a=mark1er",
    }
    shown = Shown(ada.get(mail.link(9) + "?mark1er=mark1er", headers=marked))
    assert "mark1er" not in shown.html
    assert shown.answer.cookies == {}
