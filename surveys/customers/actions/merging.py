"""Two rows that are one person become one. The survivor keeps everything that happened to either."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.customers import addresses, property_sets, suppression_memory
from surveys.customers.actions import changes
from surveys.customers.models import ChangeSource, Customer, CustomerChange, Suppression, SuppressionReason
from surveys.outbox import actions as outbox

COLUMNS: Final = ("name", "email", "external_id", "phone", "owner_id", "language", "time_zone")
MERGED: Final = "customers.merged"

# What a person or a colleague said holds for the person, whatever the address; a bounce is the address's own.
_OF_THE_PERSON: Final = (SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINED, SuppressionReason.BLOCKED)


class Gone(ValueError):
    """One of the two is not there any more: merged, deleted or erased meanwhile."""


def merge(
    *,
    survivor: Customer,
    gone: Customer,
    chosen: Mapping[str, Any],
    properties: dict[str, Any],
    by: Membership,
    at: datetime,
) -> None:
    """`chosen` gives the survivor's columns, `properties` all its properties. Publishes `customers.merged` before the
    other row goes; whoever has rows about it moves them then. Raises Gone."""
    access.require(by, Permission.DELETE_CUSTOMERS)
    with transaction.atomic():
        suppression_memory.change(by.organization_id)
        outbox.publish(MERGED, survivor, at=at, ids=sorted([survivor.pk, gone.pk]), survivor=survivor.pk, gone=gone.pk)
        kept, other = _locked(survivor, gone)
        before = changes.state(kept)
        was = changes.state(other)
        CustomerChange.objects.filter(organization=by.organization, customer=other).update(customer=kept)
        reasons = {kept.suppression, other.suppression}
        other.delete()
        _store(kept, other, chosen, properties, at)
        _keep_suppressed(kept, reasons, at)
        property_sets.refresh(by.organization, [kept.pk])
        changes.note(
            customer=kept,
            before=before | {f"merged.{name}": value for name, value in was.items()},
            after=changes.state(kept),
            source=ChangeSource.MERGE,
            source_id=gone.pk,
            at=at,
            actor_id=by.user_id,
        )
        audit.record(by, "customer.merged", kept, at=at, gone=gone.pk)


def _locked(survivor: Customer, gone: Customer) -> tuple[Customer, Customer]:
    both = Customer.objects.select_for_update().select_related("organization").order_by("pk")
    found = {row.pk: row for row in both.filter(organization=survivor.organization_id, pk__in=[survivor.pk, gone.pk])}
    if len(found) < 2:
        raise Gone(survivor.pk, gone.pk)
    return found[survivor.pk], found[gone.pk]


def _store(
    kept: Customer, other: Customer, chosen: Mapping[str, Any], properties: dict[str, Any], at: datetime
) -> None:
    """What was asked of either was asked of this person; answers were counted anew by whoever keeps them."""
    Customer.objects.filter(pk=kept.pk).update(
        **{name: chosen[name] for name in COLUMNS},
        properties=properties,
        updated_at=at,
        created_at=min(kept.created_at, other.created_at),
        asked_count=F("asked_count") + other.asked_count,
        last_asked_at=Greatest(F("last_asked_at"), other.last_asked_at),
    )
    kept.refresh_from_db()


def _keep_suppressed(kept: Customer, reasons: set[str], at: datetime) -> None:
    """Whoever unsubscribed by one address is not mailed at the other."""
    if kept.email is None:
        Customer.objects.filter(pk=kept.pk).update(suppression="")
        return
    digest = addresses.address_hash(kept.organization_id, kept.email_key or "")
    said = next((reason for reason in _OF_THE_PERSON if reason in reasons), None)
    if said:
        Suppression.objects.bulk_create(
            [
                Suppression(
                    organization_id=kept.organization_id, address_hash=digest, reason=said, source="merge", at=at
                )
            ],
            ignore_conflicts=True,
        )
    remembered = Suppression.objects.filter(organization=kept.organization_id, address_hash=digest)
    reason = remembered.values_list("reason", flat=True).first() or ""
    Customer.objects.filter(pk=kept.pk).update(suppression=reason)
