"""Adding and changing one customer by hand."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.customers import addresses, allowance, property_sets, suppression_memory
from surveys.customers.actions import changes
from surveys.customers.models import ChangeSource, Customer, Suppression


class ChangedMeanwhile(ValueError):
    """Somebody else changed the customer since the form was shown; `customer` is as they are now."""

    def __init__(self, customer: Customer) -> None:
        super().__init__(customer.pk)
        self.customer = customer


class Taken(ValueError):
    """Another customer of the organization has this address, external ID or phone already; `field` says which."""

    def __init__(self, field: str, customer: Customer) -> None:
        super().__init__(field)
        self.field = field
        self.customer = customer


@dataclass(frozen=True)
class Profile:
    """What a person may say about a customer. `properties` are typed, unset ones absent."""

    email: str | None
    name: str = ""
    external_id: str | None = None
    language: str = ""
    time_zone: str = ""
    phone: str | None = None
    owner_id: int | None = None
    properties: dict[str, Any] = field(default_factory=dict)


def add_customer(*, profile: Profile, by: Membership, at: datetime) -> Customer:
    """Raises Taken and LimitReached."""
    access.require(by, Permission.EDIT_CUSTOMERS)
    with transaction.atomic():
        allowance.require_room(by.organization_id, adding=1)
        customer = Customer(organization=by.organization, created_at=at)
        _store(customer, profile, at)
        audit.record(by, "customer.added", customer, at=at)
    return customer


def change_customer(
    *, customer: Customer, profile: Profile, by: Membership, at: datetime, version: datetime | None = None
) -> None:
    """`version` is the `updated_at` that was edited. Raises Taken, ChangedMeanwhile.

    The audit trail keeps which fields changed, not what was in them.
    """
    access.require(by, Permission.EDIT_CUSTOMERS)
    with transaction.atomic():
        locked = Customer.objects.select_for_update().select_related("organization").get(pk=customer.pk)
        if version is not None and locked.updated_at != version:
            raise ChangedMeanwhile(locked)
        changed = sorted(name for name, value in vars(profile).items() if getattr(locked, name) != value)
        if not changed:
            return
        before = changes.state(locked)
        _store(locked, profile, at)
        changes.note(
            customer=locked,
            before=before,
            after=changes.state(locked),
            source=ChangeSource.EDIT,
            at=at,
            actor_id=by.user_id,
        )
        audit.record(by, "customer.changed", locked, at=at, fields=changed)


def _store(customer: Customer, profile: Profile, at: datetime) -> None:
    for name, value in vars(profile).items():
        setattr(customer, name, value)
    customer.updated_at = at
    suppression_memory.hold_still(customer.organization_id)
    customer.suppression = _remembered(customer.organization, profile.email)
    try:
        with transaction.atomic():
            customer.save()
    except IntegrityError:
        raise _who_has(customer) from None
    property_sets.refresh(customer.organization, [customer.pk])


def _remembered(organization: Organization, email: str | None) -> str:
    """Why the address must not be mailed, "" when it may."""
    if email is None:
        return ""
    key = addresses.normalized(email)
    suppression_memory.recall(organization.pk, "SELECT %(key)s::text AS key", {"key": key})
    digest = addresses.address_hash(organization.pk, key)
    found = Suppression.objects.filter(organization=organization, address_hash=digest)
    return found.values_list("reason", flat=True).first() or ""


def _who_has(customer: Customer) -> Exception:
    others = Customer.objects.filter(organization=customer.organization).exclude(pk=customer.pk)
    if customer.email is not None:
        same = others.filter(email_key=addresses.normalized(customer.email)).first()
        if same:
            return Taken("email", same)
    for name in ("external_id", "phone"):
        value = getattr(customer, name)
        same = others.filter(**{name: value}).first() if value else None
        if same:
            return Taken(name, same)
    return RuntimeError("a constraint of customers that no form knows")
