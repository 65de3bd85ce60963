"""Reads about organizations."""

from surveys.accounts.models import Organization


def any_organization_exists() -> bool:
    return Organization.objects.exists()
