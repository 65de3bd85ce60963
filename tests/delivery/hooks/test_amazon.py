"""Amazon SNS: who signs, with which certificate, from where, and which subscriptions are confirmed."""

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from django.core.cache import cache
from pytest_django import Settings

from surveys.delivery.hooks import sns
from surveys.delivery.models import DeliveryEvent, UnreadEvent
from tests.delivery.hooks import amazon, providers
from tests.delivery.hooks.providers import Request
from tests.delivery.hooks.world import Hook, about, operators, part, sent_to
from tests.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def road(db: None, settings: Settings) -> Hook:
    return operators("amazon_ses", settings)


def post(road: Hook, body: bytes) -> int:
    return road.send(Request(body, "text/plain; charset=UTF-8")).status_code


def envelope(alice: Person, **changes: Any) -> dict[str, Any]:
    """Of a delivery, with no signature yet."""
    ada = sent_to(alice, "ada@example.com")
    made = json.loads(amazon.notification(providers.body("amazon_ses", [about(ada, part("amazon_ses", "delivered"))])))
    return {name: value for name, value in made.items() if "Signature" not in name} | changes


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_versions_of_the_signature(alice: Person, road: Hook, version: str) -> None:
    assert post(road, amazon.signed(envelope(alice), version)) == 200
    assert DeliveryEvent.objects.get().kind == "delivered"


def test_a_subject_is_signed_where_there_is_one(alice: Person, road: Hook) -> None:
    plain = envelope(alice)
    del plain["Subject"]
    assert post(road, amazon.signed(plain)) == 200
    assert post(road, amazon.signed(plain).replace(b'"Type"', b'"Subject": "x", "Type"')) == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"SigningCertURL": "http://sns.eu-west-1.amazonaws.com/x.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem"},
        {"SigningCertURL": "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com@evil.example/x.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com:8443/x.pem"},
        {"SigningCertURL": "https://bucket.s3.amazonaws.com/x.pem"},
        {"SigningCertURL": "https://sns.s3-us-west-2.amazonaws.com/x.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/x.txt?y=.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/x.txt"},
        {"SigningCertURL": None},
        {"Type": "Something"},
        {"TopicArn": "arn:aws:sns:eu-west-1:999999999999:of-somebody-else"},
    ],
    ids=lambda changes: str(*changes.values()),
)
def test_what_is_not_believed(alice: Person, road: Hook, changes: dict[str, Any]) -> None:
    """Each would verify, if its certificate were taken from where it says."""
    address = changes.get("SigningCertURL")
    if address:
        cache.set(sns.cache_key(address), amazon.certificate(), 60)
    assert post(road, amazon.signed(envelope(alice, **changes))) == 403
    assert not DeliveryEvent.objects.exists()
    assert UnreadEvent.objects.get().raw == ""


def test_another_message_under_the_same_signature(alice: Person, road: Hook) -> None:
    signed = json.loads(amazon.signed(envelope(alice)))
    signed["Message"] = signed["Message"].replace("Delivery", "Complaint")
    assert post(road, json.dumps(signed).encode()) == 403
    assert [post(road, body) for body in (b" ", b"[]", b"{", b'{"Type": []}')] == [403] * 4


# ── Amazon itself, at its own name ───────────────────────────────────────────────────────────────────────────────────
class _Amazon(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(amazon.certificate())

    def log_message(self, *_words: object) -> None:
        """Not on the screen of the tests."""


class _Proxy(BaseRequestHandler):
    """Leads every name to our Amazon: CONNECT, and then bytes to and fro."""

    target: int

    def handle(self) -> None:
        while b"\r\n\r\n" not in self.request.recv(65536):
            pass
        self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with socket() as there:
            there.connect(("127.0.0.1", self.target))
            back = threading.Thread(target=_pass_on, args=[there, self.request])
            back.start()
            _pass_on(self.request, there)
            back.join()


def _pass_on(source: socket, target: socket) -> None:
    try:
        while some := source.recv(65536):
            target.sendall(some)
        target.shutdown(1)
    except OSError:
        return


@pytest.fixture
def amazon_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Answers at https://sns.eu-west-1.amazonaws.com, with a certificate that this process trusts; what it was asked."""
    key, chain = amazon.web_certificate()
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + chain
    )
    authority = tmp_path / "authority.pem"
    authority.write_bytes(chain)
    _Amazon.asked = []
    web = ThreadingHTTPServer(("127.0.0.1", 0), _Amazon)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    web.socket = context.wrap_socket(web.socket, server_side=True)
    _Proxy.target = web.server_port
    proxy = ThreadingTCPServer(("127.0.0.1", 0), _Proxy)
    proxy.daemon_threads = True
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_address[1]}")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
    for server in (web, proxy):
        threading.Thread(target=server.serve_forever, args=[0.01]).start()
    yield _Amazon.asked
    for server in (web, proxy):
        server.shutdown()
        server.server_close()


def subscription(**changes: Any) -> dict[str, Any]:
    return {
        "Type": "SubscriptionConfirmation",
        "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "Token": "2336412f37",
        "TopicArn": amazon.TOPIC,
        "Message": "You have chosen to subscribe to the topic.",
        "SubscribeURL": amazon.SUBSCRIBE,
        "Timestamp": "2026-05-31T14:30:00.000Z",
    } | changes


def test_the_certificate_is_fetched_once_and_a_named_topic_is_confirmed(
    alice: Person, road: Hook, amazon_itself: list[str]
) -> None:
    cache.delete(sns.cache_key(amazon.CERTIFICATE))

    assert post(road, amazon.signed(subscription())) == 200
    assert post(road, amazon.signed(envelope(alice))) == 200

    assert [path.partition("?")[0] for path in amazon_itself] == [
        "/SimpleNotificationService-0123456789abcdef.pem",
        "/",
    ]
    assert "Action=ConfirmSubscription" in amazon_itself[1]
    assert DeliveryEvent.objects.get().kind == "delivered"


@pytest.mark.parametrize(
    "changes",
    [{"TopicArn": "arn:aws:sns:eu-west-1:999999999999:theirs"}, {"SubscribeURL": "https://evil.example/confirm"}],
    ids=["another topic", "another host"],
)
def test_no_other_subscription_is_confirmed(road: Hook, amazon_itself: list[str], changes: dict[str, Any]) -> None:
    assert post(road, amazon.signed(subscription(**changes))) in (200, 403)
    assert amazon_itself == []
    assert "not" in UnreadEvent.objects.get().problem


def test_that_a_subscription_ended_is_noted(road: Hook) -> None:
    assert post(road, amazon.signed(subscription(Type="UnsubscribeConfirmation"))) == 200
    assert "ended" in UnreadEvent.objects.get().problem


def test_amazon_is_asked_again_when_it_does_not_answer(road: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody is there
    cache.delete(sns.cache_key(amazon.CERTIFICATE))
    assert post(road, amazon.signed(subscription())) == 503
