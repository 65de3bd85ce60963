"""How often a form that guesses can attack may be tried. Counted in rows of the database's cache; docs/security.md has the table.

Too often is answered with 429 and templates/429.html. Keyed by network (an IPv6 /64 is one), so that an attacker uses up
nobody's tries but their own.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from allauth.core import ratelimit as allauth_limits
from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from surveys.accounts.models import User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

_APP: Final = "allauth.account"  # whose RATE_LIMITS (settings: ACCOUNT_RATE_LIMITS) hold the rates, ours among them

# Pages of allauth that have no limit of their own, by the names of their addresses, and the rate that holds for them.
_OF_PAGES: Final = {
    "mfa_authenticate": "second_factor",
    "mfa_reauthenticate": "second_factor",
    "mfa_reauthenticate_webauthn": "second_factor",
    "mfa_activate_totp": "second_factor",
    "account_confirm_email": "confirm_link",
    "socialaccount_signup": "signup",
}


def exceeded(
    request: HttpRequest, action: str, *, key: str | None = None, also_get: bool = False
) -> HttpResponse | None:
    """The answer for who tried too often, else None; this try is counted. `action` names a rate in ACCOUNT_RATE_LIMITS.

    A rate per `key` needs one, such as the address that a mail would go to. A GET is only counted when asked for.
    """
    if ratelimit.consume(request, app=_APP, action=action, key=key, limit_get=also_get):
        return None
    answer: HttpResponse = allauth_limits.respond_429(request)
    return answer


def is_within(request: HttpRequest, action: str, *, key: str | None = None) -> bool:
    """Whether this request may do something once more; it is counted, a GET too. For pages that nobody signs in to."""
    return bool(ratelimit.consume(request, app=_APP, action=action, key=key, limit_get=True))


def is_exempt(user: object) -> bool:
    """Instance administrators may cause as much mail as they like; forms that guess are limited for them too."""
    return isinstance(user, User) and user.is_staff


def allows(request: HttpRequest, action: str, *, key: str | None = None, times: int = 1) -> bool:
    """Whether somebody may do what mails strangers once more (or `times` more); it is counted."""
    if is_exempt(request.user):
        return True
    return all(ratelimit.consume(request, app=_APP, action=action, key=key) for _ in range(times))


def limited(action: str, *, also_get: bool = False) -> Callable[[View[P]], View[P]]:
    """For views: `@limited("accept_invitation", also_get=True)`."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            return exceeded(request, action, also_get=also_get) or view(request, *args, **kwargs)

        return wrapper

    return decorate


class LimitsMiddleware:
    """The limits of allauth's pages that come without one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        name = request.resolver_match.url_name if request.resolver_match else None
        action = _OF_PAGES.get(name or "")
        return exceeded(request, action) if action else None
