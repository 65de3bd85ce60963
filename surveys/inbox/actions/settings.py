"""How an organization answers: its hours, its promises, to whom what is late is handed up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.inbox import queries
from surveys.inbox.actions import timekeeping
from surveys.inbox.actions.assigning import CannotAnswer
from surveys.inbox.models import InboxSettings

# What changes times by which answers are owed.
_TIMES: Final = frozenset({"hours", "holidays", "first_reply", "next_reply", "escalate_after"})


class SettingsChangedMeanwhile(Exception):
    """Somebody else stored settings since the page was opened."""


def change(*, changes: Mapping[str, Any], by: Membership, seen: datetime | None = None, at: datetime) -> dict[str, Any]:
    """Store columns of InboxSettings; returns those that changed, {name: [before, after]}. Times by which answers are
    owed in open conversations are computed anew soon after.

    `seen` is the page's `updated_at`: raises SettingsChangedMeanwhile when there is another by now, and with None
    nothing is compared. Raises CannotAnswer.
    """
    access.require(by, Permission.MANAGE_INBOX)
    with transaction.atomic():
        InboxSettings.objects.get_or_create(organization=by.organization, defaults={"updated_at": at})
        row = InboxSettings.objects.select_for_update(of=("self",)).get(organization=by.organization)
        if seen is not None and row.updated_at > seen:
            raise SettingsChangedMeanwhile
        to = changes.get("escalate_to_id")
        if to is not None and to != row.escalate_to_id and not queries.may_answer(by.organization_id, to):
            raise CannotAnswer(to)
        changed = {name: [getattr(row, name), value] for name, value in changes.items() if getattr(row, name) != value}
        if not changed:
            return {}
        for name, (_before, value) in changed.items():
            setattr(row, name, value)
        row.updated_at = at
        row.save(update_fields=[*changed, "updated_at"])
        if not _TIMES.isdisjoint(changed):
            timekeeping.recount_soon(by.organization, at)
        audit.record(by, "inbox_settings.changed", by.organization, at=at, changed=_told(changed))
    return changed


def _told(changed: Mapping[str, list[Any]]) -> dict[str, list[str]]:
    return {name: [str(value) for value in pair] for name, pair in changed.items()}
