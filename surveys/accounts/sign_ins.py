"""Sign-ins and changes to how somebody signs in, in the trail of every organization that the person belongs to.

The one place that listens to signals: allauth's and Django's own, because nothing of ours is called there.
"""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from surveys.accounts import audit, queries
from surveys.accounts.models import User


def connect() -> None:
    """Called once, when all models are loaded."""
    account.user_logged_in.connect(_signed_in, dispatch_uid="trail")
    account.password_changed.connect(_password_changed, dispatch_uid="trail")
    account.password_reset.connect(_password_reset, dispatch_uid="trail")
    account.email_changed.connect(_email_changed, dispatch_uid="trail")
    mfa.authenticator_added.connect(_factor_added, dispatch_uid="trail")
    mfa.authenticator_removed.connect(_factor_removed, dispatch_uid="trail")
    mfa.authenticator_reset.connect(_factor_reset, dispatch_uid="trail")
    mfa.authentication_failed.connect(_code_refused, dispatch_uid="trail")
    user_login_failed.connect(_sign_in_failed, dispatch_uid="trail")


def _signed_in(request: HttpRequest, user: User, **_more: Any) -> None:
    _note(request, user, "person.signed_in")


def _password_changed(request: HttpRequest, user: User, **_more: Any) -> None:
    _note(request, user, "person.password_changed")


def _password_reset(request: HttpRequest, user: User, **_more: Any) -> None:
    _note(request, user, "person.password_reset")


def _email_changed(
    request: HttpRequest, user: User, from_email_address: Any, to_email_address: Any, **_more: Any
) -> None:
    before, after = (address and address.email for address in (from_email_address, to_email_address))
    _note(request, user, "person.email_changed", changed={"email": [before, after]})


def _factor_added(request: HttpRequest, user: User, authenticator: Any, **_more: Any) -> None:
    _note(request, user, "person.second_factor_added", factor=str(authenticator.get_type_display()))


def _factor_removed(request: HttpRequest, user: User, authenticator: Any, **_more: Any) -> None:
    _note(request, user, "person.second_factor_removed", factor=str(authenticator.get_type_display()))


def _factor_reset(request: HttpRequest, user: User, authenticator: Any, **_more: Any) -> None:
    _note(request, user, "person.second_factor_renewed", factor=str(authenticator.get_type_display()))


def _code_refused(request: HttpRequest, user: User, **_more: Any) -> None:
    _note_stranger(request, user, "person.second_factor_refused")


def _sign_in_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_more: Any) -> None:
    tried = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
    user = User.objects.filter(email=tried).first()
    if user and request:
        _note_stranger(request, user, "person.sign_in_failed")


def _note(request: HttpRequest, user: User, action: str, **details: Any) -> None:
    at, origin = timezone.now(), audit.origin_of(request)
    with transaction.atomic():
        for membership in queries.memberships(user):
            membership.user, membership.origin = user, origin
            audit.record(membership, action, user, at=at, **details)


def _note_stranger(request: HttpRequest, user: User, action: str) -> None:
    """Whoever it was has not proved to be the person: the entry names nobody as the one who did it."""
    at, origin = timezone.now(), audit.origin_of(request)
    with transaction.atomic():
        for membership in queries.memberships(user):
            audit.record_stranger(membership.organization_id, action, user, origin=origin, at=at)
