"""Guessing the password of one account, and why that does not lock its owner out.

Wrong passwords are counted three ways: by network, by account from one network, and by account from everywhere. The last
alone stops many networks that guess together, and it would let them lock a person out: so a browser in which that person
has signed in before is counted by itself (a signed cookie says so), as OWASP's "device cookies" do. Whoever sits at a new
browser meanwhile may come in by passkey, by single sign-on, or with a new password from their mailbox.
"""

from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string, salted_hmac

COOKIE: Final = "known_browser"
COOKIE_SECONDS: Final = 365 * 24 * 3600
_SALT: Final = "surveys.accounts.lockout"


class LockoutMixin(DefaultAccountAdapter):
    """For the account adapter: what is counted before a password is looked at, and the cookie after a sign-in."""

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """The account as it is guessed from one network: the rate "login_failed" counts it."""
        return f"{_address(credentials)}:{ratelimit.get_ip(request)}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        super().pre_authenticate(request, **credentials)
        browser = _known_browser(request, _address(credentials))
        action, key = ("known_browser", browser) if browser else ("account_everywhere", _address(credentials))
        self._everywhere = ratelimit.consume(request, app="allauth.account", action=action, key=key)
        if not self._everywhere:
            raise self.validation_error("too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self) -> None:
        """Only wrong passwords count."""
        super()._rollback_login_failed_rl_usage()
        self._everywhere.rollback()

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Who has reset the password by mail may use it at once."""
        super()._delete_login_attempts_cached_email(request, **credentials)
        ratelimit.clear(request, app="allauth.account", action="account_everywhere", key=_address(credentials))

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **hints: Any) -> HttpResponse:
        answer: HttpResponse = super().post_login(request, user, **hints)
        remember_browser(answer, user)
        return answer


def remember_browser(answer: HttpResponse, user: AbstractBaseUser) -> None:
    """The cookie holds no address: a mark of the account and a random name of this browser, signed."""
    value = signing.dumps([_mark(user.get_username()), get_random_string(16)], salt=_SALT)
    answer.set_cookie(
        COOKIE,
        value,
        max_age=COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known_browser(request: HttpRequest, address: str) -> str | None:
    try:
        mark, browser = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=COOKIE_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    return f"{mark}:{browser}" if mark == _mark(address) else None


def _address(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email", "")).strip().lower()


def _mark(address: str) -> str:
    return salted_hmac(_SALT, address.lower()).hexdigest()[:32]
