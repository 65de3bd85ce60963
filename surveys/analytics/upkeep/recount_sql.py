"""The statements that compare rollups with a recount and repair them, as text."""

from surveys.analytics.models import SCORE_COLUMNS
from surveys.analytics.upkeep.sql import (
    ADD_INVITATIONS,
    ADD_SCORES,
    COUNTED,
    COUNTED_OF_ASK,
    ELEVEN_COUNTS,
    EXPANDED_INVITATION,
    EXPANDED_SCORE,
    FUNNEL,
    FUNNEL_SUMS,
    INVITATION_COUNT,
    SCORE_COUNT,
    SCORES,
    join_for,
    value_of,
)
from surveys.core.filters import PROPERTY_PREFIX

# Dimensions that only one side has: what was sent is not known of an answer's row, what was answered not of an ask.
OF_ASKS_ALONE = frozenset({"version"})
OF_ANSWERS_ALONE = frozenset({"channel", "has_comment", "sentiment", "comment_language", "theme", "tag"})


# Stored minus recounted for one dimension, over the days %(first)s … %(last)s, all in one snapshot.
# Grouping by score first and turning groups into columns afterwards is what keeps this fast.
def score_differences(dimension: str) -> str:
    value = value_of(dimension, "r")
    return f"""
        WITH grouped AS (
            SELECT r.campaign_id, r.day, {value} AS value, r.score,
                   count(*) AS responses, count(*) FILTER (WHERE r.comment <> '') AS comments
            FROM surveys_response r LEFT JOIN surveys_propertyset p ON p.id = r.property_set_id
            {join_for(dimension)}
            WHERE r.organization_id = %(organization)s AND r.day BETWEEN %(first)s AND %(last)s AND {COUNTED}
            GROUP BY 1, 2, 3, 4
        ),
        recount AS (
            SELECT campaign_id, day, value, {ELEVEN_COUNTS}, sum(comments) AS comments
            FROM grouped WHERE value IS NOT NULL GROUP BY 1, 2, 3
        ),
        unfolded AS (
            SELECT campaign_id, day, value, {ELEVEN_COUNTS}, sum(comments) AS comments
            FROM (
                SELECT d.campaign_id, d.day, x.value, d.score, x.responses, x.comments
                FROM surveys_scoredelta d LEFT JOIN surveys_propertyset p ON p.id = d.property_set_id
                CROSS JOIN {EXPANDED_SCORE}
                WHERE d.organization_id = %(organization)s AND d.day BETWEEN %(first)s AND %(last)s
                      AND x.dimension = %(dimension)s
            ) AS rows GROUP BY 1, 2, 3
        ),
        stored AS (
            SELECT campaign_id, day, value, {SCORES}, comments FROM surveys_scorecount
            WHERE organization_id = %(organization)s AND day BETWEEN %(first)s AND %(last)s
                  AND dimension = %(dimension)s
        )
        SELECT campaign_id, day, value,
               {", ".join(f"{_missing(column)} AS {column}" for column in [*SCORE_COLUMNS, "comments"])}
        FROM recount FULL JOIN stored USING (campaign_id, day, value)
        FULL JOIN unfolded USING (campaign_id, day, value)
    """


def _missing(column: str) -> str:
    return f"(coalesce(recount.{column}, 0) - coalesce(stored.{column}, 0) - coalesce(unfolded.{column}, 0))"


