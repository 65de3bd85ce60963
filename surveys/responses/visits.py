"""One visit of a rating row's page, signed: it travels with the form, and what it sends twice is one answer."""

import secrets
from functools import cache
from typing import Final

from django.core import signing

SECONDS: Final = 30 * 24 * 3600


def begin(campaign: int) -> str:
    return _signer().sign(f"{campaign}.{secrets.token_urlsafe(12)}")


def read(text: str, campaign: int) -> str | None:
    """What is the visit's own, when it is one of this campaign's pages that was begun not long ago."""
    try:
        begun_at, _dot, own = _signer().unsign(text, max_age=SECONDS).partition(".")
    except signing.BadSignature:
        return None
    return own if begun_at == str(campaign) else None


@cache
def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt="surveys.responses.visit")
