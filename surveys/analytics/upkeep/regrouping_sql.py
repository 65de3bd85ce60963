"""The statements of analytics.regrouping, as text."""

from collections.abc import Sequence

from surveys.customers.models import PropertyWorkKind
from surveys.customers.property_sets import values_sql

ROWS = """
    SELECT (SELECT count(*) FROM surveys_invitation WHERE organization_id = %(organization)s)
         + (SELECT count(*) FROM surveys_response WHERE organization_id = %(organization)s AND invitation_id IS NULL)
"""

# Each gives the id and where the cursor stands then. People come with all of their asks.
SLICE_OF_PEOPLE = """
    WITH next AS (
        SELECT customer_id FROM surveys_invitation
        WHERE organization_id = %(organization)s AND customer_id > %(cursor)s ORDER BY customer_id LIMIT %(limit)s
    )
    SELECT id, customer_id FROM surveys_invitation
    WHERE organization_id = %(organization)s AND customer_id > %(cursor)s
      AND customer_id <= (SELECT max(customer_id) FROM next)
    ORDER BY customer_id, id
"""
SLICE_OF_NOBODY = """
    SELECT id, id FROM surveys_invitation
    WHERE organization_id = %(organization)s AND customer_id IS NULL AND (%(cursor)s = 0 OR id < %(cursor)s)
    ORDER BY id DESC LIMIT %(limit)s
"""
SLICE_OF_ANSWERS = """
    SELECT id, id FROM surveys_response
    WHERE organization_id = %(organization)s AND invitation_id IS NULL AND id > %(cursor)s ORDER BY id LIMIT %(limit)s
"""

# What is known of a row: all that its customer had, or at least what it was counted under.
_ASKS = """
    SELECT i.id, i.properties AS snapshot, coalesce(i.properties, p.values) AS known, coalesce(p.values, '{}') AS counted
    FROM surveys_invitation i LEFT JOIN surveys_propertyset p ON p.id = i.property_set_id
    WHERE i.organization_id = %(organization)s AND i.id = ANY(%(ids)s)
"""
_ANSWERS = """
    SELECT r.id, NULL::jsonb AS snapshot, p.values AS known, p.values AS counted
    FROM surveys_response r JOIN surveys_propertyset p ON p.id = r.property_set_id
    WHERE r.organization_id = %(organization)s AND r.id = ANY(%(ids)s)
"""

# What becomes of `k.known` by the change of a property.
_CHANGED = {
    PropertyWorkKind.REGROUP: "k.known",
    PropertyWorkKind.DELETE: "k.known - %(key)s",
    PropertyWorkKind.MERGE: """
        CASE WHEN NOT k.known ? %(key)s THEN k.known
             WHEN k.known ? %(into)s AND NOT %(prefers_merged)s THEN k.known - %(key)s
             ELSE (k.known - %(key)s) || jsonb_build_object(%(into)s::text, k.known -> %(key)s) END
    """,
    PropertyWorkKind.RETYPE: """
        CASE WHEN NOT k.known ? %(key)s THEN k.known
             ELSE (k.known - %(key)s)
                  || jsonb_strip_nulls(jsonb_build_object(%(key)s::text, %(read)s::jsonb -> (k.known -> %(key)s)::text))
        END
    """,
}

VALUES_OF_ASKS = f"SELECT DISTINCT (k.known -> %(key)s)::text FROM ({_ASKS}) k WHERE k.known ? %(key)s"
VALUES_OF_ANSWERS = f"SELECT DISTINCT (k.known -> %(key)s)::text FROM ({_ANSWERS}) k WHERE k.known ? %(key)s"


def _wanted(rows: str, kind: str, keys: Sequence[str]) -> str:
    """Each row with the properties and the combination that it should have."""
    return f"""
        SELECT c.*, {values_sql("c.properties", keys)} AS values
        FROM (SELECT k.*, {_CHANGED[PropertyWorkKind(kind)]} AS properties FROM ({rows}) k WHERE k.known IS NOT NULL) c
    """


_DIFFERS = "(w.values <> w.counted OR w.snapshot <> w.properties)"


def stale_asks(kind: str, keys: Sequence[str]) -> str:
    """Those to be changed; those, too, whose answer was written while its ask changed."""
    return f"""
        SELECT w.id FROM ({_wanted(_ASKS, kind, keys)}) w
        LEFT JOIN surveys_invitation i ON i.id = w.id LEFT JOIN surveys_response r ON r.invitation_id = w.id
        WHERE {_DIFFERS} OR (r.id IS NOT NULL AND r.property_set_id IS DISTINCT FROM i.property_set_id)
    """


def stale_answers(kind: str, keys: Sequence[str]) -> str:
    return f"SELECT w.id FROM ({_wanted(_ANSWERS, kind, keys)}) w WHERE {_DIFFERS}"


def combinations_of_asks(kind: str, keys: Sequence[str]) -> str:
    return f"SELECT DISTINCT w.values FROM ({_wanted(_ASKS, kind, keys)}) w"


def combinations_of_answers(kind: str, keys: Sequence[str]) -> str:
    return f"SELECT DISTINCT w.values FROM ({_wanted(_ANSWERS, kind, keys)}) w"


_INTERNED = "JOIN surveys_propertyset s ON s.organization_id = %(organization)s AND s.digest = md5(w.values::text)"


def change_asks(kind: str, keys: Sequence[str]) -> str:
    return f"""
        UPDATE surveys_invitation i
        SET property_set_id = s.id, properties = CASE WHEN w.snapshot IS NOT NULL THEN w.properties END
        FROM ({_wanted(_ASKS, kind, keys)}) w {_INTERNED} WHERE i.id = w.id AND {_DIFFERS}
    """


FOLLOW_ASKS = """
    UPDATE surveys_response r SET property_set_id = i.property_set_id FROM surveys_invitation i
    WHERE i.id = r.invitation_id AND r.organization_id = %(organization)s AND i.id = ANY(%(ids)s)
      AND r.property_set_id IS DISTINCT FROM i.property_set_id
"""


def change_answers(kind: str, keys: Sequence[str]) -> str:
    return f"""
        UPDATE surveys_response r SET property_set_id = s.id
        FROM ({_wanted(_ANSWERS, kind, keys)}) w {_INTERNED} WHERE r.id = w.id AND {_DIFFERS}
    """


HOLD_ASKS = """
    SELECT id FROM surveys_invitation WHERE organization_id = %(organization)s AND id = ANY(%(ids)s)
    ORDER BY id FOR NO KEY UPDATE
"""
HOLD_ANSWERS_TO_ASKS = """
    SELECT id FROM surveys_response WHERE organization_id = %(organization)s AND invitation_id = ANY(%(ids)s)
    ORDER BY id FOR NO KEY UPDATE
"""
ANSWERS_TO_ASKS = """
    SELECT id FROM surveys_response WHERE organization_id = %(organization)s AND invitation_id = ANY(%(ids)s)
"""
HOLD_ANSWERS = """
    SELECT id FROM surveys_response WHERE organization_id = %(organization)s AND id = ANY(%(ids)s)
    ORDER BY id FOR NO KEY UPDATE
"""
