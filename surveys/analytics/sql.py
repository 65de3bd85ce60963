"""The statements behind the rollups, as text. Named parameters are values; only names from here are formatted in."""

from collections.abc import Iterable

from surveys.analytics.models import SCORE_COLUMNS
from surveys.core.filters import PROPERTY_PREFIX

VALUE_LENGTH = 255  # of ScoreCount.value: longer property values are told apart by their first characters
EVERYONE = ""

COUNTED = "r.verdict = 'confirmed' AND r.excluded_at IS NULL"

# One delta `d` with its property set `p` (which may be missing) becomes a row per dimension.
EXPANDED_SCORE = f"""
    LATERAL (
        VALUES ('', '', d.responses, d.comments),
               ('language', d.language::text, d.responses, d.comments),
               ('channel', d.channel::text, d.responses, d.comments),
               ('has_comment', '1', d.comments, d.comments),
               ('has_comment', '0', d.responses - d.comments, 0)
        UNION ALL
        SELECT 'variant', d.variant::text, d.responses, d.comments WHERE d.variant <> ''
        UNION ALL
        SELECT '{PROPERTY_PREFIX}' || key, left(value, {VALUE_LENGTH}), d.responses, d.comments
        FROM jsonb_each_text(p.values)
    ) AS x(dimension, value, responses, comments)
"""
EXPANDED_INVITATION = f"""
    LATERAL (
        VALUES ('', ''), ('language', d.language::text)
        UNION ALL
        SELECT 'variant', d.variant::text WHERE d.variant <> ''
        UNION ALL
        SELECT 'version', d.version::text
        UNION ALL
        SELECT '{PROPERTY_PREFIX}' || key, left(value, {VALUE_LENGTH}) FROM jsonb_each_text(p.values)
    ) AS x(dimension, value)
"""

SCORES = ", ".join(SCORE_COLUMNS)
ELEVEN_COUNTS = ", ".join(
    f"coalesce(sum(responses) FILTER (WHERE score = {score}), 0) AS s{score}" for score in range(11)
)
FUNNEL = ("sent", "bounced", "answered", "commented", "unsubscribed")


def _added(table: str, columns: Iterable[str]) -> str:
    return ", ".join(f"{column} = {table}.{column} + excluded.{column}" for column in columns)


INVITATION_DELTA = f"""
    INSERT INTO surveys_invitationdelta
        (organization_id, campaign_id, property_set_id, day, language, variant, version, {", ".join(FUNNEL)})
"""
SCORE_DELTA = """
    INSERT INTO surveys_scoredelta
        (organization_id, campaign_id, property_set_id, day, language, channel, variant, score, responses, comments)
"""

SCORE_DELTA_VALUES = "(%s, %s, %s::bigint, %s::date, %s, %s, %s, %s, %s)"

# The share lock makes a click and the note that its message was sent see one another, in whichever order they commit.
RECORD = f"""
    WITH change(answered, commented) AS (VALUES (%s, %s)),
    invitation AS MATERIALIZED (
        SELECT * FROM surveys_invitation WHERE organization_id = %s AND id = %s FOR SHARE
    ),
    scored AS (
        {SCORE_DELTA}
        SELECT v.organization, v.campaign, v.property_set, v.day, v.language, v.channel,
               coalesce((SELECT variant FROM invitation), ''), v.score, v.responses, v.comments
        FROM (VALUES {{values}})
             AS v(organization, campaign, property_set, day, language, channel, score, responses, comments)
    )
    {INVITATION_DELTA}
    SELECT organization_id, campaign_id, property_set_id, sent_day, language, variant, version, 0, 0, answered, commented, 0
    FROM invitation, change WHERE sent_day IS NOT NULL AND (answered <> 0 OR commented <> 0)
"""
# Of a response `r`: what its ask said, where the campaign has variants.
VARIANT = "coalesce((SELECT v.variant FROM surveys_invitation v WHERE v.id = r.invitation_id), '')"
RECORD_IMPORTED = f"""
    {SCORE_DELTA}
    SELECT r.organization_id, r.campaign_id, r.property_set_id, r.day, r.language, r.channel, {VARIANT}, r.score,
           count(*), count(*) FILTER (WHERE r.comment <> '')
    FROM surveys_response r
    WHERE r.organization_id = %s AND r.id = ANY(%s) AND {COUNTED}
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""


# Responses that are about to be deleted: each took part in counts as it stands.
_UNCOUNTED = f"""
    FROM surveys_response r {{join}}
    WHERE r.organization_id = %s AND r.id = ANY(%s) AND {COUNTED}
