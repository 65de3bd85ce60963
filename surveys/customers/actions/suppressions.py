"""Who must not be mailed. An address is remembered by its hash: deleting and importing the person changes nothing."""

from datetime import datetime

from django.db import transaction

from surveys.accounts.models import Organization
from surveys.customers import addresses, suppression_memory
from surveys.customers.models import Customer, Suppression, SuppressionReason
from surveys.outbox import actions as outbox


def suppress(*, organization: Organization, address: str, reason: SuppressionReason, source: str, at: datetime) -> bool:
    """Never mail this address again; the customer who has it, if any, is marked. Says whether that is new.

    Publishes `customer.suppressed` for a customer who is newly marked. An earlier reason stands. Waits for a slice of
    an import (about a second); call it before locking customers in the same transaction.
    """
    key = addresses.normalized(address)
    digest = addresses.address_hash(organization.pk, key)
    with transaction.atomic():
        suppression_memory.change(organization.pk)
        created = Suppression.objects.bulk_create(
            [Suppression(organization=organization, address_hash=digest, reason=reason, source=source[:60], at=at)],
            ignore_conflicts=True,
        )
        people = Customer.objects.select_for_update(no_key=True).filter(organization=organization, email_key=key)
        customer = people.filter(suppression="").first()
        if customer is None:
            return False
        Customer.objects.filter(pk=customer.pk).update(suppression=reason)
        outbox.publish("customer.suppressed", customer, at=at, reason=str(reason))
    return bool(created)


def unsuppress(*, organization: Organization, address: str, at: datetime) -> None:
    """The person asked to be mailed again. A bounce or a complaint of the address stays."""
    key = addresses.normalized(address)
    digest = addresses.address_hash(organization.pk, key)
    with transaction.atomic():
        unsubscribed = SuppressionReason.UNSUBSCRIBED
        Suppression.objects.filter(organization=organization, address_hash=digest, reason=unsubscribed).delete()
        people = Customer.objects.select_for_update(no_key=True).filter(organization=organization, email_key=key)
        customer = people.filter(suppression=unsubscribed).first()
        if customer is None:
            return
        Customer.objects.filter(pk=customer.pk).update(suppression="")
        outbox.publish("customer.unsuppressed", customer, at=at)
