"""Writes about people and organizations."""

from surveys.accounts.actions.organizations import (
    OrganizationSettings,
    change_settings,
    create_organization,
    rename_user,
)

__all__ = ["OrganizationSettings", "change_settings", "create_organization", "rename_user"]
