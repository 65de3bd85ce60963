"""Writes about the rule that says who is listed as likely to leave."""

from datetime import datetime
from typing import Any

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.analytics.models import RiskRule
from surveys.analytics.over_time import risk_parts
from surveys.analytics.over_time.risk_parts import USUAL, Rule
from surveys.customers.actions import relying
from surveys.customers.models import ConditionUser


class ChangedMeanwhile(ValueError):
    """Somebody else changed the rule since it was read."""


def change_rule(*, rule: Rule, by: Membership, at: datetime) -> None:
    """`rule.version` is the one that was edited. Raises ChangedMeanwhile."""
    access.require(by, Permission.EDIT_SEGMENTS)
    _store("risk_rule.changed", rule, rule.version, by, at)


def reset_rule(*, version: int, by: Membership, at: datetime) -> None:
    """Back to the rule that comes with the product. Raises ChangedMeanwhile."""
    access.require(by, Permission.EDIT_SEGMENTS)
    _store("risk_rule.reset", USUAL, version, by, at)


def _store(action: str, wanted: Rule, version: int, by: Membership, at: datetime) -> None:
    with transaction.atomic():
        stored = _held(by.organization, at)
        now = risk_parts.read(stored.parts, stored.least, stored.version)
        if version != stored.version:
            raise ChangedMeanwhile(stored.version)
        before, after = now.to_json(), wanted.to_json()
        if before == after:
            return
        stored.parts, stored.least, stored.version = after["parts"], after["least"], stored.version + 1
        stored.updated_by, stored.updated_at = by.user, at
        stored.save()
        _rely(stored, wanted)
        audit.record(by, action, by.organization, at=at, changed=_changed(before, after))


def _rely(stored: RiskRule, rule: Rule) -> None:
    """What the rule asks about cannot be deleted as long as it asks."""
    relying.rely(
        kind=ConditionUser.RISK, user_id=stored.pk, organization=stored.organization, conditions=rule.conditions
    )


def _held(organization: Organization, at: datetime) -> RiskRule:
    """Its row, locked; made of the usual rule when nobody has changed it yet."""
    usual = USUAL.to_json() | {"version": USUAL.version, "updated_at": at}
    RiskRule.objects.bulk_create([RiskRule(organization=organization, **usual)], ignore_conflicts=True)
    return RiskRule.objects.select_for_update().get(organization=organization)


def _changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: [before[name], after[name]] for name in after if before[name] != after[name]}
