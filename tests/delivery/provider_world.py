"""Mail providers' APIs as real HTTP servers, and accounts with them."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.delivery import own_roads
from surveys.delivery.models import MailAccount

SECRET = "sealed-secret-4711"


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body or b"{}")

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


class Api(ThreadingHTTPServer):
    """Answers by a rule, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self, rule: Callable[[Call], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rule = rule
        self.calls: list[Call] = []
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Api

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = Call(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.server.calls.append(call)
        answer = self.server.rule(call)
        content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in ({"Content-Type": "application/json"} | answer.headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer

    def log_message(self, *_words: object) -> None:
        """Not on the screen of the tests."""


@contextmanager
def api(rule: Callable[[Call], Answer]) -> Iterator[Api]:
    server = Api(rule)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class Silent:
    """A mail server that takes connections and says nothing; or one thing; or a letter now and then, and never a line."""

    def __init__(self, *, drips: bool = False, says: bytes = b"") -> None:
        self._drips, self._says = drips, says
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.connections = 0
        self._kept: list[socket.socket] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._kept.append(connection)
            connection.send(self._says)
            if self._drips:
                threading.Thread(target=self._drip, args=[connection], daemon=True).start()

    def _drip(self, connection: socket.socket) -> None:
        try:
            while True:
                connection.send(b"2")
                time.sleep(0.05)
        except OSError:
            return

    def close(self) -> None:
        for each in (self._socket, *self._kept):
            each.close()


@contextmanager
def silent(*, drips: bool = False, says: bytes = b"") -> Iterator[Silent]:
    server = Silent(drips=drips, says=says)
    try:
        yield server
    finally:
        server.close()


def own_account(of: Organization, provider: str, options: dict[str, str] | None = None, **secrets: str) -> MailAccount:
    at = timezone.now()
    return MailAccount.objects.create(
        organization=of,
        provider=provider,
        options=options or {},
        secrets=own_roads.sealed(secrets),
        is_on=True,
        checked_at=at,
        created_at=at,
        updated_at=at,
    )


def own_server(of: Organization, port: int, **more: str) -> MailAccount:
    options = {"host": "127.0.0.1", "port": str(port), "security": "none"} | more
    return own_account(of, "smtp", options)
