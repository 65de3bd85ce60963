"""Deleting and erasing people: set-wise, for whoever acts on many. What goes and what stays: docs/privacy.md.

Locks are taken in one order, here and by the listeners: the memory of suppressions, messages, invitations, responses,
customers. So a claim, a click, a settling or a bounce that is about the same people is waited for, or waits.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from django.db import IntegrityError, connection, transaction

from surveys.accounts.models import Organization
from surveys.customers import addresses, suppression_memory
from surveys.customers.actions import traces
from surveys.customers.models import Customer, CustomerChange, CustomerEvent, SuppressionReason
from surveys.outbox import actions as outbox

DELETED: Final = "customers.deleted"
ERASED: Final = "customers.erased"

_TRIES: Final = 5


def delete(*, organization: Organization, ids: Collection[int], at: datetime) -> int:
    """Remove these customers and the history of their changes; returns how many were there.

    Their answers stay without a name, or go, by the organization's `erasure_keeps_counts`. Nothing is sent to them any
    more, not even what is claimed right now. Publishes `customers.deleted`. Call it in slices of at most a few
    thousand; it is a slice of its own or part of the caller's transaction. No permission is asked: the caller has.
    """
    return _surely(organization, ids, DELETED, keeps_counts=organization.erasure_keeps_counts, at=at)


def erase(*, organization: Organization, ids: Collection[int], at: datetime) -> int:
    """As `delete`, and everything that could tell who they were goes with them, evidence included; only the hashes of
    their addresses stay, so that a list imported later does not ask them again. Publishes `customers.erased`."""
    with transaction.atomic():
        suppression_memory.change(organization.pk)
        remember(organization=organization, ids=ids, at=at)
        return forget(organization=organization, ids=ids, keeps_counts=organization.erasure_keeps_counts, at=at)


def forget(*, organization: Organization, ids: Collection[int], keeps_counts: bool, at: datetime) -> int:
    """As `erase` for people who did not ask for it: their addresses may come back. For retention."""
    return _surely(organization, ids, ERASED, keeps_counts=keeps_counts, at=at)


def _surely(organization: Organization, ids: Collection[int], kind: str, *, keeps_counts: bool, at: datetime) -> int:
    """An invitation that was planned in between makes the database refuse: then all is done once more, with it."""
    for _try in range(_TRIES - 1):
        try:
            return _remove(organization, ids, kind, keeps_counts, at)
        except IntegrityError:
            continue
    return _remove(organization, ids, kind, keeps_counts, at)


def _remove(organization: Organization, ids: Collection[int], kind: str, keeps_counts: bool, at: datetime) -> int:
    with transaction.atomic():
        suppression_memory.change(organization.pk)
        people = Customer.objects.filter(organization=organization, pk__in=list(ids)).order_by("pk")
        found = list(people.values_list("pk", flat=True))
        if not found:
            return 0
        first = Customer(pk=found[0], organization=organization)
        outbox.publish(kind, first, at=at, ids=found, keeps_counts=keeps_counts)
        CustomerEvent.objects.filter(organization=organization, customer__in=found)._raw_delete("default")
        list(people.select_for_update().values_list("pk"))
        if kind == ERASED:
            traces.remove(organization, found, at)
        return _delete_rows(organization, found)


def _delete_rows(organization: Organization, ids: Sequence[int]) -> int:
    CustomerChange.objects.filter(organization=organization, customer__in=ids)._raw_delete("default")
    count = Customer.objects.filter(organization=organization, pk__in=ids)._raw_delete("default")
    with connection.cursor() as cursor:  # whether nothing points at them is asked now, not at the caller's commit
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return int(count)


_REMEMBER = f"""
INSERT INTO surveys_suppression (organization_id, address_hash, reason, source, at)
SELECT c.organization_id, {addresses.HASH_SQL.format(key="c.email_key")}, %(reason)s, '', %(at)s
  FROM surveys_customer c WHERE c.organization_id = %(organization)s AND c.id = ANY(%(ids)s) AND c.email_key <> ''
 ORDER BY 2
    ON CONFLICT DO NOTHING
"""


def remember(*, organization: Organization, ids: Collection[int], at: datetime) -> None:
    """Never mail the addresses of these people again; an earlier reason stands. The caller holds the memory."""
    scope = addresses.hash_parameters(organization.pk)
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, {"ids": list(ids), "reason": SuppressionReason.ERASED, "at": at, **scope})
