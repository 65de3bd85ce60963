"""Alice owns Acme, Bob is her team mate (an analyst unless a test makes him something else), Charlie owns another company.

The fixtures are signed-in browsers without a browser: `alice.get(alice.url("customers:list"))`.
"""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from surveys.accounts import access
from surveys.accounts.models import Membership, Organization, Role, User
from tests import factories


class Person(Client):
    """A test client that is signed in, with the membership it acts under."""

    def __init__(self, membership: Membership) -> None:
        super().__init__()
        self.membership = membership
        self.organization: Organization = membership.organization
        self._sign_in(membership.user)

    def _sign_in(self, user: User) -> None:
        """What Django's `force_login` leaves behind, in a quarter of its statements."""
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        self.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)

    def url(self, name: str, **kwargs: Any) -> str:
        """The address of a page in this person's organization."""
        return access.url(self.organization, name, **kwargs)

    def becomes(self, role: Role) -> None:
        Membership.objects.filter(pk=self.membership.pk).update(role=role)
        self.membership.role = role


@pytest.fixture
def alice(db: None) -> Person:
    return Person(factories.organization(factories.user("alice@example.com"), "Acme"))


@pytest.fixture
def bob(alice: Person) -> Person:
    return Person(factories.member(alice.organization, factories.user("bob@example.com"), Role.ANALYST))


@pytest.fixture
def charlie(db: None) -> Person:
    return Person(factories.organization(factories.user("charlie@example.com"), "Globex"))
