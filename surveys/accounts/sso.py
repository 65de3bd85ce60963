"""Sign-in through the OpenID Connect provider that the environment names (NPS_OIDC_…), and whom it may let in.

The rules, and the attack that each stops, stand in docs/security.md. allauth talks to the provider; here the answers are
checked: allauth takes an id token from the token endpoint unverified, and the issuer from whatever discovery says.
"""

import logging
from collections.abc import Callable
from typing import Any, Final

import jwt
import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from surveys.accounts.models import User
from surveys.accounts.queries import invites

logger = logging.getLogger(__name__)

PROVIDER_ID: Final = "sso"
# Signatures with a public key alone: with HS256 the client secret, or a public key taken for one, would sign.
_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_ENDPOINTS: Final = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
_CLOCKS_APART: Final = 60  # seconds


class Provider(OpenIDConnectOAuth2Adapter):
    """allauth's client of the provider, which believes no answer before it is verified."""

    def get_provider(self) -> Any:
        """allauth would send people off by its own class."""
        provider = super().get_provider()
        provider.oauth2_adapter_class = type(self)
        return provider

    @property
    def openid_config(self) -> dict[str, Any]:
        """Raises OAuth2Error when the provider cannot be asked, or is not the issuer that was configured."""
        try:
            found: dict[str, Any] = super().openid_config
        except (requests.RequestException, ValueError) as error:
            raise OAuth2Error(f"The provider's discovery document cannot be read: {error}") from error
        missing = [name for name in _ENDPOINTS if not found.get(name)]
        if missing:
            raise OAuth2Error(f"The provider's discovery document lacks {', '.join(missing)}.")
        if found["issuer"].rstrip("/") != settings.OIDC_ISSUER.rstrip("/"):
            raise OAuth2Error(f"The provider says that its issuer is {found['issuer']!r}; NPS_OIDC_ISSUER is another.")
        return found

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> SocialLogin:
        """Claims of the verified id token; the userinfo endpoint only adds to them, and only for the same subject."""
        id_token = kwargs["response"].get("id_token")
        if not id_token:
            raise OAuth2Error("The provider gave no id token.")
        claims = self._verified(str(id_token), app.client_id)
        if {"email", "name"} - claims.keys() and self.openid_config.get("userinfo_endpoint"):
            claims = self._userinfo(token.token, claims["sub"]) | claims
        claims["email_verified"] = claims.get("email_verified") in (True, "true")  # "false" would count as true
        return self.get_provider().sociallogin_from_response(request, {"id_token": claims})

    def _verified(self, id_token: str, client_id: str) -> dict[str, Any]:
        config = self.openid_config
        try:
            claims: dict[str, Any] = jwt.decode(
                id_token,
                self._key(id_token),
                algorithms=_ALGORITHMS,
                audience=client_id,
                issuer=config["issuer"],
                leeway=_CLOCKS_APART,
                options={"require": ["exp", "iat", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise OAuth2Error(f"The provider's id token does not verify: {error}") from error
        return claims

    def _key(self, id_token: str) -> jwt.PyJWK:
        """Asked for anew at each sign-in, so that a provider may change its keys at any time."""
        wanted = jwt.get_unverified_header(id_token).get("kid")
        keys = jwt.PyJWKSet.from_dict(self._get(self.openid_config["jwks_uri"])).keys
        found = [key for key in keys if key.key_id == wanted] if wanted else keys
        if len(found) != 1:
            raise jwt.InvalidKeyError("no key of the provider fits")
        return found[0]

    def _userinfo(self, access_token: str, subject: str) -> dict[str, Any]:
        found = self._get(self.openid_config["userinfo_endpoint"], Authorization=f"Bearer {access_token}")
        if found.get("sub") != subject:
            raise OAuth2Error("The provider's userinfo is about somebody else than its id token.")
        return found

    def _get(self, address: str, **headers: str) -> dict[str, Any]:
        adapter = SingleSignOnAdapter(self.request)
        with adapter.get_requests_session() as session:
            answer = session.get(address, headers=headers)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
        return found


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Whom the provider's word lets in."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Raises ImmediateHttpResponse with a page that says why not."""
        reason = refusal(sociallogin)
        if reason:
            logger.info("Single sign-on refused: %s.", reason)
            raise ImmediateHttpResponse(refused(request, reason))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        if not (settings.OIDC_SIGNUP or is_invited(sociallogin)):
            raise ImmediateHttpResponse(refused(request, "unknown"))
        return True

    def is_email_verified(self, provider: Any, email: str) -> bool:
        """Only the claim email_verified says so."""
        return False

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        """Whether the provider may sign in to the account that has this (verified) address.

        Only for domains that the operator has said it speaks for; else whoever can write an address into a provider
        takes over its account here.
        """
        return domain(email) in settings.OIDC_EMAIL_DOMAINS

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        user.email = user.email.lower()
        user.name = " ".join(str(data.get("name") or "").split())[:150]
        return user

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """The page does not tell people what only the operator can mend; the log does, without any token."""
        logger.warning("Single sign-on failed (%s): %s", error, exception or "no session of ours fits the answer")


def refusal(login: SocialLogin) -> str:
    """Why this person of the provider does not get in: a word that socialaccount/refused.html explains, or ""."""
    addresses = login.email_addresses
    if not addresses:
        return "no_email"
    if settings.OIDC_EMAIL_DOMAINS and domain(addresses[0].email) not in settings.OIDC_EMAIL_DOMAINS:
        return "other_domain"
    connects = login.state.get("process") == AuthProcess.CONNECT  # by who is signed in: the address proves nothing
    if not (addresses[0].verified or login.is_existing or connects):
        return "unverified"
    return ""


def is_invited(login: SocialLogin) -> bool:
    """A colleague waits for the person with this address, of which the provider says that it is verified."""
    addresses = login.email_addresses
    return bool(addresses) and addresses[0].verified and invites.is_invited(addresses[0].email, timezone.now())


def refused(request: HttpRequest, reason: str) -> HttpResponse:
    context = {"reason": reason, "domains": settings.OIDC_EMAIL_DOMAINS}
    return render(request, "socialaccount/refused.html", context, status=403)


def domain(email: str) -> str:
    return email.rpartition("@")[2].lower()


# ── Single sign-on and no other way in (NPS_OIDC_ONLY) ──────────────────────────────────────────────────────────────

_OTHER_WAYS: Final = {
    "account_signup",
    "account_reset_password",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_login_webauthn",
}


class OnlyWayInMiddleware:
    """Where single sign-on is the only way in, passwords and passkeys open no door and no account is made by a form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        name = request.resolver_match.url_name if request.resolver_match else None
        by_password = name == "account_login" and request.method == "POST"
        if settings.OIDC_ONLY and (by_password or name in _OTHER_WAYS):
            return redirect("account_login")
        return None
