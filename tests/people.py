"""Alice owns Acme, Bob is her team mate (an analyst unless a test makes him something else), Charlie owns another company.

The fixtures are signed-in browsers without a browser: `alice.get(alice.url("customers:list"))`.
"""

from typing import Any

import pytest
from django.test import Client

from surveys.accounts import access
from surveys.accounts.models import Membership, Organization, Role
from tests import factories


class Person(Client):
    """A test client that is signed in, with the membership it acts under."""

    def __init__(self, membership: Membership) -> None:
        super().__init__()
        self.membership = membership
        self.organization: Organization = membership.organization
        self.force_login(membership.user)

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
