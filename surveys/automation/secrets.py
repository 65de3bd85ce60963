"""The secret by which a company's server tells of sign-ups: random, shown once, and kept as a hash."""

import secrets
from hashlib import sha256
from typing import Final

from surveys.automation.models import ReferralSettings

_PREFIX: Final = "ref_"


def new() -> str:
    return _PREFIX + secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """It is random, and long: nobody tries all."""
    return sha256(secret.encode()).hexdigest()


def hash_of(organization_id: int) -> str:
    """Empty where there is no secret, or the organization is suspended or about to be deleted."""
    mine = ReferralSettings.objects.select_related("organization").filter(organization=organization_id)
    found = mine.first()
    return "" if found is None or found.organization.is_stopped else found.secret_hash
