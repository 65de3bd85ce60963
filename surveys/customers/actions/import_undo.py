"""Undoing an import, a slice of people at a time, in the order of their ids.

Who was added goes, unless something happened to them since; what was changed goes back, unless it was changed again.
Everybody who stays, or keeps a value, is listed with the reason. A slice and the cursor behind it are one transaction.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F

from surveys.customers import addresses, property_sets, suppression_memory
from surveys.customers.actions import erasing
from surveys.customers.actions.changes import PROPERTY, state
from surveys.customers.models import ChangeSource, Customer, CustomerChange, ImportJob, ImportKept, KeptReason
from surveys.customers.queries.imports import TOUCHED

SLICE = 2_000  # people

_NEXT = """
SELECT id FROM (
    (SELECT id FROM surveys_customer
      WHERE organization_id = %(org)s AND id > %(after)s AND id BETWEEN %(first)s AND %(last)s AND import_id = %(job)s
      ORDER BY id LIMIT %(limit)s)
     UNION
    (SELECT DISTINCT customer_id FROM surveys_customerchange
      WHERE organization_id = %(org)s AND source = 'import' AND source_id = %(job)s AND customer_id > %(after)s
      ORDER BY customer_id LIMIT %(limit)s)) both_kinds
 ORDER BY id LIMIT %(limit)s
"""

_ADDED = f"""
SELECT c.id, {TOUCHED} FROM surveys_customer c
 WHERE c.organization_id = %(org)s AND c.import_id = %(job)s AND c.id = ANY(%(ids)s)
"""

_TAKEN = """
SELECT given.id, given.field
  FROM unnest(%(ids)s::bigint[], %(fields)s::text[], %(words)s::text[]) AS given(id, field, word)
       JOIN surveys_customer c ON c.organization_id = %(org)s AND c.id <> given.id
        AND (given.field = 'email' AND c.email_key = lower(trim(given.word))
             OR given.field = 'external_id' AND c.external_id = given.word)
"""

_RESTORE = f"""
UPDATE surveys_customer t
   SET email = b.email, external_id = b.external_id, name = b.name, language = b.language, time_zone = b.time_zone,
       owner_id = b.owner_id, properties = b.properties, updated_at = %(at)s,
       suppression = CASE WHEN b.email IS NOT DISTINCT FROM t.email THEN t.suppression ELSE coalesce(x.reason, '') END
  FROM jsonb_to_recordset(%(people)s::jsonb) AS b(id bigint, email text, external_id text, name text, language text,
                                           time_zone text, owner_id bigint, properties jsonb)
       LEFT JOIN surveys_suppression x ON x.organization_id = %(org)s
        AND x.address_hash = {addresses.HASH_SQL.format(key="lower(trim(b.email))")}
 WHERE t.organization_id = %(org)s AND t.id = b.id
"""


@dataclass
class Undone:
    """What became of a slice."""

    cursor: int = 0
    seen: int = 0
    removed: int = 0
    restored: int = 0
    kept: dict[int, KeptReason] = field(default_factory=dict)

    def counts(self) -> dict[str, Any]:
        return {
            "undo_cursor": self.cursor,
            "undo_seen": F("undo_seen") + self.seen,
            "removed": F("removed") + self.removed,
            "restored": F("restored") + self.restored,
            "kept": F("kept") + len(self.kept),
        }


def undo_slice(job: ImportJob, *, after: int, at: datetime) -> Undone | None:
    """The next people behind the cursor, or None when there are no more. Runs in the caller's transaction."""
    ids = _next(job, after)
    if not ids:
        return None
    undone = Undone(cursor=ids[-1], seen=len(ids))
    suppression_memory.change(job.organization_id)
    _remove_added(job, ids, undone, at)
    _restore_changed(job, ids, undone, at)
    ImportKept.objects.bulk_create(
        [
            ImportKept(organization_id=job.organization_id, job=job, customer_number=pk, reason=reason)
            for pk, reason in undone.kept.items()
        ],
        ignore_conflicts=True,
    )
    return undone


def _next(job: ImportJob, after: int) -> list[int]:
    first, last = job.first_customer_id or 0, job.last_customer_id or -1
    scope = {"org": job.organization_id, "job": job.pk, "after": after, "first": first, "last": last, "limit": SLICE}
    return [pk for (pk,) in _rows(_NEXT, scope)]


