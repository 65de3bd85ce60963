"""Secrets that must be readable again, such as those of authenticator apps, lie sealed in the database.

Sealed with Fernet (AES-128-CBC and HMAC-SHA256) under a key derived from SECRET_KEY, one for each purpose. The keys of
SECRET_KEY_FALLBACKS still unseal; `manage.py reseal_secrets` brings what they sealed under the present one.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_LONG_SECRET: Final = 8  # shorter ones are letters of words, too


class Purpose(StrEnum):
    """What was sealed for one purpose is not unsealed for another."""

    TWO_FACTOR = "two-factor"
    MAIL_ACCOUNT = "mail account"
    HOOK = "hook"  # its address, and what its posts are signed with
    SCORE_CARD = "score card"


class CannotUnseal(Exception):
    """None of the keys of this installation sealed it."""


def seal(purpose: Purpose, text: str) -> str:
    return _keys(purpose).encrypt(text.encode()).decode()


def unseal(purpose: Purpose, sealed: str) -> str:
    """Raises CannotUnseal."""
    try:
        return _keys(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotUnseal from error


def reseal(purpose: Purpose, sealed: str) -> str:
    """The same under the present key. Raises CannotUnseal."""
    try:
        return _keys(purpose).rotate(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotUnseal from error


def _keys(purpose: Purpose) -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(secret, purpose)) for secret in secrets])


def _derived(secret: str, purpose: Purpose) -> bytes:
    info = f"nps sealing {purpose}".encode()
    return urlsafe_b64encode(HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.encode()))


def hidden(words: str, secrets: Iterable[str]) -> str:
    """Words that may repeat what they were told, for pages and logs. Short secrets are looked for as whole words only."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):  # one may be part of another
        short = rf"(?<!\w){re.escape(secret)}(?!\w)"
        words = words.replace(secret, "…") if len(secret) >= _LONG_SECRET else re.sub(short, "…", words)
    return words
