"""Reads about one customer, and about what can be known of any."""

from dataclasses import dataclass
from typing import Any

from surveys.accounts import access
from surveys.accounts.models import Membership, Organization, User
from surveys.accounts.permissions import Permission
from surveys.customers.models import Customer, Property


def declared_properties(organization: Organization) -> list[Property]:
    return list(Property.objects.filter(organization=organization))


def visible_properties(by: Membership) -> list[Property]:
    """Those that this person's role may see, in their declared order."""
    declared = Property.objects.filter(organization=by.organization)
    if not access.can(by, Permission.MANAGE_PROPERTIES):
        declared = declared.filter(visible_to_agents=True)
    return list(declared)


def members(organization: Organization) -> list[User]:
    """Who may own a customer: the people of the organization by name."""
    return sorted(
        User.objects.filter(memberships__organization=organization), key=lambda user: (str(user).casefold(), user.pk)
    )


@dataclass(frozen=True)
class Fact:
    """A property as a person reads it."""

    label: str
    value: Any
    type: str


def properties_of(customer: Customer) -> list[Fact]:
    """The set properties in their declared order."""
    declared = declared_properties(customer.organization)
    return [Fact(p.label, customer.properties[p.key], p.type) for p in declared if p.key in customer.properties]
