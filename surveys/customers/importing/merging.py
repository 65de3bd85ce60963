"""From folded rows to customers, a slice of lines at a time. Each slice is one transaction of the caller's.

A slice meets customers as they are at that moment: known ones are changed where a non-empty cell says something else,
unknown ones are added. An address that somebody adds meanwhile is not an error: the slice looks again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from psycopg2.errors import UniqueViolation

from surveys.customers import addresses, property_sets, suppression_memory
from surveys.customers.importing.differences import NOTED, Differences
from surveys.customers.models import ChangeSource, ImportJob, RefusalReason, Suppression

SLICE = 20_000  # lines
_LOOKS = 5


class NotSettled(RuntimeError):
    """Others kept adding the people of this slice; the caller's transaction fails and is tried again later."""


@dataclass(frozen=True)
class Counts:
    """What becomes of a slice's rows. `first` and `last` are ids of new customers, all others lie between."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    refused: int = 0
    first: int | None = None
    last: int | None = None

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.new + other.new,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.skipped + other.skipped,
            self.refused + other.refused,
        )


@dataclass(frozen=True)
class Rules:
    """How this list is merged. `id_column` is the name of the column of external IDs, "" when there is none."""

    differences: Differences = field(default_factory=Differences)
    updates_known: bool = True
    id_column: str = ""


# A slice is small beside the customers, and the statistics may know nothing of either: each row looks its customer up.
# "+ 0" hides the constant: an organization that the statistics have not seen yet would seem to have no customers, and any
# index that begins with the organization as good as the one with the address.
_BY_INDEX = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off"

_ROWS = """
  FROM surveys_importrow r
       LEFT JOIN surveys_customer by_address
              ON by_address.organization_id = r.organization_id + 0 AND by_address.email_key = r.email_key
       LEFT JOIN surveys_customer by_id
              ON by_id.organization_id = r.organization_id + 0 AND by_id.external_id = r.external_id
 WHERE r.organization_id = %(org)s AND r.job_id = %(job)s AND r.line > %(after)s AND r.line <= %(upto)s
"""

_TOTAL = """
SELECT count(*) FROM surveys_importrow
 WHERE organization_id = %(org)s AND job_id = %(job)s AND line > %(after)s AND line <= %(upto)s
"""

_SLICE = f"""
CREATE TEMPORARY TABLE import_slice ON COMMIT DROP AS
SELECT r.line, r.email, r.email_key, r.external_id, r.name, r.language, r.time_zone, r.owner_id, r.properties,
       coalesce(by_id.id, by_address.id) AS customer_id, coalesce(by_id.id <> by_address.id, false) AS is_two,
       {{of_row}} AS segment
{_ROWS}
"""

_REFUSE_TWO = """
WITH gone AS (DELETE FROM import_slice WHERE is_two RETURNING line, external_id),
     left_out AS (
         DELETE FROM surveys_importrow r USING gone
          WHERE r.organization_id = %(org)s AND r.job_id = %(job)s AND r.line = gone.line)
INSERT INTO surveys_importrefusal (organization_id, job_id, line, "column", value, reason)
SELECT %(org)s, %(job)s, line, %(column)s, external_id, %(reason)s FROM gone
"""

_LOCK = """
SELECT c.id FROM surveys_customer c JOIN import_slice s ON s.customer_id = c.id
 WHERE {says_more} ORDER BY c.id FOR NO KEY UPDATE OF c
"""

_NEW_SEGMENTS = "SELECT segment FROM import_slice WHERE customer_id IS NULL"
_CHANGED_SEGMENTS = """
 UNION
SELECT {of_both}
  FROM surveys_customer c JOIN import_slice s ON s.customer_id = c.id WHERE {says_more}
"""

_CHANGE = f"""
WITH changed AS (
    UPDATE surveys_customer t
       SET email = CASE WHEN s.email_key IS DISTINCT FROM c.email_key THEN coalesce(s.email, c.email) ELSE c.email END,
           external_id = coalesce(s.external_id, c.external_id),
           name = {{name}}, language = {{language}}, time_zone = {{time_zone}}, owner_id = {{owner_id}},
           properties = {{properties}},
           property_set_id = p.id,
           suppression = CASE WHEN s.email_key IS NULL OR s.email_key IS NOT DISTINCT FROM c.email_key THEN c.suppression
                              ELSE coalesce(x.reason, '') END,
           updated_at = %(at)s
      FROM (SELECT DISTINCT ON (customer_id) * FROM import_slice
             WHERE customer_id IS NOT NULL ORDER BY customer_id, line DESC) s
           JOIN surveys_customer c ON c.id = s.customer_id
           JOIN surveys_propertyset p ON p.organization_id = %(org)s
            AND p.digest = md5({{of_both}}::text)
           LEFT JOIN surveys_suppression x ON %(remembers)s AND x.organization_id = %(org)s
            AND x.address_hash = {addresses.HASH_SQL.format(key="s.email_key")}
     WHERE t.id = c.id AND {{says_more}}
 RETURNING c.id, {{noted}} AS changes)
