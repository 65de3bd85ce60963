"""Who may sign up (NPS_SIGNUP). A stranger must not mail through the operator's server."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from surveys.accounts import queries
from surveys.accounts.models import User


def is_open() -> bool:
    """open: always. first: until the first organization exists. invite, closed: never by oneself."""
    if settings.SIGNUP == "first":
        return not queries.any_organization_exists()
    return settings.SIGNUP == "open"


def may_create_organization(user: User) -> bool:
    """Where sign-up is not open: whoever owns one already, instance administrators, and as long as there is none."""
    if settings.SIGNUP == "open" or user.is_staff or queries.owns_an_organization(user):
        return True
    return is_open()


def context(request: HttpRequest) -> dict[str, object]:
    return {"signup_is_open": SimpleLazyObject(is_open)}
