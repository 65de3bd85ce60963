"""What people of the organization do about addresses that must not be mailed. The trail never holds an address."""

from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.customers import addresses, suppression_memory
from surveys.customers.actions.suppressions import suppress
from surveys.customers.models import Customer, Suppression, SuppressionReason
from surveys.outbox import actions as outbox


class NotAnAddress(ValueError):
    """What was typed is no email address."""


def block(*, address: str, by: Membership, at: datetime) -> bool:
    """Never mail this address, whether a customer has it or not; says whether that is new. An earlier reason stands.

    Raises NotAnAddress.
    """
    access.require(by, Permission.EDIT_CUSTOMERS)
    known = addresses.cleaned(address.strip())
    if known is None:
        raise NotAnAddress(address)
    with transaction.atomic():
        stored = _stored(by.organization, known)
        if stored.exists():
            return False
        reason = SuppressionReason.BLOCKED
        suppress(organization=by.organization, address=known, reason=reason, source=str(by.user), at=at)
        row = stored.first()
        if row is not None:
            audit.record(by, "suppression.added", row, at=at, reason=row.reason)
    return row is not None


def _stored(organization: Organization, address: str) -> Any:
    digest = addresses.address_hash(organization.pk, addresses.normalized(address))
    return Suppression.objects.filter(organization=organization, address_hash=digest)


_FREE: Final = f"""
    UPDATE surveys_customer c SET suppression = ''
     WHERE c.organization_id = %(organization)s AND c.suppression <> ''
       AND {addresses.HASH_SQL.format(key="c.email_key")} = %(digest)s
 RETURNING c.id
"""


def lift(*, suppression: Suppression, by: Membership, at: datetime) -> bool:
    """Mail this address again, whatever the reason was; False when somebody was faster. The customer who has it, if
    any, may be asked from now on, and `customer.unsuppressed` says so."""
    access.require(by, Permission.EDIT_CUSTOMERS)
    organization = by.organization
    scope = addresses.hash_parameters(organization.pk) | {"digest": suppression.address_hash}
    with transaction.atomic():
        suppression_memory.change(organization.pk)
        gone, _ = Suppression.objects.filter(organization=organization, pk=suppression.pk).delete()
        if not gone:
            return False
        with connection.cursor() as cursor:
            cursor.execute(_FREE, scope)
            for (pk,) in cursor.fetchall():
                freed = Customer(pk=pk, organization=organization)
                outbox.publish("customer.unsuppressed", freed, at=at)
        audit.record(
            by, "suppression.lifted", suppression, at=at, reason=suppression.reason, since=suppression.at.isoformat()
        )
    return True