INSERT INTO surveys_customerchange (organization_id, customer_id, at, source, source_id, actor_id, changes)
SELECT %(org)s, id, %(at)s, %(source)s, %(job)s, %(by)s, changes FROM changed
"""

_SKIPPED = """
SELECT count(DISTINCT c.id) FROM surveys_customer c JOIN import_slice s ON s.customer_id = c.id WHERE {says_more}
"""

_ADD = f"""
WITH added AS (
    INSERT INTO surveys_customer (organization_id, email, external_id, name, language, time_zone, owner_id, properties,
           property_set_id, suppression, created_at, updated_at, import_id, asked_count, answered_count)
    SELECT %(org)s, s.email, s.external_id, s.name, s.language, s.time_zone, s.owner_id, {{of_new}},
           p.id, coalesce(x.reason, ''), %(at)s, %(at)s, %(job)s, 0, 0
      FROM import_slice s
           JOIN surveys_propertyset p ON p.organization_id = %(org)s AND p.digest = md5(s.segment::text)
           LEFT JOIN surveys_suppression x ON %(remembers)s AND x.organization_id = %(org)s
            AND x.address_hash = {addresses.HASH_SQL.format(key="s.email_key")}
     WHERE s.customer_id IS NULL
     ORDER BY s.line
 RETURNING id)
SELECT count(*), min(id), max(id) FROM added
"""


def merge(job: ImportJob, rules: Rules, *, after: int, upto: int, at: datetime) -> Counts:
    """Merge the rows of the lines after…upto. Raises NotSettled."""
    keys = property_sets.segmentable_keys(job.organization)
    suppression_memory.hold_still(job.organization_id)
    scope = _scope(job, after, upto) | property_sets.values_parameters(keys)
    scope |= {"at": at, "column": rules.id_column, "reason": RefusalReason.TWO_PEOPLE.value}
    scope |= {"source": ChangeSource.IMPORT.value, "by": job.created_by_id}
    parts = _parts(rules, keys)
    _run(_BY_INDEX, scope)
    total = _one(_TOTAL, scope)[0]
    found = Counts()
    for _look in range(_LOOKS):
        seen, missing = _look_once(rules, parts, scope)
        first = seen.first if found.first is None else found.first
        found = replace(found + seen, first=first, last=seen.last or found.last)
        if seen.new == missing:
            skipped = 0 if rules.updates_known else _one(_SKIPPED.format(**parts), scope)[0]
            told = found.refused + found.new + found.changed + skipped
            return replace(found, skipped=skipped, unchanged=total - told)
    raise NotSettled(job.pk)


def _parts(rules: Rules, keys: Sequence[str]) -> dict[str, str]:
    """What the statements are made of for this list."""
    after = rules.differences.after
    is_clearing = rules.differences.clears_properties
    return after | {
        "of_row": property_sets.values_sql("r.properties", keys),
        "of_both": property_sets.values_sql(f"({after['properties']})", keys),
        "of_new": "jsonb_strip_nulls(s.properties)" if is_clearing else "s.properties",
        "says_more": rules.differences.says_more,
        "noted": NOTED,
    }


def _look_once(rules: Rules, parts: dict[str, str], scope: dict[str, Any]) -> tuple[Counts, int]:
    """What was done, and how many people were missing before."""
    _run("DROP TABLE IF EXISTS pg_temp.import_slice", scope)
    _run(_SLICE.format(**parts), scope)
    suppression_memory.recall(scope["org"], "SELECT email_key AS key FROM import_slice", {})
    scope["remembers"] = Suppression.objects.filter(organization=scope["org"]).exists()
    refused = _run(_REFUSE_TWO, scope) if rules.id_column else 0
    changed = 0
    if rules.updates_known:
        _run(_LOCK.format(**parts), scope)
        property_sets.intern(_NEW_SEGMENTS + _CHANGED_SEGMENTS.format(**parts), scope)
        changed = _run(_CHANGE.format(**parts), scope)
    else:
        property_sets.intern(f"{_NEW_SEGMENTS} GROUP BY segment", scope)
    missing = _one("SELECT count(*) FROM import_slice WHERE customer_id IS NULL", scope)[0]
    added = _added(_ADD.format(**parts), scope) if missing else (0, None, None)
    return Counts(new=added[0] or 0, changed=changed, refused=refused, first=added[1], last=added[2]), missing


def _added(sql: str, scope: dict[str, Any]) -> tuple[Any, ...]:
    """Nobody when somebody has added one of these people meanwhile. ON CONFLICT would cost a fifth more, for every row."""
    try:
        with transaction.atomic():
            return _one(sql, scope)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        return 0, None, None


_COUNT = """
SELECT count(*) FILTER (WHERE c.id IS NULL), count(*) FILTER (WHERE c.id IS NOT NULL AND {says_more}), count(*)
  FROM surveys_importrow s
       LEFT JOIN LATERAL (
           SELECT * FROM surveys_customer c WHERE c.organization_id = s.organization_id + 0 AND c.external_id = s.external_id
           UNION ALL
           SELECT * FROM surveys_customer c WHERE c.organization_id = s.organization_id + 0 AND c.email_key = s.email_key
           LIMIT 1) c ON true
 WHERE s.organization_id = %(org)s AND s.job_id = %(job)s AND s.line > %(after)s AND s.line <= %(upto)s
"""


def count(job: ImportJob, rules: Rules, *, after: int, upto: int) -> Counts:
    """What `merge` would do with these lines, and nothing is done. Runs in the caller's transaction."""
    scope = _scope(job, after, upto)
    _run(_BY_INDEX, scope)
    new, differing, rows = _one(_COUNT.format(says_more=rules.differences.says_more), scope)
    if rules.updates_known:
        return Counts(new=new, changed=differing, unchanged=rows - new - differing)
    return Counts(new=new, skipped=differing, unchanged=rows - new - differing)


def _scope(job: ImportJob, after: int, upto: int) -> dict[str, Any]:
    return {
        "org": job.organization_id,
        "job": job.pk,
        "after": after,
        "upto": upto,
        **addresses.hash_parameters(job.organization_id),
    }


def _run(sql: str, scope: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, scope)
        return int(cursor.rowcount)


def _one(sql: str, scope: dict[str, Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, scope)
        return tuple(cursor.fetchone())
