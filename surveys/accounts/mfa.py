"""Two-factor sign-in: what allauth.mfa asks this product, and the codes of authenticator apps."""

import logging
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import segno
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm as AllauthAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from surveys.accounts.models import User
from surveys.core import sealing

logger = logging.getLogger(__name__)

# The step of now, the one before and the one after are accepted (MFA_TOTP_TOLERANCE): so long is a code good.
CODE_LIFE_SECONDS = 90


class MFAAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right, or it was used before. Apps show a new one every 30 seconds."),
        "unreadable": _(
            "The secret of your second factor cannot be read on this server: its SECRET_KEY was changed. "
            "Ask the person who runs it."
        ),
    }

    def get_totp_issuer(self) -> str:
        return settings.PRODUCT_NAME

    def build_totp_svg(self, url: str) -> str:
        """Dark on white in both themes: cameras need the contrast, and the quiet zone belongs to the code."""
        out = BytesIO()
        segno.make(url, error="m", micro=False).save(
            out, kind="svg", scale=5, border=4, dark="#000", light="#fff", xmldecl=False
        )
        return out.getvalue().decode()

    def encrypt(self, text: str) -> str:
        return sealing.seal(sealing.Purpose.TWO_FACTOR, text)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises ValidationError; never gives an empty secret, whose codes everybody could compute."""
        try:
            return sealing.unseal(sealing.Purpose.TWO_FACTOR, encrypted_text)
        except sealing.CannotUnseal:
            logger.error("A two-factor secret cannot be read: SECRET_KEY was changed without SECRET_KEY_FALLBACKS.")
            raise self.validation_error("unreadable") from None

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Passkeys belong to the host of PUBLIC_URL, never to what a Host header says."""
        return {"id": str(urlsplit(settings.PUBLIC_URL).hostname), "name": settings.PRODUCT_NAME}

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return str(_("Passkey %(number)s") % {"number": number})


class OnceOnly:
    """A code of an app opens one door once, also while allauth's tolerance would let it pass again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]  # type: ignore[attr-defined]
        field.widget.attrs |= {"inputmode": "numeric", "autofocus": True}

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        authenticator: Authenticator = self.authenticator  # type: ignore[attr-defined]
        if authenticator.type != Authenticator.Type.TOTP:
            return code
        digits = "".join(character for character in code if character.isdigit())
        if not cache.add(f"two-factor-code-used:{authenticator.pk}:{digits}", True, timeout=CODE_LIFE_SECONDS):
            raise MFAAdapter(context.request).validation_error("incorrect_code")
        return code


class AuthenticateForm(OnceOnly, AllauthAuthenticateForm):
    @property
    def has_passkeys(self) -> bool:
        return self._has(Authenticator.Type.WEBAUTHN)

    @property
    def has_codes(self) -> bool:
        return self._has(Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)

    def _has(self, *types: str) -> bool:
        return Authenticator.objects.filter(user=self.user, type__in=types).exists()


class ReauthenticateForm(OnceOnly, AllauthReauthenticateForm):
    pass
