"""Is it really the provider who posts this? The schemes of those that sign; SNS has a file of its own.

Every comparison of secrets takes the same time, whatever is compared. Age is not asked here: whoever posts an old report
again finds its events known, or too old to change anything (docs/provider-events.md says why).
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from surveys.delivery.hooks.posted import Posted

Check = Callable[[Posted, str], bool]


def is_signed(provider: str, posted: Posted, key: str) -> bool:
    """Whether the signature is there and right. Never raises: what is malformed is wrong."""
    try:
        return SCHEMES[provider](posted, key)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, UnsupportedAlgorithm):
        return False


def _same(ours: str, theirs: Any) -> bool:
    return isinstance(theirs, str) and hmac.compare_digest(ours.encode(), theirs.encode())


def _hex(key: str, message: bytes) -> str:
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def _mailersend(posted: Posted, key: str) -> bool:
    return _same(_hex(key, posted.body), posted.headers["Signature"])


def _mailtrap(posted: Posted, key: str) -> bool:
    return _same(_hex(key, posted.body), posted.headers["Mailtrap-Signature"])


def _mailgun(posted: Posted, key: str) -> bool:
    """Covers its time and its token alone, so the token is the key of the event: a body under a used one is not taken."""
    signed: Any = posted.form if posted.is_form else posted.json["signature"]
    return _same(_hex(key, f"{signed['timestamp']}{signed['token']}".encode()), signed["signature"])


def _mandrill(posted: Posted, key: str) -> bool:
    fields = posted.form.dict()
    signed = posted.address + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    ours = b64encode(hmac.new(key.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    return _same(ours, posted.headers["X-Mandrill-Signature"])


def _resend(posted: Posted, key: str) -> bool:
    """Svix: several signatures may stand there while a key is changed."""
    secret = b64decode(key.removeprefix("whsec_"))
    signed = f"{posted.headers['svix-id']}.{posted.headers['svix-timestamp']}.".encode() + posted.body
    ours = b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    given = [each.partition(",") for each in posted.headers["svix-signature"].split()]
    return any(_same(ours, theirs) for version, _comma, theirs in given if version == "v1")


def _postal(posted: Posted, key: str) -> bool:
    """RSA; newer versions send a second signature over SHA-256, which then is the one that counts."""
    newer = posted.headers.get("X-Postal-Signature-256")
    given, digest = (newer, hashes.SHA256()) if newer else (posted.headers["X-Postal-Signature"], hashes.SHA1())
    public = _public_key(key)
    if not isinstance(public, rsa.RSAPublicKey):
        return False
    try:
        public.verify(b64decode(given), posted.body, padding.PKCS1v15(), digest)
    except InvalidSignature:
        return False
    return True


def _sendgrid(posted: Posted, key: str) -> bool:
    signed = posted.headers["X-Twilio-Email-Event-Webhook-Timestamp"].encode() + posted.body
    public = _public_key(key)
    if not isinstance(public, ec.EllipticCurvePublicKey):
        return False
    try:
        given = b64decode(posted.headers["X-Twilio-Email-Event-Webhook-Signature"])
        public.verify(given, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _unisender_go(posted: Posted, key: str) -> bool:
    """MD5 of the body with the key in the place of the digest itself: theirs, and no better one is offered."""
    given = posted.json["auth"]
    body = posted.body.replace(given.encode(), key.encode())
    return _same(hashlib.md5(body, usedforsecurity=False).hexdigest(), given)


def _public_key(text: str) -> Any:
    """As providers show it: the base64 of the key alone, or the whole PEM."""
    pem = text if "BEGIN" in text else f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----"
    return serialization.load_pem_public_key(pem.encode())


SCHEMES: Final[dict[str, Check]] = {
    "mailersend": _mailersend,
    "mailgun": _mailgun,
    "mailtrap": _mailtrap,
    "mandrill": _mandrill,
    "postal": _postal,
    "resend": _resend,
    "sendgrid": _sendgrid,
    "unisender_go": _unisender_go,
}
