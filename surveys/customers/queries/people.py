"""Reads about one customer, and about what can be known of any."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from surveys.accounts import access
from surveys.accounts.models import Membership, Organization, User
from surveys.customers.models import Customer, CustomerChange, Property, Segment


def declared_properties(organization: Organization) -> list[Property]:
    return list(Property.objects.filter(organization=organization))


def visible_properties(by: Membership) -> list[Property]:
    """Those that this person's role may see, in their declared order."""
    declared = Property.objects.filter(organization=by.organization)
    if not access.sees_hidden_properties(by):
        declared = declared.filter(visible_to_agents=True)
    return list(declared)


def open_properties(organization: Organization) -> list[Property]:
    """Those that every role may see, in their declared order: for what goes further than pages."""
    return list(Property.objects.filter(organization=organization, visible_to_agents=True))


def members(organization: Organization) -> list[User]:
    """Who may own a customer: the people of the organization by name."""
    return sorted(
        User.objects.filter(memberships__organization=organization), key=lambda user: (str(user).casefold(), user.pk)
    )


def owned(organization: Organization) -> dict[int, int]:
    """How many customers belong to each colleague who has any, by the colleague's id; one statement over an index."""
    found = Customer.objects.filter(organization=organization, owner__isnull=False).order_by()
    return dict(found.values_list("owner_id").annotate(Count("pk")))


def segments_with_names(organization: Organization) -> list[tuple[int, str]]:
    return list(Segment.objects.filter(organization=organization).order_by(Lower("name")).values_list("pk", "name"))


@dataclass(frozen=True)
class Fact:
    """A property as a person reads it."""

    label: str
    value: Any
    type: str


def named(organization: Organization, words: str, *, limit: int) -> list[Customer]:
    """Whose name or address has the words in it, or whose external id they are; by key."""
    return list(Customer.objects.filter(organization=organization).matching(words).order_by("pk")[:limit])


def properties_of(customer: Customer) -> list[Fact]:
    """The set properties in their declared order."""
    declared = declared_properties(customer.organization)
    return [Fact(p.label, customer.properties[p.key], p.type) for p in declared if p.key in customer.properties]


@dataclass(frozen=True)
class LatestChange:
    """The newest line of a customer's history; `names` are those of the form's fields."""

    actor: User | None
    names: list[str]


def latest_change(customer: Customer) -> LatestChange | None:
    history = CustomerChange.objects.filter(organization=customer.organization_id, customer=customer)
    newest = history.order_by("-pk").first()
    if newest is None:
        return None
    labels = {f"p.{known.key}": known.label for known in declared_properties(customer.organization)}
    names = [str(labels.get(name) or _LABELS.get(name, name)) for name in newest.changes]
    actor = User.objects.filter(pk=newest.actor_id).first() if newest.actor_id else None
    return LatestChange(actor, names)


_LABELS: Final = {
    "email": _("Email"),
    "name": _("Name"),
    "external_id": _("External ID"),
    "language": _("Language"),
    "time_zone": _("Time zone"),
    "phone": _("Phone"),
    "owner": _("Owner"),
}
