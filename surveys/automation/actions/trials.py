"""A rule is tried on the past before it is switched on, and what was found is kept beside its version."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from surveys.accounts import access
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.automation import trying
from surveys.automation.models import Rule, RuleTrial
from surveys.automation.trying import Trial

LONGEST: Final = 365  # days


def try_out(*, rule: Rule, days: int, by: Membership, at: datetime) -> Trial:
    """With what happened in the last so many days (at most LONGEST). Nothing is done. Raises BadCondition."""
    access.require(by, Permission.EDIT_AUTOMATION)
    since = at - timedelta(days=max(1, min(days, LONGEST)))
    found = trying.trial(rule, since, at)
    with transaction.atomic():
        RuleTrial.objects.filter(organization=by.organization, rule=rule).delete()
        RuleTrial.objects.create(
            organization=by.organization, rule=rule, version=rule.version, since=since, at=at, found=found.as_json()
        )
    return found
