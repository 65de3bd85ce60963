"""One property of one customer is set by a rule; nobody did it by hand."""

from datetime import datetime
from typing import Any

from django.db import transaction

from surveys.customers import property_sets
from surveys.customers.actions import changes
from surveys.customers.models import ChangeSource, Customer, Property


class NoSuchProperty(ValueError):
    """The property was deleted, or merged into another."""


def set_property(*, customer: Customer, key: str, value: Any, source_id: int, at: datetime) -> bool:
    """None takes the value away; whether anything changed. Publishes nothing: no rule starts by what a rule sets.

    Raises NoSuchProperty.
    """
    with transaction.atomic():
        if not Property.objects.filter(organization=customer.organization_id, key=key).exists():
            raise NoSuchProperty(key)
        locked = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if locked.properties.get(key) == value:
            return False
        before = changes.state(locked)
        rest = {name: other for name, other in locked.properties.items() if name != key}
        locked.properties = rest if value is None else {**rest, key: value}
        Customer.objects.filter(pk=locked.pk).update(properties=locked.properties, updated_at=at)
        after = changes.state(locked)
        changes.note(customer=locked, before=before, after=after, source=ChangeSource.RULE, source_id=source_id, at=at)
        property_sets.refresh(customer.organization, [locked.pk])
    return True
