"""What of an organization a rule may name: its colleagues, teams, hooks, tags and properties."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

from django.db.models import QuerySet

from surveys.accounts import permissions
from surveys.accounts.models import AuditEntry, Membership, Organization, User
from surveys.accounts.permissions import Permission
from surveys.automation.models import ReferralSettings, ReviewSite
from surveys.customers.models import Property
from surveys.inbox.models import Team
from surveys.integrations.models import Hook
from surveys.responses.models import Tag


def _nobody(_key: int) -> str:
    return ""


class Names(dict[int, str]):
    """Of what there is, by key. `former(key)` is what one was called that is gone, "" when nobody knows any more."""

    def __init__(self, there: Mapping[int, str] | None = None, former: Callable[[int], str] = _nobody) -> None:
        super().__init__(there or {})
        self.former = cache(former)


@dataclass(frozen=True)
class Known:
    """Names by key. `answering`: the colleagues among them who may answer customers; `refers`: friends land somewhere."""

    colleagues: Names = field(default_factory=Names)
    answering: frozenset[int] = frozenset()
    teams: Names = field(default_factory=Names)
    hooks: Names = field(default_factory=Names)
    tags: Names = field(default_factory=Names)
    sites: Names = field(default_factory=Names)
    properties: dict[str, Property] = field(default_factory=dict)
    refers: bool = False

    @classmethod
    def of(cls, organization: Organization) -> Self:
        """Seven statements; one more for each thing that is gone, when it is named."""
        members = list(
            Membership.objects.filter(organization=organization, user__is_active=True)
            .select_related("user")
            .order_by("user__name", "pk")
        )
        may_answer = (each.user_id for each in members if permissions.allows(each.role, Permission.ANSWER_CUSTOMERS))
        return cls(
            colleagues=Names({each.user_id: str(each.user) for each in members}, _who_left(organization)),
            answering=frozenset(may_answer),
            teams=_named(Team.objects, Team.ever, organization),
            hooks=_named(Hook.objects, Hook.ever, organization),
            tags=Names(_by_key(Tag.objects.filter(organization=organization)), _in_trail(organization, "tag")),
            sites=_named(ReviewSite.objects.filter(archived_at=None), ReviewSite.objects, organization),
            properties={each.key: each for each in Property.objects.filter(organization=organization)},
            refers=ReferralSettings.objects.filter(organization=organization, is_on=True).exists(),
        )


def _named(standing: Any, ever: Any, organization: Organization) -> Names:
    def former(key: int) -> str:
        return ever.filter(organization=organization, pk=key).values_list("name", flat=True).first() or ""

    return Names(_by_key(standing.filter(organization=organization)), former)


def _by_key(rows: QuerySet[Any]) -> dict[int, str]:
    return dict(rows.order_by("name", "pk").values_list("pk", "name"))


def _in_trail(organization: Organization, noun: str) -> Callable[[int], str]:
    """Of what leaves no row: as it was called when somebody made or renamed it."""

    def former(key: int) -> str:
        entries = AuditEntry.objects.filter(organization=organization, target_type=noun, target_id=key)
        return entries.order_by("-at", "-pk").values_list("target_name", flat=True).first() or ""

    return former


def _who_left(organization: Organization) -> Callable[[int], str]:
    """Of people who did something here: nobody of another organization is named."""

    def former(key: int) -> str:
        acted = AuditEntry.objects.filter(organization=organization, actor_id=key, is_operator=False).exists()
        found = User.objects.filter(pk=key).first() if acted else None
        return str(found or "")

    return former
