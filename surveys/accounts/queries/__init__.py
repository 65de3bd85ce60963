"""Reads about people and organizations."""

from surveys.accounts.queries.organizations import any_organization_exists
from surveys.accounts.queries.people import membership, memberships, people

__all__ = ["any_organization_exists", "membership", "memberships", "people"]
