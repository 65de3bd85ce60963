"""Invented colleagues of the sample company, to whom most of its customers belong. Nobody signs in as one, and no mail goes
to them; so what rules assign by owner from now on is that of whoever looks at the sample, who has the big accounts."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from surveys.accounts.models import Membership, Organization, Role, User
from surveys.samples.people import Person, ascii_of


class Colleague(NamedTuple):
    name: str
    role: Role
    countries: tuple[str, ...]  # whose smaller paying customers are theirs


_COLLEAGUES: Final = (
    Colleague("Ines Keller", Role.ADMIN, ("IN", "JP")),
    Colleague("Maeve Walsh", Role.AGENT, ("US", "GB")),
    Colleague("Tomás Pereira", Role.AGENT, ("DE", "FR", "ES")),
    Colleague("Sanne Bakker", Role.ANALYST, ()),
)
_LOOKED_AFTER: Final = frozenset({"Starter", "Team"})  # plans
_BIG: Final = "Enterprise"  # whoever looks at the sample cares for these: what rules assign by owner is theirs
_JOINED_DAYS_AGO: Final = 600


def join(organization: Organization, at: datetime) -> None:
    """Make them, and members. May run twice; whose address somebody has is left out."""
    for colleague in _COLLEAGUES:
        email = _email(colleague, organization)
        made = {"name": colleague.name, "password": UNUSABLE_PASSWORD_PREFIX, "is_active": False}
        user = User.objects.get_or_create(email=email, defaults=made)[0]
        if not user.is_active:
            since = {"role": colleague.role, "created_at": at - timedelta(days=_JOINED_DAYS_AGO)}
            Membership.objects.get_or_create(organization=organization, user=user, defaults=since)


def owner_of(person: Person, by: Membership) -> str:
    """The address of who looks after them, as a list of customers says it; nothing for who pays nothing."""
    if person.plan == _BIG:
        return by.user.email
    if person.plan not in _LOOKED_AFTER:
        return ""
    return next(_email(each, by.organization) for each in _COLLEAGUES if person.country in each.countries)


def analyst(organization: Organization) -> Membership | None:
    found = Membership.objects.filter(organization=organization, user__is_active=False, role=Role.ANALYST)
    return found.select_related("organization", "user").first()


def answering(organization: Organization) -> list[int]:
    """Those who answer customers."""
    found = Membership.objects.filter(organization=organization, user__in=members(organization))
    return list(found.exclude(role=Role.ANALYST).values_list("user", flat=True))


def members(organization: Organization) -> list[int]:
    """Those who belong to it; their rows outlive it unless `forget` is told."""
    found = Membership.objects.filter(organization=organization, user__is_active=False)
    return list(found.filter(user__email__endswith=f"@{_domain(organization)}").values_list("user", flat=True))


def forget(users: list[int]) -> None:
    """Once their organization is gone."""
    User.objects.filter(pk__in=users, memberships=None).delete()


def _email(colleague: Colleague, organization: Organization) -> str:
    first, last = (ascii_of(name) for name in colleague.name.split())
    return f"{first}.{last}@{_domain(organization)}"


def _domain(organization: Organization) -> str:
    """One of a kind that leads nowhere."""
    return f"northwind-tools-{organization.pk}.example"
