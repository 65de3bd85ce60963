"""A small OpenID Connect provider: discovery, keys, authorization, tokens, userinfo; real HTTP, real signatures.

Whoever comes to its authorization endpoint is `person` and is sent back at once. A test changes the attributes below to
make it lie. `secrets` collects what must not get into any log.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, CLIENT_SECRET = "nps", "the secret of the client, known to two"


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Provider:
    person: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)  # over what is true
    claims: dict[str, Any] = field(default_factory=dict)  # of the id token, over what is true
    userinfo: dict[str, Any] = field(default_factory=dict)  # over what is true
    sign: Callable[[dict[str, Any]], str] | None = None  # in place of an honest signature
    is_down: bool = False
    secrets: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = _key()
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.issuer = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # ── endpoints: path → (status, JSON or the address to go to) ──

    def answer(self, path: str, query: dict[str, str], form: dict[str, str], bearer: str) -> tuple[int, Any]:
        self.calls.append(path)
        if self.is_down:
            return 503, {"error": "down"}
        ends: dict[str, Callable[[], tuple[int, Any]]] = {
            "/.well-known/openid-configuration": lambda: (200, self._configuration() | self.discovery),
            "/keys": lambda: (200, {"keys": [self._public_key()]}),
            "/authorize": lambda: self._authorize(query),
            "/token": lambda: self._token(form),
            "/userinfo": lambda: self._userinfo(bearer),
        }
        return ends[path]() if path in ends else (404, {})

    def _configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }

    def _public_key(self) -> dict[str, Any]:
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return jwk | {"kid": "first", "alg": "RS256", "use": "sig"}

    def _authorize(self, query: dict[str, str]) -> tuple[int, Any]:
        code = secrets.token_urlsafe(24)
        self._codes[code] = query
        self.secrets += [code, query["state"]]
        return 302, f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def _token(self, form: dict[str, str]) -> tuple[int, Any]:
        asked = self._codes.pop(form.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        honest = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        if not (asked and honest and asked["code_challenge"] == proof.decode().rstrip("=")):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        true = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300}
        claims = true | self.person | self.claims
        id_token = self.sign(claims) if self.sign else self.signed(claims)
        access_token = secrets.token_urlsafe(24)
        self.secrets += [id_token, access_token, form["code_verifier"]]
        return 200, {"access_token": access_token, "token_type": "Bearer", "expires_in": 300, "id_token": id_token}

    def _userinfo(self, bearer: str) -> tuple[int, Any]:
        return (200, self.person | self.userinfo) if bearer in self.secrets else (401, {})

    # ── signatures ──

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "first"})

    def signed_by_a_stranger(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, _key(), algorithm="RS256", headers={"kid": "first"})

    def signed_with_the_client_secret(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, CLIENT_SECRET, algorithm="HS256", headers={"kid": "first"})

    def not_signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, "", algorithm="none", headers={"kid": "first"})


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._respond(_flat(body))

        def _respond(self, form: dict[str, str]) -> None:
            parts = urlsplit(self.path)
            bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, content = provider.answer(parts.path, _flat(parts.query), form, bearer)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", content)
            body = b"" if status == 302 else json.dumps(content).encode()
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """The output belongs to the tests."""

    return Handler


def _flat(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query).items()}
