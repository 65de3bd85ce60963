"""Reads about people and organizations."""

from surveys.accounts.queries.members import membership, memberships, owns_an_organization, people
from surveys.accounts.queries.organizations import any_organization_exists

__all__ = ["any_organization_exists", "membership", "memberships", "owns_an_organization", "people"]
