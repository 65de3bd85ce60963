"""The work on a property, slice by slice in the order of ids, each in one transaction with the cursor: every customer
has one turn. Killed, a worker leaves a heartbeat that grows old; the next one goes on behind the cursor."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from psycopg2.errors import DeadlockDetected

from surveys.customers import property_sets
from surveys.customers.actions import holding
from surveys.customers.actions.holding import Clock, Hold, Superseded
from surveys.customers.actions.properties import Busy, recheck_lists
from surveys.customers.models import Property, PropertyWork, PropertyWorkKind, PropertyWorkStatus
from surveys.customers.queries.properties import COMPARABLE, as_json, converted, loaded
from surveys.customers.values import Kind
from surveys.outbox import actions as outbox
from surveys.outbox.nudges import nudge

logger = logging.getLogger(__name__)

SLICE: Final = 2000
_WAIT: Final = timedelta(seconds=30)  # for a list that somebody began to import meanwhile


def work(*, work_id: int, clock: Clock) -> None:
    """Do what the row orders, if it is due and nobody else is at it."""
    at = clock()
    free = PropertyWork.objects.forsaken(at, at - timedelta(seconds=settings.LEASE_SECONDS))
    hold = holding.take(free, work_id, clock)
    if hold is None:
        return
    try:
        _do(hold)
    except Superseded:
        logger.info("property work %s was taken over or undone", work_id)
    except Busy:
        hold.let_go()
        PropertyWork.objects.filter(pk=work_id, status=PropertyWorkStatus.WAITING).update(
            starts_at=clock() + _WAIT, tries=0
        )
    except OperationalError as collision:
        if not isinstance(collision.__cause__, DeadlockDetected):
            raise
        logger.warning("property work %s met another writer and begins its slice again", work_id)
        hold.let_go()
        nudge("surveys.customers.tasks.work_on_property", work_id)


def _do(hold: Hold[PropertyWork]) -> None:
    if hold.is_hopeless:
        said = _(
            "The work stopped several times without a result. Ask your operator to look at the log of the workers."
        )
        hold.step(status=PropertyWorkStatus.FAILED, error=said[:500], finished_at=hold.clock())
        return
    if hold.row.status == PropertyWorkStatus.WAITING:
        _begin(hold)
    while _slice(hold):
        pass
    if hold.row.kind in _GOING:  # once more: for those who were given a value behind the cursor
        hold.step(cursor=0)
        while _slice(hold):
            pass
    _end(hold)


_GOING: Final = (PropertyWorkKind.MERGE, PropertyWorkKind.DELETE)


def _begin(hold: Hold[PropertyWork]) -> None:
    """From here on the property is what it becomes: what people and lists say about it is read so. Raises Busy."""
    found, row = hold.row.about, hold.row
    with transaction.atomic():
        recheck_lists(row.organization_id)
        hold.step(status=PropertyWorkStatus.RUNNING, started_at=hold.clock())
        row.status = PropertyWorkStatus.RUNNING
        mine = Property.objects.filter(pk__in=[found.pk] if found else [])
        if row.kind == PropertyWorkKind.RETYPE:
            mine.update(type=Kind(row.reads_as).type)
            mine.exclude(type__in=COMPARABLE).update(segmentable=False)
        elif row.kind == PropertyWorkKind.REGROUP and found:
            mine.update(segmentable=not found.segmentable)


def _slice(hold: Hold[PropertyWork]) -> bool:
    """One slice behind the cursor; False when nobody is left."""
    with transaction.atomic():
        hold.step()
        cursor = PropertyWork.objects.values_list("cursor", flat=True).get(pk=hold.row.pk)
        people = _people(hold.row, cursor)
        if not people:
            return False
        changed, lost = _CHANGES[PropertyWorkKind(hold.row.kind)](hold, people)
        property_sets.refresh(hold.row.organization, [pk for pk, _properties in people])
        hold.step(
            cursor=people[-1][0],
            seen=F("seen") + len(people),
            changed=F("changed") + changed,
            lost=F("lost") + lost,
            tries=1,
        )
    return True


People = Sequence[tuple[int, dict[str, Any]]]

_PEOPLE = """
SELECT id, properties::text FROM surveys_customer
 WHERE organization_id = %(org)s AND id > %(cursor)s AND (%(all)s OR properties ? %(key)s)
 ORDER BY id LIMIT %(limit)s FOR NO KEY UPDATE