"""
UNCOUNT = f"""
    {SCORE_DELTA}
    SELECT r.organization_id, r.campaign_id, r.property_set_id, r.day, r.language, r.channel, {VARIANT}, r.score,
           -count(*), -count(*) FILTER (WHERE r.comment <> '')
    {_UNCOUNTED.format(join="")} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""
_WITH_INVITATION = "JOIN surveys_invitation i ON i.id = r.invitation_id AND i.sent_day IS NOT NULL"
UNANSWER = f"""
    {INVITATION_DELTA}
    SELECT i.organization_id, i.campaign_id, i.property_set_id, i.sent_day, i.language, i.variant, i.version,
           0, 0, -count(*), -count(*) FILTER (WHERE r.comment <> ''), 0
    {_UNCOUNTED.format(join=_WITH_INVITATION)} GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
# Responses that are about to lose their comments.
UNCOMMENT = f"""
    {SCORE_DELTA}
    SELECT r.organization_id, r.campaign_id, r.property_set_id, r.day, r.language, r.channel, {VARIANT}, r.score, 0, -count(*)
    {_UNCOUNTED.format(join="")} AND r.comment <> '' GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""
UNCOMMENT_INVITATIONS = f"""
    {INVITATION_DELTA}
    SELECT i.organization_id, i.campaign_id, i.property_set_id, i.sent_day, i.language, i.variant, i.version, 0, 0, 0, -count(*), 0
    {_UNCOUNTED.format(join=_WITH_INVITATION)} AND r.comment <> '' GROUP BY 1, 2, 3, 4, 5, 6, 7
"""


def _of_invitations(sums: str, condition: str) -> str:
    return f"""
        {INVITATION_DELTA}
        SELECT i.organization_id, i.campaign_id, i.property_set_id, i.sent_day, i.language, i.variant, i.version, {sums}
        FROM surveys_invitation i
        LEFT JOIN surveys_response r ON r.invitation_id = i.id AND {COUNTED}
        WHERE i.organization_id = %s AND i.id = ANY(%s) AND i.sent_day IS NOT NULL AND {condition}
        GROUP BY 1, 2, 3, 4, 5, 6, 7
    """


FUNNEL_SUMS = (
    "count(*), count(i.bounced_at), count(r.id), count(r.id) FILTER (WHERE r.comment <> ''), count(i.unsubscribed_at)"
)
RECORD_SENT = _of_invitations(FUNNEL_SUMS, "TRUE")
RECORD_BOUNCED = _of_invitations("0, count(*), 0, 0, 0", "i.bounced_at IS NOT NULL")
RECORD_UNSUBSCRIBED = _of_invitations("0, 0, 0, 0, count(*)", "i.unsubscribed_at IS NOT NULL")
RECORD_RESUBSCRIBED = _of_invitations("0, 0, 0, 0, -count(*)", "i.unsubscribed_at IS NULL")

_ADD_SCORES = f"""
    ON CONFLICT (organization_id, dimension, day, campaign_id, value) DO UPDATE SET
        {_added("surveys_scorecount", [*SCORE_COLUMNS, "comments"])}
"""
_ADD_INVITATIONS = f"""
    ON CONFLICT (organization_id, dimension, day, campaign_id, value) DO UPDATE SET
        {_added("surveys_invitationcount", FUNNEL)}
"""
_SCORE_COUNT = f"""
    INSERT INTO surveys_scorecount (organization_id, campaign_id, day, dimension, value, {SCORES}, comments)
"""
_INVITATION_COUNT = f"""
    INSERT INTO surveys_invitationcount (organization_id, campaign_id, day, dimension, value, {", ".join(FUNNEL)})
"""

FOLD_SCORES = f"""
    WITH taken AS (
        DELETE FROM surveys_scoredelta
        WHERE id IN (SELECT id FROM surveys_scoredelta ORDER BY id LIMIT %s) RETURNING *
    ),
    grouped AS (
        SELECT d.organization_id, d.campaign_id, d.day, x.dimension, x.value, d.score,
               sum(x.responses) AS responses, sum(x.comments) AS comments
        FROM taken d LEFT JOIN surveys_propertyset p ON p.id = d.property_set_id CROSS JOIN {EXPANDED_SCORE}
        GROUP BY 1, 2, 3, 4, 5, 6
    ),
    written AS (
        {_SCORE_COUNT}
        SELECT organization_id, campaign_id, day, dimension, value, {ELEVEN_COUNTS}, sum(comments)
        FROM grouped GROUP BY 1, 2, 3, 4, 5 HAVING bool_or(responses <> 0 OR comments <> 0)
        {_ADD_SCORES}
    )
    SELECT count(*) FROM taken
"""
FOLD_INVITATIONS = f"""
    WITH taken AS (
        DELETE FROM surveys_invitationdelta
        WHERE id IN (SELECT id FROM surveys_invitationdelta ORDER BY id LIMIT %s) RETURNING *
    ),
    written AS (
        {_INVITATION_COUNT}
        SELECT d.organization_id, d.campaign_id, d.day, x.dimension, x.value,
               {", ".join(f"sum(d.{name})" for name in FUNNEL)}
        FROM taken d LEFT JOIN surveys_propertyset p ON p.id = d.property_set_id CROSS JOIN {EXPANDED_INVITATION}
        GROUP BY 1, 2, 3, 4, 5
        {_ADD_INVITATIONS}
    )
    SELECT count(*) FROM taken
"""