def invitation_differences(dimension: str) -> str:
    value = value_of(dimension, "i")
    sums = ", ".join(f"sum(d.{name}) AS {name}" for name in FUNNEL)
    counts = FUNNEL_SUMS.split(", ")
    return f"""
        WITH recount AS (
            SELECT i.campaign_id, i.sent_day AS day, {value} AS value,
                   {", ".join(f"{count} AS {name}" for count, name in zip(counts, FUNNEL, strict=True))}
            FROM surveys_invitation i
            LEFT JOIN surveys_propertyset p ON p.id = i.property_set_id
            LEFT JOIN surveys_response r ON r.invitation_id = i.id AND {COUNTED_OF_ASK}
            WHERE i.organization_id = %(organization)s AND i.sent_day BETWEEN %(first)s AND %(last)s
                  AND {value} IS NOT NULL
            GROUP BY 1, 2, 3
        ),
        unfolded AS (
            SELECT d.campaign_id, d.day, x.value, {sums}
            FROM surveys_invitationdelta d LEFT JOIN surveys_propertyset p ON p.id = d.property_set_id
            CROSS JOIN {EXPANDED_INVITATION}
            WHERE d.organization_id = %(organization)s AND d.day BETWEEN %(first)s AND %(last)s
                  AND x.dimension = %(dimension)s
            GROUP BY 1, 2, 3
        ),
        stored AS (
            SELECT campaign_id, day, value, {", ".join(FUNNEL)} FROM surveys_invitationcount
            WHERE organization_id = %(organization)s AND day BETWEEN %(first)s AND %(last)s
                  AND dimension = %(dimension)s
        )
        SELECT campaign_id, day, value, {", ".join(f"{_missing(name)} AS {name}" for name in FUNNEL)}
        FROM recount FULL JOIN stored USING (campaign_id, day, value)
        FULL JOIN unfolded USING (campaign_id, day, value)
    """


SCORES_DIFFER = " OR ".join(f"{column} <> 0" for column in [*SCORE_COLUMNS, "comments"])
INVITATIONS_DIFFER = " OR ".join(f"{name} <> 0" for name in FUNNEL)


def repair_scores(dimension: str) -> str:
    return f"""
        {SCORE_COUNT}
        SELECT %(organization)s, campaign_id, day, %(dimension)s, value, {SCORES}, comments
        FROM ({score_differences(dimension)}) AS missing WHERE {SCORES_DIFFER}
        {ADD_SCORES}
    """


def repair_invitations(dimension: str) -> str:
    return f"""
        {INVITATION_COUNT}
        SELECT %(organization)s, campaign_id, day, %(dimension)s, value, {", ".join(FUNNEL)}
        FROM ({invitation_differences(dimension)}) AS missing WHERE {INVITATIONS_DIFFER}
        {ADD_INVITATIONS}
    """


FORGET = tuple(
    f"""
    DELETE FROM {table} WHERE organization_id = %(organization)s AND dimension = %(dimension)s
    AND day BETWEEN %(first)s AND %(last)s
    """
    for table in ("surveys_scorecount", "surveys_invitationcount")
)

DIMENSIONS = f"""
    SELECT DISTINCT '{PROPERTY_PREFIX}' || jsonb_object_keys(values) FROM surveys_propertyset
    WHERE organization_id = %(organization)s
    UNION SELECT DISTINCT dimension FROM surveys_scorecount WHERE organization_id = %(organization)s
    UNION SELECT DISTINCT dimension FROM surveys_invitationcount WHERE organization_id = %(organization)s
    UNION VALUES (''), ('language'), ('channel'), ('has_comment'), ('variant'), ('version'),
                 ('sentiment'), ('comment_language'), ('theme'), ('tag')
    ORDER BY 1
"""
DAYS = f"""
    SELECT min(day), max(day) FROM (
        SELECT min(day) AS day FROM surveys_response r WHERE r.organization_id = %(organization)s AND {COUNTED}
        UNION ALL SELECT max(day) FROM surveys_response r WHERE r.organization_id = %(organization)s AND {COUNTED}
        UNION ALL SELECT min(day) FROM surveys_scorecount WHERE organization_id = %(organization)s
        UNION ALL SELECT max(day) FROM surveys_scorecount WHERE organization_id = %(organization)s
        UNION ALL SELECT min(sent_day) FROM surveys_invitation
                  WHERE organization_id = %(organization)s AND sent_day IS NOT NULL
        UNION ALL SELECT max(sent_day) FROM surveys_invitation
                  WHERE organization_id = %(organization)s AND sent_day IS NOT NULL
        UNION ALL SELECT min(day) FROM surveys_invitationcount WHERE organization_id = %(organization)s
        UNION ALL SELECT max(day) FROM surveys_invitationcount WHERE organization_id = %(organization)s
    ) AS days
"""
COUNTED_ROWS = f"""
    SELECT (SELECT count(*) FROM surveys_response r WHERE r.organization_id = %(organization)s AND {COUNTED})
         + (SELECT count(*) FROM surveys_invitation WHERE organization_id = %(organization)s AND sent_day IS NOT NULL)
"""
