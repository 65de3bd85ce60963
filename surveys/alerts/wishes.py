"""How somebody is told: as they have chosen, and else as is usual for their role. See docs/alerts.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings

from surveys.accounts.models import Role
from surveys.alerts.models import AlertChoice, How, Mailing, Matter
from surveys.alerts.quiet import Quiet, next_time
from surveys.core.choices import Category

OF_RESPONSES: Final = frozenset({Matter.RESPONSE, Matter.COMMENT, Matter.AMENDED})

_USUAL: Final[dict[Matter, How]] = {
    Matter.RESPONSE: How.AT_ONCE,
    Matter.COMMENT: How.OFF,
    Matter.AMENDED: How.OFF,
    Matter.ASSIGNED: How.AT_ONCE,
    Matter.REPLIED: How.AT_ONCE,
    Matter.MENTIONED: How.AT_ONCE,
    Matter.OVERDUE: How.AT_ONCE,
    Matter.RULE: How.AT_ONCE,
    Matter.UNROUTED: How.OFF,
    Matter.SIGNED_UP: How.DIGEST,
    Matter.TROUBLE: How.NEVER,
}
_OF_ADMINS: Final = {
    Matter.RESPONSE: How.DIGEST,
    Matter.COMMENT: How.NEVER,
    Matter.AMENDED: How.NEVER,
    Matter.UNROUTED: How.DIGEST,
    Matter.TROUBLE: How.AT_ONCE,
}
_OF_ANALYSTS: Final = {
    Matter.RESPONSE: How.NEVER,
    Matter.COMMENT: How.NEVER,
    Matter.AMENDED: How.NEVER,
    Matter.UNROUTED: How.NEVER,
    Matter.SIGNED_UP: How.NEVER,
}
DEFAULTS: Final[dict[Role, dict[Matter, How]]] = {
    Role.OWNER: _USUAL | _OF_ADMINS,
    Role.ADMIN: _USUAL | _OF_ADMINS,
    Role.AGENT: _USUAL,
    Role.ANALYST: _USUAL | _OF_ANALYSTS,
}
DEFAULT_CATEGORIES: Final = frozenset({str(Category.DETRACTOR)})


@dataclass(frozen=True)
class Turn:
    """Whether and when a notification is mailed."""

    mailing: Mailing = Mailing.NONE
    due_at: datetime | None = None
    is_for_digest: bool = False


_LOUD: Final = Quiet()


@dataclass(frozen=True)
class Wish:
    """`how` has all matters. No categories, or no segments: any."""

    how: Mapping[str, How]
    categories: frozenset[str] = DEFAULT_CATEGORIES
    segments: frozenset[int] = frozenset()
    only_owned: bool = False
    quiet: Quiet = _LOUD
    digest_at: time = time(settings.DIGEST_HOUR)

    @classmethod
    def usual(cls, role: str) -> "Wish":
        return cls({str(matter): how for matter, how in DEFAULTS[Role(role)].items()})

    @classmethod
    def of(cls, choice: AlertChoice | None, role: str) -> "Wish":
        usual = cls.usual(role)
        if choice is None:
            return usual
        chosen = {matter: How(how) for matter, how in choice.how.items() if how in How.values}
        return cls(
            how={**usual.how, **chosen},
            categories=frozenset(choice.categories),
            segments=frozenset(choice.segments),
            only_owned=choice.only_owned,
            quiet=Quiet(choice.quiet_from, choice.quiet_until, frozenset(choice.quiet_days)),
            digest_at=choice.digest_at or usual.digest_at,
        )

    def is_told(self, matter: str) -> bool:
        return self.how[matter] != How.NEVER

    def turn(self, matter: str, zone: ZoneInfo, at: datetime) -> Turn:
        """At once means after a moment: what comes in the meantime is in the same mail."""
        how = self.how[matter]
        if how == How.AT_ONCE:
            together = at + timedelta(seconds=settings.ALERT_GROUP_SECONDS)
            return Turn(Mailing.WAITING, self.quiet.over(together, zone))
        if how == How.DIGEST:
            return Turn(Mailing.WAITING, next_time(self.digest_at, self.quiet.days, at, zone), is_for_digest=True)
        return Turn()

    def columns(self) -> dict[str, Any]:
        """As a row keeps it."""
        return {
            "how": {matter: str(how) for matter, how in self.how.items()},
            "categories": sorted(self.categories),
            "segments": sorted(self.segments),
            "only_owned": self.only_owned,
            "quiet_from": self.quiet.start,
            "quiet_until": self.quiet.end,
            "quiet_days": sorted(self.quiet.days),
            "digest_at": self.digest_at,
        }
