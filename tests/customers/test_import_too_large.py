"""Uploads of gigabytes against the real web server: an answer in words, before anything is read."""

import socket
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client

from tests.helpers.processes import LiveApp
from tests.people import Person

ADDRESS = "/o/acme/customers/import/"


def answer(app: LiveApp, headers: str, body: bytes) -> str:
    """What the server says when a client sends this and then waits, its upload unfinished."""
    parts = urlsplit(app.url)
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=10) as client:
        head = f"POST {ADDRESS} HTTP/1.1\r\nHost: {parts.netloc}\r\n{headers}\r\n"
        client.sendall(head.encode() + body)
        received = b""
        while b"</html>" not in received and (piece := client.recv(65536)):
            received += piece
    return received.decode()


def signed_in(person: Person) -> str:
    client = Client()
    client.force_login(person.membership.user)
    return f"Cookie: {settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}\r\n"


def test_two_gigabytes_are_refused_before_they_are_sent(live_app: LiveApp, alice: Person) -> None:
    headers = signed_in(alice) + f"Content-Length: {2 * 1024**3}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    received = answer(
        live_app, headers, b"--x\r\nContent-Disposition: form-data; name=file; filename=big.csv\r\n\r\nemail"
    )

    assert received.startswith("HTTP/1.1 413")
    assert f"A file may have up to {settings.UPLOAD_LIMIT // 1024**2} MB." in received


def test_an_upload_that_does_not_say_how_long_it_is_is_refused(live_app: LiveApp, alice: Person) -> None:
    headers = signed_in(alice) + "Transfer-Encoding: chunked\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    received = answer(live_app, headers, b"5\r\nemail\r\n")

    assert received.startswith("HTTP/1.1 411")
    assert "does not say how long it is" in received
