"""Amazon SNS carries the reports of Amazon SES, signed by a certificate that is fetched from Amazon.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import hashlib
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.core.cache import cache
from urllib3.exceptions import HTTPError

from surveys.delivery.hooks.posted import Posted

NOTIFICATION: Final = "Notification"
SUBSCRIPTION: Final = "SubscriptionConfirmation"
UNSUBSCRIBED: Final = "UnsubscribeConfirmation"
_FIELDS: Final = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    UNSUBSCRIBED: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_DIGESTS: Final = {"1": hashes.SHA1, "2": hashes.SHA256}
# A region, and nothing that looks like one: "sns.s3-us-west-2.amazonaws.com" is a bucket that anybody could have.
_HOST: Final = re.compile(r"sns\.[a-z]{2}(-[a-z]{1,12}){1,3}-\d{1,2}\.amazonaws\.com(\.cn)?")
_PATIENCE: Final = (3.0, 5.0)  # seconds to connect, and between two packets
_LARGEST: Final = 64 * 1024  # bytes
_KEPT: Final = 24 * 3600  # seconds; Amazon changes its certificates with their addresses


class Unanswered(Exception):
    """Amazon could not be asked; it will post again."""


def message_in(posted: Posted) -> dict[str, Any] | None:
    """The envelope, if it is one at all."""
    try:
        found = posted.json
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def is_signed(message: Mapping[str, Any], *, at: datetime) -> bool:
    """Whether Amazon signed it. Fetches the certificate when it is not known yet. Raises Unanswered."""
    try:
        digest = _DIGESTS[str(message["SignatureVersion"])]()
        signature, address = b64decode(message["Signature"], validate=True), message["SigningCertURL"]
        signed = canonical(message)
    except (KeyError, TypeError, ValueError):
        return False
    if not is_amazons(address) or "?" in address or "#" in address or not address.endswith(".pem"):
        return False
    return _verifies(certificate(address), signature, signed, digest, at)


def _verifies(pem: bytes, signature: bytes, signed: bytes, digest: hashes.HashAlgorithm, at: datetime) -> bool:
    try:
        found = x509.load_pem_x509_certificate(pem)
        public = found.public_key()
    except ValueError:
        return False
    if not isinstance(public, rsa.RSAPublicKey) or not found.not_valid_before_utc <= at <= found.not_valid_after_utc:
        return False
    try:
        public.verify(signature, signed, padding.PKCS1v15(), digest)
    except InvalidSignature:
        return False
    return True


def canonical(message: Mapping[str, Any]) -> bytes:
    """What the signature is over: names and values, each on a line. Raises KeyError and TypeError."""
    lines = []
    for name in _FIELDS[message["Type"]]:
        if name in message:
            lines += [name, message[name]]
        elif name != "Subject":
            raise KeyError(name)
    return "".join(f"{line}\n" for line in map(_text, lines)).encode()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def is_amazons(address: Any) -> bool:
    """https, at SNS itself, and nothing in the address that means something else to somebody."""
    if not isinstance(address, str) or not address.isascii() or any(char in address for char in "\\@ \t\r\n"):
        return False
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and port in (None, 443)
        and _HOST.fullmatch(parts.netloc.removesuffix(":443")) is not None
    )


# ── What Amazon is asked ─────────────────────────────────────────────────────────────────────────────────────────────
def cache_key(address: str) -> str:
    return f"sns certificate {hashlib.sha256(address.encode()).hexdigest()}".replace(" ", "-")


def certificate(address: str) -> bytes:
    """The PEM at an address that `is_amazons`, kept for a day in the cache that all processes share. Raises Unanswered."""
    known = cache.get(cache_key(address))
    if known is None:
        known = _fetched(address)
        cache.set(cache_key(address), known, _KEPT)
    return bytes(known)


def confirm(message: Mapping[str, Any]) -> bool:
    """Say yes to a signed subscription; False when its address is not Amazon's. Raises Unanswered."""
    address = message["SubscribeURL"]
    if not is_amazons(address):
        return False
    _fetched(address)
    return True


def _fetched(address: str) -> bytes:
    try:
        with requests.get(address, timeout=_PATIENCE, stream=True, allow_redirects=False) as answer:
            answer.raise_for_status()
            body = answer.raw.read(_LARGEST + 1, decode_content=True)
    except (requests.RequestException, HTTPError, OSError) as error:
        raise Unanswered(str(error)) from error
    if answer.status_code != 200 or len(body) > _LARGEST:
        raise Unanswered(f"{address} answered {answer.status_code} with {len(body)} bytes or more")
    return bytes(body)
