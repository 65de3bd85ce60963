"""What is known of an address on the whole server (NPS_SHARED_SUPPRESSIONS): that it bounced, or that its owner complained.

Other organizations learn the reason, and neither from whom it is known nor that anybody else has the address.
"""

from datetime import datetime
from typing import Any, Final

from django.db import connection

from surveys.customers import addresses
from surveys.customers.models import Customer, Suppression, SuppressionReason
from surveys.customers.suppression_memory import EVERYWHERE, SHARED

_REMEMBER: Final = """
    INSERT INTO surveys_sharedsuppression AS known (address_hash, reason, at) VALUES (%(digest)s, %(reason)s, %(at)s)
    ON CONFLICT (address_hash) DO UPDATE SET reason = excluded.reason
    WHERE known.reason = 'bounced' AND excluded.reason = 'complained'
"""
# One look at the index for each organization, not through all customers.
_WHO: Final = """
    SELECT c.id FROM surveys_organization o
    CROSS JOIN LATERAL (SELECT id FROM surveys_customer WHERE organization_id = o.id AND email_key = %(key)s OFFSET 0) c
"""


def everywhere(key: str, reason: SuppressionReason, at: datetime) -> list[Customer]:
    """Remember it for all, and for each organization where a customer has the address. Returns these customers, locked.

    The caller holds `suppression_memory.change_everywhere`.
    """
    params: dict[str, Any] = {"digest": addresses.address_hash(EVERYWHERE, key), "reason": str(reason), "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, params)
        cursor.execute(_WHO, {"key": key})
        ids = [pk for (pk,) in cursor.fetchall()]
    people = list(Customer.objects.select_for_update(no_key=True).filter(pk__in=ids, email_key=key).order_by("pk"))
    rows = [
        Suppression(
            organization_id=person.organization_id,
            address_hash=addresses.address_hash(person.organization_id, key),
            reason=reason,
            source=SHARED,
            at=at,
        )
        for person in people
        if not person.suppression
    ]
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)
    return people


def reason_of(person: Customer) -> str:
    """What their organization remembers of their address."""
    digest = addresses.address_hash(person.organization_id, addresses.normalized(person.email or ""))
    known = Suppression.objects.filter(organization=person.organization_id, address_hash=digest)
    return known.values_list("reason", flat=True).first() or person.suppression
