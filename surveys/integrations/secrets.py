"""Addresses and secrets of hooks: sealed in the database, and signatures made with them."""

import secrets
from base64 import b64encode
from datetime import datetime
from typing import Final

from standardwebhooks import Webhook

from surveys.core import sealing
from surveys.core.sealing import Purpose
from surveys.integrations.models import Hook

_PREFIX: Final = "whsec_"
_BYTES: Final = 32


def new_secret() -> str:
    return _PREFIX + b64encode(secrets.token_bytes(_BYTES)).decode()


def sealed(text: str) -> str:
    return sealing.seal(Purpose.HOOK, text)


def address_of(hook: Hook) -> str:
    """Raises sealing.CannotUnseal."""
    return sealing.unseal(Purpose.HOOK, hook.address)


def secret_of(hook: Hook) -> str:
    """Empty where posts are not signed. Raises sealing.CannotUnseal."""
    return sealing.unseal(Purpose.HOOK, hook.secret) if hook.secret else ""


def signature(secret: str, post_id: str, body: str, at: datetime) -> dict[str, str]:
    """The headers of https://www.standardwebhooks.com."""
    return {
        "webhook-id": post_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(post_id, at, body),
    }
