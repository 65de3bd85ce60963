"""Writes about people and organizations."""

from surveys.accounts.actions.organizations import create_organization, rename_user
from surveys.accounts.actions.settings import change_settings

__all__ = ["change_settings", "create_organization", "rename_user"]
