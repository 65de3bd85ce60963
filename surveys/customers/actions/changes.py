"""The history of a customer: what each change said before and after."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from surveys.customers.models import ChangeSource, Customer, CustomerChange

PROPERTY = "p."
MERGED = "merged"  # who became one with this customer; "merged.name", "merged.p.plan" are values of theirs that were not taken


def note(
    *,
    customer: Customer,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    source: ChangeSource,
    at: datetime,
    actor_id: int | None = None,
    source_id: int | None = None,
) -> None:
    """Keep what differs between two `states` of a customer; nothing, when nothing does. Call it in the change's transaction."""
    changes = {
        name: [before.get(name), after.get(name)]
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    }
    if changes:
        CustomerChange.objects.create(
            organization_id=customer.organization_id,
            customer=customer,
            at=at,
            source=source,
            source_id=source_id,
            actor_id=actor_id,
            changes=changes,
        )


def state(customer: Customer) -> dict[str, Any]:
    """What a person or a list may say about a customer, as `note` compares it; unset is absent."""
    columns = {
        "email": customer.email,
        "name": customer.name,
        "external_id": customer.external_id,
        "language": customer.language,
        "time_zone": customer.time_zone,
        "phone": customer.phone,
        "owner": customer.owner_id,
    }
    known = {name: value for name, value in columns.items() if value not in (None, "")}
    return known | {PROPERTY + key: value for key, value in customer.properties.items()}
