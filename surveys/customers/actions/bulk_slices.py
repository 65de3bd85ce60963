"""One slice of an act, set-wise: the customers, their history, their property sets. Runs in the slice's transaction.

People are locked in the order of their ids, as everywhere: two acts wait for each other, never in a circle. Who has
what is wanted already is left alone, and has no line in the history.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection

from surveys.customers import addresses, property_sets
from surveys.customers.actions import erasing
from surveys.customers.actions.suppressions import suppress
from surveys.customers.models import BulkAct, BulkKind, Customer, Suppression, SuppressionReason
from surveys.outbox import actions as outbox

# {value} is what a customer has now, as JSON (null: nothing); {name} how the history calls it.
_CHANGE: Final = """
    WITH before AS (
        SELECT c.id, {value} AS value FROM surveys_customer c
         WHERE c.organization_id = %(organization)s AND c.id = ANY(%(ids)s) ORDER BY c.id FOR NO KEY UPDATE
    ), changed AS (
        UPDATE surveys_customer c SET {assignment}, updated_at = %(at)s FROM before
         WHERE c.id = before.id AND before.value IS DISTINCT FROM %(after)s::jsonb
     RETURNING c.id, before.value
    )
    INSERT INTO surveys_customerchange (organization_id, customer_id, at, source, source_id, actor_id, changes)
    SELECT %(organization)s, id, %(at)s, 'bulk', %(act)s, %(actor)s,
           jsonb_build_object(%(name)s::text, jsonb_build_array(value, %(after)s::jsonb))
      FROM changed ORDER BY id
