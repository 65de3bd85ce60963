"""What of an organization a rule may name: its colleagues, teams, hooks, tags and properties."""

from dataclasses import dataclass, field
from typing import Self

from surveys.accounts import permissions
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.automation.models import ReferralSettings, ReviewSite
from surveys.customers.models import Property
from surveys.inbox.models import Team
from surveys.integrations.models import Hook
from surveys.responses.models import Tag


@dataclass(frozen=True)
class Known:
    """Names by key. `answering`: the colleagues among them who may answer customers; `refers`: friends land somewhere."""

    colleagues: dict[int, str] = field(default_factory=dict)
    answering: frozenset[int] = frozenset()
    teams: dict[int, str] = field(default_factory=dict)
    hooks: dict[int, str] = field(default_factory=dict)
    tags: dict[int, str] = field(default_factory=dict)
    sites: dict[int, str] = field(default_factory=dict)
    properties: dict[str, Property] = field(default_factory=dict)
    refers: bool = False

    @classmethod
    def of(cls, organization: Organization) -> Self:
        """Seven statements."""
        members = list(
            Membership.objects.filter(organization=organization, user__is_active=True)
            .select_related("user")
            .order_by("user__name", "pk")
        )
        may_answer = (each.user_id for each in members if permissions.allows(each.role, Permission.ANSWER_CUSTOMERS))
        return cls(
            colleagues={each.user_id: str(each.user) for each in members},
            answering=frozenset(may_answer),
            teams=_named(Team.objects.filter(organization=organization)),
            hooks=_named(Hook.objects.filter(organization=organization)),
            tags=_named(Tag.objects.filter(organization=organization)),
            sites=_named(ReviewSite.objects.filter(organization=organization, archived_at=None)),
            properties={each.key: each for each in Property.objects.filter(organization=organization)},
            refers=ReferralSettings.objects.filter(organization=organization, is_on=True).exists(),
        )


def _named(rows: object) -> dict[int, str]:
    return dict(rows.order_by("name", "pk").values_list("pk", "name"))  # type: ignore[attr-defined]