def _remove_added(job: ImportJob, ids: Sequence[int], undone: Undone, at: datetime) -> None:
    added = _rows(_ADDED, {"org": job.organization_id, "job": job.pk, "ids": list(ids)})
    undone.kept |= {pk: KeptReason(reason) for pk, reason in added if reason}
    untouched = [pk for pk, reason in added if not reason]
    if untouched:
        undone.removed = erasing.delete(organization=job.organization, ids=untouched, at=at)


# ── what was changed goes back ──


@dataclass
class _Return:
    """A customer, what the list changed about them, and what of it goes back."""

    customer: Customer
    changes: Mapping[str, Sequence[Any]]
    back: dict[str, Any] = field(default_factory=dict)
    is_taken: bool = False

    def __post_init__(self) -> None:
        now = state(self.customer)
        self.back = {name: before for name, (before, after) in self.changes.items() if now.get(name) == after}

    @property
    def reason(self) -> KeptReason | None:
        if self.is_taken:
            return KeptReason.TAKEN
        if len(self.back) == len(self.changes):
            return None
        return KeptReason.VALUES if self.back else KeptReason.CHANGED

    def row(self) -> dict[str, Any]:
        """The customer as they are to be."""
        known = {name: value for name, value in self.back.items() if not name.startswith(PROPERTY)}
        properties = self.customer.properties | {
            name.removeprefix(PROPERTY): value for name, value in self.back.items() if name.startswith(PROPERTY)
        }
        person = self.customer
        return {
            "id": person.pk,
            "email": known.get("email", person.email),
            "external_id": known.get("external_id", person.external_id),
            "name": known.get("name", person.name) or "",
            "language": known.get("language", person.language) or "",
            "time_zone": known.get("time_zone", person.time_zone) or "",
            "owner_id": known.get("owner", person.owner_id),
            "properties": {key: value for key, value in properties.items() if value is not None},
        }


def _restore_changed(job: ImportJob, ids: Sequence[int], undone: Undone, at: datetime) -> None:
    returns = _returns(job, ids)
    _leave_taken(job, returns)
    undone.kept |= {found.customer.pk: found.reason for found in returns if found.reason}
    going_back = [found for found in returns if found.back]
    if not going_back:
        return
    scope = addresses.hash_parameters(job.organization_id)
    people = json.dumps([found.row() for found in going_back])
    with connection.cursor() as cursor:
        cursor.execute(_RESTORE, {"org": job.organization_id, "at": at, "people": people, **scope})
    property_sets.refresh(job.organization, [found.customer.pk for found in going_back])
    CustomerChange.objects.bulk_create([_note(job, found, at) for found in going_back])
    undone.restored = len(going_back)


def _returns(job: ImportJob, ids: Sequence[int]) -> list[_Return]:
    told = CustomerChange.objects.filter(
        organization=job.organization, source=ChangeSource.IMPORT, source_id=job.pk, customer__in=ids
    )
    changes = dict(told.order_by("pk").values_list("customer_id", "changes"))
    people = Customer.objects.select_for_update(no_key=True).filter(organization=job.organization, pk__in=changes)
    return [_Return(customer, changes[customer.pk]) for customer in people.order_by("pk")]


def _leave_taken(job: ImportJob, returns: Sequence[_Return]) -> None:
    """An address or an external ID that somebody else has by now does not go back."""
    wanted = [
        (found.customer.pk, name, found.back[name])
        for found in returns
        for name in ("email", "external_id")
        if found.back.get(name) is not None
    ]
    if not wanted:
        return
    ids, fields, words = zip(*wanted, strict=True)
    scope = {"org": job.organization_id, "ids": list(ids), "fields": list(fields), "words": list(words)}
    by_id = {found.customer.pk: found for found in returns}
    for pk, name in _rows(_TAKEN, scope):
        by_id[pk].back.pop(name, None)
        by_id[pk].is_taken = True


def _note(job: ImportJob, found: _Return, at: datetime) -> CustomerChange:
    return CustomerChange(
        organization_id=job.organization_id,
        customer=found.customer,
        at=at,
        source=ChangeSource.UNDO,
        source_id=job.pk,
        changes={name: [found.changes[name][1], before] for name, before in found.back.items()},
    )


def _rows(sql: str, scope: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, scope)
        return cursor.fetchall()
