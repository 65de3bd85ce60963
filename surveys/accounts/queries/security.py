"""Reads about second factors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet

from surveys.accounts.models import Membership, Organization, User

# Recovery codes alone are none: they only stand in for one of these.
_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type__in=_FACTORS).exists()


def without_second_factor(organization: Organization) -> QuerySet[Membership]:
    factors = Authenticator.objects.filter(user=OuterRef("user"), type__in=_FACTORS)
    return (
        Membership.objects.filter(~Exists(factors), organization=organization, user__is_active=True)
        .select_related("user")
        .order_by("user__email")
    )


@dataclass(frozen=True)
class Factors:
    """What stands beside the password of a person."""

    app: Authenticator | None
    passkeys: Sequence[Authenticator]
    recovery_codes_left: int

    @property
    def is_on(self) -> bool:
        return bool(self.app or self.passkeys)

    @property
    def last_used_at(self) -> datetime | None:
        return max((one.last_used_at for one in (self.app, *self.passkeys) if one and one.last_used_at), default=None)


def factors(user: User) -> Factors:
    found = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    of = Authenticator.Type
    codes = next((one for one in found if one.type == of.RECOVERY_CODES), None)
    return Factors(
        app=next((one for one in found if one.type == of.TOTP), None),
        passkeys=[one for one in found if one.type == of.WEBAUTHN],
        recovery_codes_left=len(codes.wrap().get_unused_codes()) if codes else 0,
    )
