"""Changing an organization's settings."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission


def change_settings(*, organization: Organization, changes: Mapping[str, Any], by: Membership, at: datetime) -> None:
    """Store the fields; the audit trail keeps what each changed one was before."""
    access.require(by, Permission.MANAGE_ORGANIZATION)
    with transaction.atomic():
        locked = Organization.objects.select_for_update().get(pk=organization.pk)
        changed = {
            field: [getattr(locked, field), value]
            for field, value in changes.items()
            if getattr(locked, field) != value
        }
        if not changed:
            return
        Organization.objects.filter(pk=locked.pk).update(**changes)
        audit.record(by, "organization.changed", locked, at=at, changed=changed)
