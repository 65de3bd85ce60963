"""How often an organization asks: each person, and all people of one company together."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from surveys.accounts import access
from surveys.accounts.actions import settings
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.customers.actions import relying
from surveys.customers.models import ConditionUser, PropertyUse
from surveys.outbox import actions as outbox


class PropertyGone(Exception):
    """The property of the company rule was deleted meanwhile."""


def change_asking(
    *, organization: Organization, changes: Mapping[str, Any], by: Membership, at: datetime, seen: Mapping[str, str]
) -> dict[str, Any]:
    """As `settings.change_settings`; the property of the company rule cannot be deleted while the rule leans on it.

    Raises ChangedMeanwhile, PropertyGone.
    """
    access.require(by, Permission.MANAGE_ORGANIZATION)
    with transaction.atomic():
        changed = settings.change_settings(organization=organization, changes=changes, by=by, at=at, seen=seen)
        if "account_property" in changed:
            _rely(organization, changed["account_property"][1])
        if changed:
            outbox.publish("organization.asking_changed", by, at=at, changed=sorted(changed))
    return changed


def _rely(organization: Organization, key: str) -> None:
    mine: dict[str, Any] = {
        "kind": ConditionUser.ORGANIZATION,
        "user_id": organization.pk,
        "organization": organization,
    }
    if not key:
        relying.release(**mine)
        return
    relying.rely(**mine, conditions={"all": [{"field": f"{relying.PROPERTY_PREFIX}{key}", "op": "is_set"}]})
    uses = PropertyUse.objects.filter(organization=organization, user_kind=ConditionUser.ORGANIZATION)
    if not uses.filter(user_id=organization.pk, property__key=key).exists():
        raise PropertyGone(key)
