"""Two rows that are one person become one. The survivor keeps everything that happened to either.

A merge is an act like those on many: it waits, can be taken back until it begins, and is done by a worker.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.customers import addresses, property_sets, suppression_memory
from surveys.customers.actions import bulk, changes, departures
from surveys.customers.models import (
    BulkAct,
    BulkKind,
    ChangeSource,
    Customer,
    CustomerChange,
    CustomerEvent,
    Suppression,
    SuppressionReason,
)
from surveys.outbox import actions as outbox
from surveys.outbox.nudges import nudge

COLUMNS: Final = ("name", "email", "external_id", "phone", "owner_id", "language", "time_zone")
MERGED: Final = "customers.merged"

# What a person or a colleague said holds for the person, whatever the address; a bounce is the address's own.
_OF_THE_PERSON: Final = (SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINED, SuppressionReason.BLOCKED)


class NotPossible(ValueError):
    """Why the two are not merged, for people."""


@dataclass(frozen=True)
class Choice:
    """Two customers and what the one that stays takes from the other: names of COLUMNS, and of properties with "p.".

    `versions` are the `updated_at` that were looked at: of who stays, of who goes.
    """

    survivor: Customer
    gone: Customer
    taken: Collection[str]
    versions: tuple[str, str]

    @property
    def ids(self) -> list[int]:
        return [self.survivor.pk, self.gone.pk]


def confirm(*, choice: Choice, by: Membership, at: datetime) -> BulkAct:
    """The merge stands in the database and is done when the time to undo is over; until then both are what they were.
    Confirmed twice it is one. Raises NotPossible."""
    access.require(by, Permission.DELETE_CUSTOMERS)
    with transaction.atomic():
        departures.hold(by.organization_id)
        others = BulkAct.objects.open().filter(organization=by.organization, kind=BulkKind.MERGE)
        for other in others:
            if other.ids == choice.ids:
                return other
            if not set(choice.ids).isdisjoint(other.ids or ()):
                raise NotPossible(_("One of the two is about to be merged already. Wait until that is over."))
        _check(by.organization, choice.ids, choice.versions, at)
        act = _ordered(choice, by, at)
        audit.record(by, "customer.merge_asked", choice.survivor, at=at, gone=choice.gone.pk, act=act.pk)
        transaction.on_commit(lambda: nudge(bulk.WORK, act.pk, after_seconds=settings.UNDO_SECONDS + 1))
    return act


def _ordered(choice: Choice, by: Membership, at: datetime) -> BulkAct:
    """Numbers and names of fields only: what is known about the two is read when they are merged."""
    return BulkAct.objects.create(
        organization=by.organization,
        created_by_id=by.user_id,
        created_at=at,
        kind=BulkKind.MERGE,
        value={"taken": sorted(choice.taken), "versions": list(choice.versions)},
        ids=choice.ids,
        last_id=max(choice.ids),
        total=2,
        starts_at=at + timedelta(seconds=settings.UNDO_SECONDS),
    )


def _check(organization: Organization, ids: Sequence[int], versions: Sequence[str], at: datetime) -> None:
    people = Customer.objects.filter(organization=organization, pk__in=ids)
    found = {pk: version(changed) for pk, changed in people.values_list("pk", "updated_at")}
    if len(found) < 2:
        raise NotPossible(_("One of the two is not there any more: deleted, erased or merged. Nothing was merged."))
    if [found[pk] for pk in ids] != list(versions):
        raise NotPossible(_("One of the two was changed meanwhile. Nothing was merged: compare them again."))
    if departures.act_about(organization, ids, at):
        raise NotPossible(_("One of the two is about to be deleted or erased. Nothing was merged."))


def version(changed: datetime) -> str:
    return changed.astimezone(UTC).isoformat()


def perform(*, act: BulkAct, at: datetime) -> None:
    """Publishes `customers.merged` before the other row goes; whoever has rows about it moves them then. Runs in the
    caller's transaction, which must not be committed when it raises NotPossible."""
    ids, organization, versions = list(act.ids or ()), act.organization, (act.value or {})["versions"]
    survivor = Customer(pk=ids[0], organization=organization)
    departures.hold(organization.pk)
    suppression_memory.change(organization.pk)
    _check(organization, ids, versions, at)
    outbox.publish(MERGED, survivor, at=at, ids=sorted(ids), survivor=ids[0], gone=ids[1])
    both = Customer.objects.select_for_update().select_related("organization").order_by("pk")
    found = {row.pk: row for row in both.filter(organization=organization, pk__in=ids)}
    _check(organization, ids, versions, at)
    _join(found[ids[0]], found[ids[1]], act, at)


def _join(kept: Customer, other: Customer, act: BulkAct, at: datetime) -> None:
    before, was = changes.state(kept), changes.state(other)
    for history in (CustomerChange.objects, CustomerEvent.objects):
        history.filter(organization=act.organization, customer=other).update(customer=kept)
    gone, reasons = other.pk, {kept.suppression, other.suppression}
    other.delete()
    _store(kept, other, frozenset((act.value or {})["taken"]), at)
    _keep_suppressed(kept, reasons, at)
    property_sets.refresh(act.organization, [kept.pk])
    after = changes.state(kept)
    changes.note(
        customer=kept,
        before=before | {changes.MERGED: str(other)} | _not_taken(was, after),
        after=after,
        source=ChangeSource.MERGE,
        source_id=gone,
        at=at,
        actor_id=act.created_by_id,
    )
    _tell(act, kept, gone, at)


def _not_taken(was: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{changes.MERGED}.{name}": value for name, value in was.items() if after.get(name) != value}


def _tell(act: BulkAct, kept: Customer, gone: int, at: datetime) -> None:
    """In the name of who confirmed it, if they are still here."""
    members = Membership.objects.filter(organization=act.organization, user=act.created_by_id).select_related("user")
    if by := members.first():
        audit.record(by, "customer.merged", kept, at=at, gone=gone)
    else:
        audit.record_automatic(act.organization, "customer.merged", kept, at=at, gone=gone)


def _store(kept: Customer, other: Customer, taken: frozenset[str], at: datetime) -> None:
    """What was asked of either was asked of this person, and who wished to be asked less often does so still; answers
    were counted anew by whoever keeps them."""
    values = {
        key: (other if f"{changes.PROPERTY}{key}" in taken else kept).properties.get(key)
        for key in (*kept.properties, *(key for key in other.properties if key not in kept.properties))
    }
    Customer.objects.filter(pk=kept.pk).update(
        **{name: getattr(other if name in taken else kept, name) for name in COLUMNS},
        properties={key: value for key, value in values.items() if value is not None},
        updated_at=at,
        created_at=min(kept.created_at, other.created_at),
        asked_count=F("asked_count") + other.asked_count,
        last_asked_at=Greatest(F("last_asked_at"), other.last_asked_at),
        rest_days=max(kept.rest_days, other.rest_days),
        resting_until=Greatest(F("resting_until"), other.resting_until),
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
