"""Providers as they post: bodies around events, and signatures made with keys of their own.

The events are in tests/data/hooks/<provider>.json, written after each provider's documentation. Words that begin with $ in
them stand for what is different in each message.
"""

import hashlib
import hmac
import json
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from django.conf import settings
from django.http import QueryDict

from tests.delivery.hooks import amazon

FOLDER = Path(__file__).parents[2] / "data" / "hooks"
PROVIDERS = sorted(path.stem for path in FOLDER.glob("*.json"))
IN_BATCHES = ("brevo", "mailjet", "mailtrap", "mandrill", "sendgrid", "sparkpost", "unisender_go")
UNSIGNED = ("brevo", "mailjet", "postmark", "sparkpost")
SECRET = "key of the tests"
_SVIX = b64encode(b"key of the tests, 24 long").decode()


@cache
def book(provider: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{provider}.json").read_text())
    return found


@dataclass(frozen=True)
class Request:
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def filled(part: Any, words: dict[str, Any]) -> Any:
    """The part about one message: whole words keep their type, others are put into the text."""
    if isinstance(part, dict):
        return {name: filled(value, words) for name, value in part.items()}
    if isinstance(part, list):
        return [filled(value, words) for value in part]
    if isinstance(part, str) and part in words:
        return words[part]
    if isinstance(part, str):
        for word in sorted(words, key=len, reverse=True):
            part = part.replace(word, str(words[word]))
    return part


# ── Bodies ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def body(provider: str, parts: list[Any]) -> bytes:
    """One that holds them all, or the only one."""
    if provider == "mandrill":
        form = QueryDict(mutable=True)
        form["mandrill_events"] = json.dumps(parts)
        return form.urlencode().encode()
    return json.dumps(_wrapped(provider, parts)).encode()


def _wrapped(provider: str, parts: list[Any]) -> Any:
    if provider == "mailtrap":
        return {"events": parts}
    if provider == "unisender_go":
        return {"auth": "0" * 32, "events_by_user": [{"user_id": 456, "project_id": "6123462132634", "events": parts}]}
    if provider in IN_BATCHES:
        return parts
    (only,) = parts
    return only


# ── Signatures ───────────────────────────────────────────────────────────────────────────────────────────────────────
@cache
def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def _ec() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _public(key: Any) -> str:
    """As providers show it on their pages: without the lines around it."""
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return "".join(pem.decode().splitlines()[1:-1])


def key(provider: str) -> str:
    """What the receiver is told."""
    if provider == "postal":
        return _public(_rsa())
    if provider == "sendgrid":
        return _public(_ec())
    return f"whsec_{_SVIX}" if provider == "resend" else SECRET


def _hex(message: bytes) -> str:
    return hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()


def _mailgun(_url: str, plain: bytes) -> Request:
    report = json.loads(plain)
    block = report["signature"]
    block["signature"] = _hex(f"{block['timestamp']}{block['token']}".encode())
    return Request(json.dumps(report).encode())


def _mandrill(url: str, plain: bytes) -> Request:
    events = QueryDict(plain.decode())["mandrill_events"]
    digest = hmac.new(SECRET.encode(), f"{url}mandrill_events{events}".encode(), hashlib.sha1).digest()
    kind = "application/x-www-form-urlencoded"
    return Request(plain, kind, {"X-Mandrill-Signature": b64encode(digest).decode()})


def _resend(_url: str, plain: bytes) -> Request:
    identity, at = f"msg_{hashlib.sha256(plain).hexdigest()[:24]}", str(int(time.time()))
    signed = f"{identity}.{at}.".encode() + plain
    digest = b64encode(hmac.new(b"key of the tests, 24 long", signed, hashlib.sha256).digest()).decode()
    return Request(plain, headers={"svix-id": identity, "svix-timestamp": at, "svix-signature": f"v1,{digest} v2,x"})


def _postal(_url: str, plain: bytes) -> Request:
    signature = b64encode(_rsa().sign(plain, padding.PKCS1v15(), hashes.SHA1())).decode()
    return Request(plain, headers={"X-Postal-Signature": signature})


def _sendgrid(_url: str, plain: bytes) -> Request:
    at = str(int(time.time()))
    signature = b64encode(_ec().sign(at.encode() + plain, ec.ECDSA(hashes.SHA256()))).decode()
    prefix = "X-Twilio-Email-Event-Webhook"
    return Request(plain, headers={f"{prefix}-Signature": signature, f"{prefix}-Timestamp": at})


def _unisender_go(_url: str, plain: bytes) -> Request:
    signed = plain.replace(b"0" * 32, SECRET.encode())
    return Request(plain.replace(b"0" * 32, hashlib.md5(signed, usedforsecurity=False).hexdigest().encode()))


_SIGN: dict[str, Callable[[str, bytes], Request]] = {
    "amazon_ses": lambda _url, plain: Request(amazon.notification(plain), "text/plain; charset=UTF-8"),
    "mailersend": lambda _url, plain: Request(plain, headers={"Signature": _hex(plain)}),
    "mailgun": _mailgun,
    "mailtrap": lambda _url, plain: Request(plain, headers={"Mailtrap-Signature": _hex(plain)}),
    "mandrill": _mandrill,
    "postal": _postal,
    "resend": _resend,
    "sendgrid": _sendgrid,
    "unisender_go": _unisender_go,
}


def request(provider: str, path: str, parts: list[Any]) -> Request:
    """As the provider would post it, signed if it signs."""
    plain = body(provider, parts)
    sign = _SIGN.get(provider)
    return sign(settings.PUBLIC_URL + path, plain) if sign else Request(plain)


def tampered(signed: Request) -> Request:
    """The same with another signature: of the right form, and wrong."""
    marks = {"Signature", "Mailtrap-Signature", "X-Mandrill-Signature", "svix-signature", "X-Postal-Signature"}
    marks.add("X-Twilio-Email-Event-Webhook-Signature")
    headers = {
        name: value[:-8] + ("AAAAAAA=" if value.endswith("=") else "00000000") if name in marks else value
        for name, value in signed.headers.items()
    }
    if headers != signed.headers:
        return Request(signed.body, signed.content_type, headers)
    report = json.loads(signed.body)
    if "auth" in report:
        report["auth"] = "1" * 32
    elif "Signature" in report:
        report["Signature"] = b64encode(b"0" * 256).decode()
    else:
        report["signature"]["signature"] = "0" * 64
    return Request(json.dumps(report).encode(), signed.content_type)
