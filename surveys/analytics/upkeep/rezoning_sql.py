"""The statements of analytics.rezoning, as text."""

from surveys.analytics.upkeep.sql import (
    BY_CONTRIBUTION,
    COUNTED,
    FUNNEL,
    FUNNEL_SUMS,
    INVITATION_DELTA,
    SCORE_DELTA,
    VARIANT,
    contribution,
)

_DAY_OF_RESPONSE = "(r.responded_at AT TIME ZONE %(zone)s)::date"
_DAY_OF_INVITATION = "(i.sent_at AT TIME ZONE %(zone)s)::date"
_OF_RESPONSES = "FROM surveys_response r WHERE r.organization_id = %(organization)s"
_OF_INVITATIONS = "FROM surveys_invitation i WHERE i.organization_id = %(organization)s AND i.sent_day IS NOT NULL"

ROWS_WITH_DAYS = f"SELECT (SELECT count(*) {_OF_RESPONSES}) + (SELECT count(*) {_OF_INVITATIONS})"

# Newest first: what dashboards show is right first. Each gives the id and the rest of the cursor.
SLICE_OF_RESPONSES = f"""
    SELECT r.id, r.responded_at {_OF_RESPONSES}
      AND (%(cursor_at)s::timestamptz IS NULL OR (r.responded_at, r.id) < (%(cursor_at)s, %(cursor_id)s))
    ORDER BY r.responded_at DESC, r.id DESC LIMIT %(limit)s
"""
SLICE_OF_INVITATIONS = f"""
    SELECT i.id, NULL::timestamptz {_OF_INVITATIONS}
      AND (%(cursor_id)s = 0 OR i.id < %(cursor_id)s) ORDER BY i.id DESC LIMIT %(limit)s
"""

LATE_RESPONSES = f"SELECT r.id {_OF_RESPONSES} AND r.day <> {_DAY_OF_RESPONSE} LIMIT %(limit)s"
LATE_INVITATIONS = f"SELECT i.id {_OF_INVITATIONS} AND i.sent_day <> {_DAY_OF_INVITATION} LIMIT %(limit)s"

# The share locks of answers (analytics.sql.RECORD) and these let one of answer and move see the other.
STALE_RESPONSES = f"""
    SELECT r.id {_OF_RESPONSES} AND r.id = ANY(%(ids)s) AND r.day <> {_DAY_OF_RESPONSE}
    ORDER BY r.id FOR NO KEY UPDATE
"""
STALE_INVITATIONS = f"""
    SELECT i.id {_OF_INVITATIONS} AND i.id = ANY(%(ids)s) AND i.sent_day <> {_DAY_OF_INVITATION}
    ORDER BY i.id FOR NO KEY UPDATE
"""

_BOTH_DAYS = "CROSS JOIN LATERAL (VALUES (m.old_day, -1), (m.new_day, 1)) AS d(day, sign)"

MOVE_RESPONSES = f"""
    WITH m AS MATERIALIZED (
        SELECT r.*, {VARIANT} AS variant, r.day AS old_day, {_DAY_OF_RESPONSE} AS new_day {_OF_RESPONSES} AND r.id = ANY(%(ids)s)
    ),
    moved AS (UPDATE surveys_response r SET day = m.new_day FROM m WHERE r.id = m.id)
    {SCORE_DELTA}
    SELECT {contribution("m", day="d.day", variant="m.variant")},
           sum(d.sign), coalesce(sum(d.sign) FILTER (WHERE m.comment <> ''), 0)
    FROM m {_BOTH_DAYS} WHERE {COUNTED.replace("r.", "m.")}
    {BY_CONTRIBUTION}
"""
MOVE_INVITATIONS = f"""
    WITH m AS MATERIALIZED (
        SELECT i.id, i.organization_id, i.campaign_id, i.property_set_id, i.language, i.variant, i.version,
               i.sent_day AS old_day, {_DAY_OF_INVITATION} AS new_day,
               {", ".join(f"{count} AS {name}" for name, count in zip(FUNNEL, FUNNEL_SUMS.split(", "), strict=True))}
        FROM surveys_invitation i LEFT JOIN surveys_response r ON r.invitation_id = i.id AND {COUNTED}
        WHERE i.organization_id = %(organization)s AND i.id = ANY(%(ids)s)
        GROUP BY i.id
    ),
    moved AS (UPDATE surveys_invitation i SET sent_day = m.new_day FROM m WHERE i.id = m.id)
    {INVITATION_DELTA}
    SELECT m.organization_id, m.campaign_id, m.property_set_id, d.day, m.language, m.variant, m.version,
           {", ".join(f"sum(d.sign * m.{name})" for name in FUNNEL)}
    FROM m {_BOTH_DAYS}
    GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
