"""Amazon SNS with a certificate of its own: the signature is real, its certificate lies in the cache of fetched ones."""

import hashlib
import json
from base64 import b64encode
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from django.core.cache import cache as fetched

from surveys.delivery.hooks import sns

TOPIC = "arn:aws:sns:eu-west-1:111122223333:surveys"
HOST = "sns.eu-west-1.amazonaws.com"
CERTIFICATE = f"https://{HOST}/SimpleNotificationService-0123456789abcdef.pem"
SUBSCRIBE = f"https://{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def certificate() -> bytes:
    """Valid from 2020 to 2040."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key().public_key())
        .serial_number(7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
        .sign(_key(), hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def web_certificate() -> tuple[rsa.RSAPrivateKey, bytes]:
    """Of the host itself, for TLS; signed by nobody else."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(8)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, made.public_bytes(serialization.Encoding.PEM)


def knows_certificate() -> None:
    """As after the first message of the day."""
    fetched.set(sns.cache_key(CERTIFICATE), certificate(), 3600)


def notification(message: bytes, **changes: Any) -> bytes:
    """As SNS posts what SES says; the id is the same for the same words."""
    envelope = {
        "Type": "Notification",
        "MessageId": hashlib.sha256(message).hexdigest()[:32],
        "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Event Notification",
        "Message": message.decode(),
        "Timestamp": json.loads(message)["mail"].get("timestamp", "2026-01-01T00:00:00Z"),
        "UnsubscribeURL": f"https://{HOST}/?Action=Unsubscribe",
    }
    return signed(envelope | changes)


def signed(envelope: dict[str, Any], version: str = "2") -> bytes:
    """By the words of Amazon's documentation: the named fields in alphabetical order, name and value on lines of their own."""
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    if envelope["Type"] == "Notification":
        names = [name for name in names if name not in ("SubscribeURL", "Token")]
    else:
        names.remove("Subject")
    words = "".join(f"{name}\n{envelope[name]}\n" for name in names if envelope.get(name) is not None)
    digest = hashes.SHA1() if version == "1" else hashes.SHA256()
    mark = b64encode(_key().sign(words.encode(), padding.PKCS1v15(), digest)).decode()
    return json.dumps(
        {"SigningCertURL": CERTIFICATE} | envelope | {"SignatureVersion": version, "Signature": mark}
    ).encode()
