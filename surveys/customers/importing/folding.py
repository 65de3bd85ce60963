"""Lines of one list that are the same person become one row; what the list says twice and differently is refused.

Lines are taken in their order. A line belongs to the person of an earlier line with its address or with its external ID;
a line whose address and external ID belong to two earlier people is refused. Later cells win, empty ones say nothing.
"""

from typing import Any

from django.db import connection

from surveys.customers.models import ImportJob, RefusalReason

# Every line points at the first line with its address, …
_POINT_BY_ADDRESS = """
UPDATE surveys_importrow r SET person = first.line
  FROM (SELECT email_key, min(line) AS line FROM surveys_importrow
         WHERE organization_id = %(org)s AND job_id = %(job)s AND email_key IS NOT NULL
         GROUP BY email_key HAVING count(*) > 1) first
 WHERE r.organization_id = %(org)s AND r.job_id = %(job)s AND r.email_key = first.email_key AND r.line > first.line
"""

# … else at the first with its external ID, …
_POINT_BY_ID = """
UPDATE surveys_importrow r SET person = first.line
  FROM (SELECT external_id, min(line) AS line FROM surveys_importrow
         WHERE organization_id = %(org)s AND job_id = %(job)s AND external_id IS NOT NULL
         GROUP BY external_id HAVING count(*) > 1) first
 WHERE r.organization_id = %(org)s AND r.job_id = %(job)s AND r.external_id = first.external_id
   AND r.line > first.line AND r.person IS NULL
"""

# … and then at what that line points at, until all point at a first line. Chains halve with every round.
_FOLLOW = """
UPDATE surveys_importrow r SET person = earlier.person
  FROM surveys_importrow earlier
 WHERE r.organization_id = %(org)s AND r.job_id = %(job)s
   AND earlier.organization_id = %(org)s AND earlier.job_id = %(job)s
   AND earlier.line = r.person AND earlier.person IS NOT NULL
"""

# Address and external ID were both seen before, on lines of two people.
_REFUSE_TWO_PEOPLE = """
WITH firsts AS (
         SELECT line, coalesce(person, line) AS person, email_key, external_id,
                first_value(line) OVER (PARTITION BY email_key ORDER BY line) AS address_line,
                first_value(line) OVER (PARTITION BY external_id ORDER BY line) AS id_line
           FROM surveys_importrow
          WHERE organization_id = %(org)s AND job_id = %(job)s),
     gone AS (
         DELETE FROM surveys_importrow r USING firsts f, firsts a, firsts i
          WHERE r.organization_id = %(org)s AND r.job_id = %(job)s AND r.line = f.line
            AND a.line = f.address_line AND i.line = f.id_line
            AND f.email_key IS NOT NULL AND f.external_id IS NOT NULL
            AND f.address_line < f.line AND f.id_line < f.line AND a.person <> i.person
      RETURNING r.line, r.external_id)
INSERT INTO surveys_importrefusal (organization_id, job_id, line, "column", value, reason)
SELECT %(org)s, %(job)s, line, %(column)s, external_id, %(reason)s FROM gone
"""

# Known customers stand before the list: a line may mean one of them, and no two lines the same one.
_REFUSE_TWO_CUSTOMERS = """
WITH meant AS (
         SELECT r.line, by_id.id AS id_customer, by_address.id AS address_customer,
                count(*) OVER same AS lines, min(r.line) OVER same AS first_line
           FROM surveys_importrow r
                LEFT JOIN surveys_customer by_address
                       ON by_address.organization_id = %(org)s AND by_address.email_key = r.email_key
                LEFT JOIN surveys_customer by_id
                       ON by_id.organization_id = %(org)s AND by_id.external_id = r.external_id
          WHERE r.organization_id = %(org)s AND r.job_id = %(job)s AND r.person IS NULL
         WINDOW same AS (PARTITION BY coalesce(by_id.id, by_address.id, -r.line))),
     gone AS (
         DELETE FROM surveys_importrow r USING meant m
          WHERE r.organization_id = %(org)s AND r.job_id = %(job)s AND r.line = m.line
            AND (m.id_customer <> m.address_customer OR m.line > m.first_line)
      RETURNING r.line, r.external_id)
INSERT INTO surveys_importrefusal (organization_id, job_id, line, "column", value, reason)
SELECT %(org)s, %(job)s, line, %(column)s, coalesce(external_id, ''), %(reason)s FROM gone
"""

