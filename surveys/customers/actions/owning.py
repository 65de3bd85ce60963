"""Whose customer somebody is."""

from datetime import datetime

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.customers.actions import changes
from surveys.customers.models import ChangeSource, Customer


class NotAMember(ValueError):
    """Only people of the organization own its customers."""


def assign_owner(*, customer: Customer, owner_id: int | None, by: Membership, at: datetime) -> None:
    """None takes the owner away. Raises NotAMember."""
    access.require(by, Permission.EDIT_CUSTOMERS)
    with transaction.atomic():
        members = Membership.objects.filter(organization=by.organization, user=owner_id)
        if owner_id is not None and not members.exists():
            raise NotAMember(owner_id)
        locked = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk, organization=by.organization)
        if locked.owner_id == owner_id:
            return
        before = changes.state(locked)
        locked.owner_id = owner_id
        Customer.objects.filter(pk=locked.pk).update(owner=owner_id, updated_at=at)
        after = changes.state(locked)
        changes.note(customer=locked, before=before, after=after, source=ChangeSource.EDIT, at=at, actor_id=by.user_id)
        audit.record(by, "customer.changed", locked, at=at, fields=["owner"])
