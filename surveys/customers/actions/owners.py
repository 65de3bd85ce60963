"""Customers whose owner is no longer in the organization."""

from datetime import datetime
from typing import Final

from django.db import transaction

from surveys.customers.models import ChangeSource, Customer, CustomerChange

_SLICE: Final = 5_000


def release(*, organization_id: int, user_id: int, at: datetime) -> int:
    """Who belonged to this person has no owner from now on; returns how many. Running it twice changes nothing."""
    released = 0
    while taken := _release_slice(organization_id, user_id, at):
        released += taken
    return released


def _release_slice(organization_id: int, user_id: int, at: datetime) -> int:
    with transaction.atomic():
        theirs = Customer.objects.filter(organization_id=organization_id, owner_id=user_id)
        ids = list(theirs.select_for_update().order_by("pk").values_list("pk", flat=True)[:_SLICE])
        Customer.objects.filter(pk__in=ids).update(owner=None, updated_at=at)
        CustomerChange.objects.bulk_create(
            CustomerChange(
                organization_id=organization_id,
                customer_id=pk,
                at=at,
                source=ChangeSource.BULK,
                changes={"owner": [user_id, None]},
            )
            for pk in ids
        )
    return len(ids)
