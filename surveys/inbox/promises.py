"""What an organization promises: how soon it answers, counted in its business time; and when that is handed up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from surveys.accounts.models import Organization
from surveys.inbox.hours import Hours
from surveys.inbox.models import Conversation, InboxSettings, Priority

Minutes = Mapping[int, int | None]  # by priority; None: no promise

USUAL_FIRST: Final[Minutes] = {Priority.LOW: 1440, Priority.NORMAL: 480, Priority.HIGH: 240, Priority.URGENT: 60}
USUAL_NEXT: Final[Minutes] = {Priority.LOW: 1440, Priority.NORMAL: 480, Priority.HIGH: 240, Priority.URGENT: 120}


@dataclass(frozen=True)
class Promises:
    """`first`: from a conversation's opening until our first reply. `following`: from what a customer wrote to our answer."""

    hours: Hours
    first: Minutes
    following: Minutes
    escalate_after: int | None = None
    escalate_to: int | None = None
    reopens_days: int = 14

    @classmethod
    def of(cls, organization: Organization) -> Self:
        """One statement. What was never changed is as usual."""
        found = InboxSettings.objects.filter(organization=organization).first() or InboxSettings()
        return cls(
            hours=Hours.read(found.hours, organization.time_zone, found.holidays),
            first=_read(found.first_reply, USUAL_FIRST),
            following=_read(found.next_reply, USUAL_NEXT),
            escalate_after=found.escalate_after,
            escalate_to=found.escalate_to_id,
            reopens_days=found.reopens_days,
        )

    def due(self, conversation: Conversation, since: datetime) -> datetime | None:
        """By when we owe the reply that is owed since then: the first, or the next. None without a promise."""
        promised = self.first if conversation.first_reply_at is None else self.following
        minutes = promised[conversation.priority]
        return None if minutes is None else self.hours.after(since, minutes)

    def handed_up(self, due_at: datetime) -> datetime | None:
        """When it is handed up if nobody answers what was due then."""
        return None if self.escalate_after is None else self.hours.after(due_at, self.escalate_after)


def _read(stored: Mapping[str, Any], usual: Minutes) -> dict[int, int | None]:
    return {priority: stored.get(str(int(priority)), usual[priority]) for priority in Priority}