_MERGE = """
WITH members AS (
         SELECT r.*, coalesce(r.person, r.line) AS first_line FROM surveys_importrow r
          WHERE r.organization_id = %(org)s AND r.job_id = %(job)s
            AND (r.person IS NOT NULL OR r.line IN (
                SELECT person FROM surveys_importrow
                 WHERE organization_id = %(org)s AND job_id = %(job)s AND person IS NOT NULL))),
     spelt AS (  -- an address in other letters is no other address: its first spelling stays
         SELECT *, first_value(email) OVER (PARTITION BY first_line, email_key ORDER BY line) AS first_email
           FROM members),
     said AS (
         SELECT first_line,
                (array_agg(first_email ORDER BY line DESC) FILTER (WHERE email IS NOT NULL))[1] AS email,
                (array_agg(external_id ORDER BY line DESC) FILTER (WHERE external_id IS NOT NULL))[1] AS external_id,
                (array_agg(name ORDER BY line DESC) FILTER (WHERE name <> ''))[1] AS name,
                (array_agg(language ORDER BY line DESC) FILTER (WHERE language <> ''))[1] AS language,
                (array_agg(time_zone ORDER BY line DESC) FILTER (WHERE time_zone <> ''))[1] AS time_zone,
                (array_agg(owner_id ORDER BY line DESC) FILTER (WHERE owner_id IS NOT NULL))[1] AS owner_id
           FROM spelt GROUP BY first_line),
     known AS (  -- null stands for an empty cell that clears; what another line says counts more
         SELECT m.first_line, jsonb_object_agg(p.key, p.value ORDER BY p.value <> 'null', m.line) AS properties
           FROM members m, jsonb_each(m.properties) p GROUP BY m.first_line)
UPDATE surveys_importrow r
   SET email = s.email, external_id = s.external_id, name = coalesce(s.name, ''),
       language = coalesce(s.language, ''), time_zone = coalesce(s.time_zone, ''), owner_id = s.owner_id,
       properties = coalesce(k.properties, '{}')
  FROM said s LEFT JOIN known k USING (first_line)
 WHERE r.organization_id = %(org)s AND r.job_id = %(job)s AND r.line = s.first_line
"""

_DROP_REPEATED = """
DELETE FROM surveys_importrow WHERE organization_id = %(org)s AND job_id = %(job)s AND person IS NOT NULL
"""


def fold(job: ImportJob, *, id_column: str) -> tuple[int, int]:
    """Fold the staged rows of the job; returns how many lines repeat another and how many are refused here.

    `id_column` is the name of the column of external IDs, "" when there is none: then no line can mean two people.
    Runs in the caller's transaction.
    """
    scope = {
        "org": job.organization_id,
        "job": job.pk,
        "column": id_column,
        "reason": RefusalReason.TWO_PEOPLE.value,
    }
    refused = 0
    _run("SET LOCAL enable_nestloop = off", scope)  # the table has no statistics yet, and every step meets all of it
    pointing = _run(_POINT_BY_ADDRESS, scope) + (_run(_POINT_BY_ID, scope) if id_column else 0)
    if pointing:
        while _run(_FOLLOW, scope):
            pass
        refused += _run(_REFUSE_TWO_PEOPLE, scope) if id_column else 0
        _run(_MERGE, scope)
    repeated = _run(_DROP_REPEATED, scope)
    refused += _run(_REFUSE_TWO_CUSTOMERS, scope) if id_column else 0
    _run("SET LOCAL enable_nestloop = on", scope)
    return repeated, refused


def _run(sql: str, scope: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, scope)
        return int(cursor.rowcount)