def value_of(dimension: str, owner: str) -> str:
    """The value of a dimension for a row `owner` ("r" or "i") joined with its property set `p`, as an expression.

    For a property the expression takes its key as the parameter %(key)s; it is null where there is none. The variant of
    a response is that of its ask `a`.
    """
    if dimension.startswith(PROPERTY_PREFIX):
        return f"left(p.values ->> %(key)s, {VALUE_LENGTH})"
    return {
        EVERYONE: "''",
        "language": f"{owner}.language::text",
        "channel": f"{owner}.channel::text",
        "variant": f"nullif({'i' if owner == 'i' else 'a'}.variant, '')",
        "version": f"{owner}.version::text",
        "has_comment": f"CASE WHEN {owner}.comment <> '' THEN '1' ELSE '0' END",
    }[dimension]


# Stored minus recounted for one dimension, over the days %(first)s … %(last)s, all in one snapshot.
# Grouping by score first and turning groups into columns afterwards is what keeps this fast.
def score_differences(dimension: str) -> str:
    value = value_of(dimension, "r")
    ask = "LEFT JOIN surveys_invitation a ON a.id = r.invitation_id" if dimension == "variant" else ""
    return f"""
        WITH grouped AS (
            SELECT r.campaign_id, r.day, {value} AS value, r.score,
                   count(*) AS responses, count(*) FILTER (WHERE r.comment <> '') AS comments
            FROM surveys_response r LEFT JOIN surveys_propertyset p ON p.id = r.property_set_id {ask}
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
            LEFT JOIN surveys_response r ON r.invitation_id = i.id AND {COUNTED}
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
        {_SCORE_COUNT}
        SELECT %(organization)s, campaign_id, day, %(dimension)s, value, {SCORES}, comments
        FROM ({score_differences(dimension)}) AS missing WHERE {SCORES_DIFFER}
        {_ADD_SCORES}
    """


def repair_invitations(dimension: str) -> str:
    return f"""
        {_INVITATION_COUNT}
        SELECT %(organization)s, campaign_id, day, %(dimension)s, value, {", ".join(FUNNEL)}
        FROM ({invitation_differences(dimension)}) AS missing WHERE {INVITATIONS_DIFFER}
        {_ADD_INVITATIONS}
    """


DIMENSIONS = f"""
    SELECT DISTINCT '{PROPERTY_PREFIX}' || jsonb_object_keys(values) FROM surveys_propertyset
    WHERE organization_id = %(organization)s
    UNION SELECT DISTINCT dimension FROM surveys_scorecount WHERE organization_id = %(organization)s
    UNION SELECT DISTINCT dimension FROM surveys_invitationcount WHERE organization_id = %(organization)s
    UNION VALUES (''), ('language'), ('channel'), ('has_comment'), ('variant'), ('version')
    ORDER BY 1
"""
DAYS = """
    SELECT min(day), max(day) FROM (
        SELECT min(day) AS day FROM surveys_response WHERE organization_id = %(organization)s
        UNION ALL SELECT max(day) FROM surveys_response WHERE organization_id = %(organization)s
        UNION ALL SELECT min(day) FROM surveys_scorecount WHERE organization_id = %(organization)s
        UNION ALL SELECT max(day) FROM surveys_scorecount WHERE organization_id = %(organization)s
        UNION ALL SELECT min(sent_day) FROM surveys_invitation WHERE organization_id = %(organization)s
        UNION ALL SELECT max(sent_day) FROM surveys_invitation WHERE organization_id = %(organization)s
        UNION ALL SELECT min(day) FROM surveys_invitationcount WHERE organization_id = %(organization)s
        UNION ALL SELECT max(day) FROM surveys_invitationcount WHERE organization_id = %(organization)s
    ) AS days
"""