"""
_COLUMNS: Final = {
    BulkKind.SET_OWNER: ("owner", "to_jsonb(c.owner_id)", "owner_id = (%(after)s::jsonb #>> '{}')::bigint"),
    BulkKind.SET_LANGUAGE: (
        "language",
        "to_jsonb(nullif(c.language, ''))",
        "language = coalesce(%(after)s::jsonb #>> '{}', '')",
    ),
    BulkKind.SET_TIME_ZONE: (
        "time_zone",
        "to_jsonb(nullif(c.time_zone, ''))",
        "time_zone = coalesce(%(after)s::jsonb #>> '{}', '')",
    ),
}
_PROPERTY: Final = (
    "c.properties -> %(key)s",
    "properties = CASE WHEN %(after)s::jsonb = 'null' THEN c.properties - %(key)s"
    " ELSE c.properties || jsonb_build_object(%(key)s::text, %(after)s::jsonb) END",
)


def change(act: BulkAct, ids: Sequence[int], at: datetime) -> int:
    """How many of the slice were changed."""
    return _CHANGES[BulkKind(act.kind)](act, list(ids), at)


def _set_property(act: BulkAct, ids: list[int], at: datetime) -> int:
    value, assignment = _PROPERTY
    count = _run(_CHANGE, act, ids, at, f"coalesce({value}, 'null')", assignment, f"p.{act.key}")
    property_sets.refresh(act.organization, ids)
    return count


def _set_column(act: BulkAct, ids: list[int], at: datetime) -> int:
    name, value, assignment = _COLUMNS[BulkKind(act.kind)]
    return _run(_CHANGE, act, ids, at, f"coalesce({value}, 'null')", assignment, name)


def _run(statement: str, act: BulkAct, ids: list[int], at: datetime, value: str, assignment: str, name: str) -> int:
    scope: dict[str, Any] = {
        "organization": act.organization_id,
        "ids": ids,
        "act": act.pk,
        "actor": act.created_by_id,
        "at": at,
        "key": act.key,
        "name": name,
        "after": json.dumps(act.value),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement.format(value=value, assignment=assignment), scope)
        return int(cursor.rowcount)


# ── Mail ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _suppress(act: BulkAct, ids: list[int], at: datetime) -> int:
    organization = act.organization
    people = Customer.objects.filter(organization=organization, pk__in=ids, suppression="", email__isnull=False)
    addressed = people.order_by("pk").values_list("email", flat=True)
    return sum(
        suppress(organization=organization, address=address, reason=SuppressionReason.BLOCKED, source=_SOURCE, at=at)
        for address in list(addressed)
        if address
    )


_SOURCE: Final = "bulk"


def _lift(act: BulkAct, ids: list[int], at: datetime) -> int:
    """Only what a member of the organization said; what the customer or their mail server said stays."""
    people = Customer.objects.select_for_update(no_key=True).filter(organization=act.organization, pk__in=ids)
    blocked = list(people.filter(suppression=SuppressionReason.BLOCKED).order_by("pk"))
    hashes = [addresses.address_hash(act.organization_id, customer.email_key or "") for customer in blocked]
    remembered = Suppression.objects.filter(organization=act.organization, address_hash__in=hashes)
    remembered.filter(reason=SuppressionReason.BLOCKED).delete()
    Customer.objects.filter(pk__in=[customer.pk for customer in blocked]).update(suppression="")
    for customer in blocked:
        outbox.publish("customer.unsuppressed", customer, at=at)
    return len(blocked)


# ── Gone ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _delete(act: BulkAct, ids: list[int], at: datetime) -> int:
    return erasing.delete(organization=act.organization, ids=ids, at=at)


def _erase(act: BulkAct, ids: list[int], at: datetime) -> int:
    return erasing.erase(organization=act.organization, ids=ids, at=at)


_CHANGES: Final[dict[BulkKind, Callable[[BulkAct, list[int], datetime], int]]] = {
    BulkKind.SET_PROPERTY: _set_property,
    BulkKind.SET_OWNER: _set_column,
    BulkKind.SET_LANGUAGE: _set_column,
    BulkKind.SET_TIME_ZONE: _set_column,
    BulkKind.SUPPRESS: _suppress,
    BulkKind.LIFT: _lift,
    BulkKind.DELETE: _delete,
    BulkKind.ERASE: _erase,
}

# ── Taking it back ───────────────────────────────────────────────────────────────────────────────────────────────────

# Of the slice: what each had before the act, where what the act gave still stands. The history keeps both steps.
_RESTORE: Final = """
    WITH given AS (
        SELECT h.customer_id AS id, h.changes -> %(name)s -> 0 AS before FROM surveys_customerchange h
         WHERE h.organization_id = %(organization)s AND h.source = 'bulk' AND h.source_id = %(act)s
           AND h.customer_id = ANY(%(ids)s) AND h.changes -> %(name)s -> 1 = %(after)s::jsonb
    ), standing AS (
        SELECT c.id, given.before FROM surveys_customer c JOIN given ON given.id = c.id
         WHERE c.organization_id = %(organization)s AND {value} = %(after)s::jsonb ORDER BY c.id FOR NO KEY UPDATE OF c
    ), changed AS (
        UPDATE surveys_customer c SET {assignment}, updated_at = %(at)s FROM standing
         WHERE c.id = standing.id RETURNING c.id, standing.before
    )
    INSERT INTO surveys_customerchange (organization_id, customer_id, at, source, source_id, actor_id, changes)
    SELECT %(organization)s, id, %(at)s, 'bulk', NULL, %(actor)s,
           jsonb_build_object(%(name)s::text, jsonb_build_array(%(after)s::jsonb, before))
      FROM changed ORDER BY id
"""


def restore(act: BulkAct, ids: Sequence[int], at: datetime) -> int:
    """How many of the slice got back what they had."""
    name, value, assignment = _COLUMNS.get(BulkKind(act.kind), (f"p.{act.key}", *_PROPERTY))
    given_back = assignment.replace("%(after)s::jsonb", "standing.before")
    count = _run(_RESTORE, act, list(ids), at, f"coalesce({value}, 'null')", given_back, name)
    if act.kind == BulkKind.SET_PROPERTY:
        property_sets.refresh(act.organization, list(ids))
    return count