"""


def _people(row: PropertyWork, cursor: int) -> People:
    """The next customers who have the property (all of them, when the groups change), locked in the order of ids."""
    scope: dict[str, Any] = {
        "org": row.organization_id,
        "cursor": cursor,
        "all": row.kind == PropertyWorkKind.REGROUP,
        "key": row.about.key if row.about else "",
        "limit": SLICE,
    }
    with connection.cursor() as database:
        database.execute(_PEOPLE, scope)
        return [(pk, loaded(properties)) for pk, properties in database.fetchall()]


def _retype(hold: Hold[PropertyWork], people: People) -> tuple[int, int]:
    row, key, kind = hold.row, _key(hold.row), Kind(hold.row.reads_as)
    read = {pk: converted(properties[key], kind) for pk, properties in people}
    lost = [(pk, properties[key], None) for pk, properties in people if read[pk] is None]
    _set(row, key, list(read.items()), hold)
    _note(row, key, lost, hold)
    return len(people), len(lost)


def _merge(hold: Hold[PropertyWork], people: People) -> tuple[int, int]:
    row, key = hold.row, _key(hold.row)
    assert row.into is not None
    into = row.into.key
    taken = [
        (pk, properties.get(into), properties[key])
        for pk, properties in people
        if into not in properties or (row.prefers_merged and properties[into] != properties[key])
    ]
    given_up = [
        (pk, properties[key], None)
        for pk, properties in people
        if into in properties and not row.prefers_merged and properties[into] != properties[key]
    ]
    _set(row, into, [(pk, as_json(after)) for pk, _before, after in taken], hold)
    _set(row, key, [(pk, None) for pk, _properties in people], hold)
    _note(row, into, taken, hold)
    _note(row, key, given_up, hold)
    return len(taken), len(given_up)


def _delete(hold: Hold[PropertyWork], people: People) -> tuple[int, int]:
    _set(hold.row, _key(hold.row), [(pk, None) for pk, _properties in people], hold)
    return len(people), 0


def _regroup(hold: Hold[PropertyWork], people: People) -> tuple[int, int]:
    return len(people), 0


_CHANGES: Final = {
    PropertyWorkKind.RETYPE: _retype,
    PropertyWorkKind.MERGE: _merge,
    PropertyWorkKind.DELETE: _delete,
    PropertyWorkKind.REGROUP: _regroup,
}


def _key(row: PropertyWork) -> str:
    assert row.about is not None, "only its own work deletes a property"
    return row.about.key


_SET = """
UPDATE surveys_customer c
   SET properties = CASE WHEN f.value IS NULL THEN c.properties - %(key)s
                         ELSE c.properties || jsonb_build_object(%(key)s::text, f.value::jsonb) END,
       updated_at = %(at)s
  FROM unnest(%(ids)s::bigint[], %(values)s::text[]) AS f(id, value)
 WHERE c.organization_id = %(org)s AND c.id = f.id
"""


def _set(row: PropertyWork, key: str, values: Sequence[tuple[int, str | None]], hold: Hold[PropertyWork]) -> None:
    """Give each customer the value (JSON), or none."""
    scope: dict[str, Any] = {
        "key": key,
        "org": row.organization_id,
        "at": hold.clock(),
        "ids": [pk for pk, _value in values],
        "values": [value for _pk, value in values],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SET, scope)


_NOTE = """
INSERT INTO surveys_customerchange (organization_id, customer_id, at, source, source_id, actor_id, changes)
SELECT %(org)s, f.id, %(at)s, 'property', %(work)s, %(actor)s,
       jsonb_build_object(%(name)s::text, jsonb_build_array(f.before::jsonb, f.after::jsonb))
  FROM unnest(%(ids)s::bigint[], %(before)s::text[], %(after)s::text[]) AS f(id, before, after)
"""


def _note(row: PropertyWork, key: str, changes: Sequence[tuple[int, Any, Any]], hold: Hold[PropertyWork]) -> None:
    scope: dict[str, Any] = {
        "org": row.organization_id,
        "at": hold.clock(),
        "work": row.pk,
        "actor": row.created_by_id,
        "name": f"p.{key}",
        "ids": [pk for pk, _before, _after in changes],
        "before": [as_json(before) for _pk, before, _after in changes],
        "after": [as_json(after) for _pk, _before, after in changes],
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, scope)


_FORGET = """
UPDATE surveys_customerchange SET changes = changes - %(name)s
 WHERE organization_id = %(org)s AND changes ? %(name)s
"""
_FORGET_EMPTY = "DELETE FROM surveys_customerchange WHERE organization_id = %(org)s AND changes = '{}'"


def _end(hold: Hold[PropertyWork]) -> None:
    row = hold.row
    with transaction.atomic():
        hold.step(status=PropertyWorkStatus.DONE, finished_at=hold.clock())
        if row.about:
            into = row.into.key if row.into else ""
            outbox.publish("customers.property_changed", row, at=hold.clock(), key=row.about.key, into=into)
        if row.kind in _GOING and row.about:
            Property.objects.filter(pk=row.about.pk).delete()
        if row.kind == PropertyWorkKind.DELETE and row.about:
            with connection.cursor() as cursor:
                scope: dict[str, Any] = {"org": row.organization_id, "name": f"p.{row.about.key}"}
                cursor.execute(_FORGET, scope)
                cursor.execute(_FORGET_EMPTY, scope)
