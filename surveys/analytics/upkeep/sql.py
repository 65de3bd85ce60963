"""The statements that keep the rollups, as text. Named parameters are values; only names from here are formatted in.

Those that recount and repair are in recount_sql.
"""

from collections.abc import Iterable

from surveys.analytics.models import SCORE_COLUMNS
from surveys.core.filters import PROPERTY_PREFIX
from surveys.responses.models import Verdict

VALUE_LENGTH = 255  # of ScoreCount.value: longer property values are told apart by their first characters
EVERYONE = ""

COUNTED = "r.verdict = 'confirmed' AND r.excluded_at IS NULL"
# The same of an answer that is looked up by its ask. In a table without statistics the words above are guessed to hold for
# one row, and all of a partial index is read for every ask; these are no index's, and guessed to hold for most.
_UNCOUNTED = ", ".join(f"'{verdict}'" for verdict in Verdict if verdict is not Verdict.CONFIRMED)
COUNTED_OF_ASK = f"r.verdict NOT IN ({_UNCOUNTED}) AND coalesce(r.excluded_at, 'infinity') >= 'infinity'"

# One delta `d` with its property set `p` (which may be missing) becomes a row per dimension; of themes and tags, of each.
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
        SELECT 'sentiment', d.sentiment::text, d.responses, d.comments WHERE d.sentiment IS NOT NULL
        UNION ALL
        SELECT 'comment_language', d.comment_language::text, d.responses, d.comments WHERE d.comment_language <> ''
        UNION ALL
        SELECT 'theme', key::text, d.responses, d.comments FROM unnest(d.themes) AS key
        UNION ALL
        SELECT 'tag', key::text, d.responses, d.comments FROM unnest(d.tags) AS key
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
        (organization_id, campaign_id, property_set_id, day, language, channel, variant,
         sentiment, comment_language, themes, tags, score, responses, comments)
"""
BY_CONTRIBUTION = f"GROUP BY {', '.join(str(place) for place in range(1, 13))}"
# Of a response `r`: what its ask said, where the campaign has variants.
VARIANT = "coalesce((SELECT v.variant FROM surveys_invitation v WHERE v.id = r.invitation_id), '')"


def contribution(owner: str = "r", *, day: str = "r.day", variant: str = VARIANT, said: bool = True) -> str:
    """The first twelve columns of a delta for a response `owner`; not `said`: as if it had no comment."""
    read = (
        f"{owner}.sentiment, {owner}.comment_language, {owner}.themes" if said else "NULL::smallint, '', '{}'::bigint[]"
    )
    return f"""
        {owner}.organization_id, {owner}.campaign_id, {owner}.property_set_id, {day}, {owner}.language, {owner}.channel,
        {variant}, {read}, {owner}.tags, {owner}.score
    """


SCORE_DELTA_VALUES = "(%s, %s, %s::bigint, %s::date, %s, %s, %s::smallint, %s, %s::bigint[], %s::bigint[], %s, %s, %s)"

# The share lock makes a click and the note that its message was sent see one another, in whichever order they commit.
RECORD = f"""
    WITH change(answered, commented) AS (VALUES (%s, %s)),
    invitation AS MATERIALIZED (
        SELECT * FROM surveys_invitation WHERE organization_id = %s AND id = %s FOR SHARE
    ),
    scored AS (
        {SCORE_DELTA}
        SELECT v.organization, v.campaign, v.property_set, v.day, v.language, v.channel,
               coalesce((SELECT variant FROM invitation), ''),
               v.sentiment, v.comment_language, v.themes, v.tags, v.score, v.responses, v.comments
        FROM (VALUES {{values}})
             AS v(organization, campaign, property_set, day, language, channel,
                  sentiment, comment_language, themes, tags, score, responses, comments)
    )
    {INVITATION_DELTA}
    SELECT organization_id, campaign_id, property_set_id, sent_day, language, variant, version, 0, 0, answered, commented, 0
    FROM invitation, change WHERE sent_day IS NOT NULL AND (answered <> 0 OR commented <> 0)
"""


def _of_responses(join: str = "", condition: str = "TRUE") -> str:
    """Counted responses among those that are named, each with what it adds as it stands."""
    return f"""
        FROM surveys_response r {join}
        WHERE r.organization_id = %s AND r.id = ANY(%s) AND {COUNTED} AND {condition}
    """


def _scores(sign: str) -> str:
    return f"""
        {SCORE_DELTA}
        SELECT {contribution()}, {sign}count(*), {sign}count(*) FILTER (WHERE r.comment <> '')
        {_of_responses()} {BY_CONTRIBUTION}
    """


_WITH_INVITATION = "JOIN surveys_invitation i ON i.id = r.invitation_id AND i.sent_day IS NOT NULL"


def _answered(sign: str) -> str:
    return f"""
        {INVITATION_DELTA}
        SELECT i.organization_id, i.campaign_id, i.property_set_id, i.sent_day, i.language, i.variant, i.version,
               0, 0, {sign}count(*), {sign}count(*) FILTER (WHERE r.comment <> ''), 0
        {_of_responses(_WITH_INVITATION)} GROUP BY 1, 2, 3, 4, 5, 6, 7
    """


COUNT, UNCOUNT = _scores(""), _scores("-")
ANSWER, UNANSWER = _answered(""), _answered("-")
_COMMENTED = "r.comment <> ''"
# Responses that are about to lose their comments, and with them what was read out of them.
UNCOUNT_COMMENTED = f"""
    {SCORE_DELTA}
    SELECT {contribution()}, -count(*), -count(*) {_of_responses(condition=_COMMENTED)} {BY_CONTRIBUTION}
"""
COUNT_UNCOMMENTED = f"""
    {SCORE_DELTA}
    SELECT {contribution(said=False)}, count(*), 0 {_of_responses(condition=_COMMENTED)} {BY_CONTRIBUTION}
"""
UNCOMMENT_INVITATIONS = f"""
    {INVITATION_DELTA}
    SELECT i.organization_id, i.campaign_id, i.property_set_id, i.sent_day, i.language, i.variant, i.version,
           0, 0, 0, -count(*), 0
    {_of_responses(_WITH_INVITATION, _COMMENTED)} GROUP BY 1, 2, 3, 4, 5, 6, 7
"""


def _of_invitations(sums: str, condition: str) -> str:
    return f"""
        {INVITATION_DELTA}
        SELECT i.organization_id, i.campaign_id, i.property_set_id, i.sent_day, i.language, i.variant, i.version, {sums}
        FROM surveys_invitation i
        LEFT JOIN surveys_response r ON r.invitation_id = i.id AND {COUNTED_OF_ASK}
        WHERE i.organization_id = %s AND i.id = ANY(%s) AND i.sent_day IS NOT NULL AND {condition}
        GROUP BY 1, 2, 3, 4, 5, 6, 7
    """


FUNNEL_SUMS = (
    "count(*), count(i.bounced_at), count(r.id), count(r.id) FILTER (WHERE r.comment <> ''), count(i.unsubscribed_at)"
)
RECORD_SENT = _of_invitations(FUNNEL_SUMS, "TRUE")
UNRECORD_SENT = _of_invitations(", ".join(f"-{count}" for count in FUNNEL_SUMS.split(", ")), "TRUE")
RECORD_BOUNCED = _of_invitations("0, count(*), 0, 0, 0", "i.bounced_at IS NOT NULL")
RECORD_UNSUBSCRIBED = _of_invitations("0, 0, 0, 0, count(*)", "i.unsubscribed_at IS NOT NULL")
RECORD_RESUBSCRIBED = _of_invitations("0, 0, 0, 0, -count(*)", "i.unsubscribed_at IS NULL")

ADD_SCORES = f"""
    ON CONFLICT (organization_id, dimension, day, campaign_id, value) DO UPDATE SET
        {_added("surveys_scorecount", [*SCORE_COLUMNS, "comments"])}
"""
ADD_INVITATIONS = f"""
    ON CONFLICT (organization_id, dimension, day, campaign_id, value) DO UPDATE SET
        {_added("surveys_invitationcount", FUNNEL)}
"""
SCORE_COUNT = f"""
    INSERT INTO surveys_scorecount (organization_id, campaign_id, day, dimension, value, {SCORES}, comments)
"""
INVITATION_COUNT = f"""
    INSERT INTO surveys_invitationcount (organization_id, campaign_id, day, dimension, value, {", ".join(FUNNEL)})
"""


def _changed(about: str) -> str:
    """Days whose deltas were taken have another version now: see DayChange."""
    return f"""
        changed AS (
            INSERT INTO surveys_daychange (organization_id, about, day, changes)
            SELECT DISTINCT organization_id, '{about}', day, 1 FROM taken
            ON CONFLICT (organization_id, about, day) DO UPDATE SET changes = surveys_daychange.changes + 1
        )
    """


# Deltas that add nothing: one for each day on which these asks were answered, or sent.
NOTHING_OF_ANSWERS = """
    INSERT INTO surveys_scoredelta (organization_id, campaign_id, day, language, channel, score, responses, comments)
    SELECT DISTINCT r.organization_id, r.campaign_id, r.day, '', '', 0, 0, 0 FROM surveys_response r
    WHERE r.organization_id = %s AND r.invitation_id = ANY(%s) AND r.verdict = 'confirmed' AND r.excluded_at IS NULL
"""
NOTHING_OF_ASKS = """
    INSERT INTO surveys_invitationdelta
        (organization_id, campaign_id, day, language, sent, bounced, answered, commented, unsubscribed)
    SELECT DISTINCT i.organization_id, i.campaign_id, i.sent_day, '', 0, 0, 0, 0, 0 FROM surveys_invitation i
    WHERE i.organization_id = %s AND i.id = ANY(%s) AND i.sent_day IS NOT NULL
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
        {SCORE_COUNT}
        SELECT organization_id, campaign_id, day, dimension, value, {ELEVEN_COUNTS}, sum(comments)
        FROM grouped GROUP BY 1, 2, 3, 4, 5 HAVING bool_or(responses <> 0 OR comments <> 0)
        {ADD_SCORES}
    ),
    {_changed("answers")}
    SELECT count(*) FROM taken
"""
FOLD_INVITATIONS = f"""
    WITH taken AS (
        DELETE FROM surveys_invitationdelta
        WHERE id IN (SELECT id FROM surveys_invitationdelta ORDER BY id LIMIT %s) RETURNING *
    ),
    written AS (
        {INVITATION_COUNT}
        SELECT d.organization_id, d.campaign_id, d.day, x.dimension, x.value,
               {", ".join(f"sum(d.{name})" for name in FUNNEL)}
        FROM taken d LEFT JOIN surveys_propertyset p ON p.id = d.property_set_id CROSS JOIN {EXPANDED_INVITATION}
        GROUP BY 1, 2, 3, 4, 5 HAVING bool_or({" OR ".join(f"d.{name} <> 0" for name in FUNNEL)})
        {ADD_INVITATIONS}
    ),
    {_changed("asks")}
    SELECT count(*) FROM taken
"""

CLEAR = tuple(
    f"DELETE FROM {table} WHERE organization_id = %s AND dimension = %s AND ({' AND '.join(f'{c} = 0' for c in columns)})"
    for table, columns in (
        ("surveys_scorecount", [*SCORE_COLUMNS, "comments"]),
        ("surveys_invitationcount", FUNNEL),
    )
)


def value_of(dimension: str, owner: str) -> str:
    """The value of a dimension for a row `owner` ("r" or "i") joined with its property set `p`, as an expression.

    For a property the expression takes its key as the parameter %(key)s; it is null where there is none. See `join_for`.
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
        "sentiment": f"{owner}.sentiment::text",
        "comment_language": f"nullif({owner}.comment_language, '')::text",
        "theme": "each.key::text",
        "tag": "each.key::text",
    }[dimension]


def join_for(dimension: str) -> str:
    """What `value_of` needs beside a response `r` and its property set; a response has several themes and tags, or none."""
    return {
        "variant": "LEFT JOIN surveys_invitation a ON a.id = r.invitation_id",
        "theme": "CROSS JOIN LATERAL unnest(r.themes) AS each(key)",
        "tag": "CROSS JOIN LATERAL unnest(r.tags) AS each(key)",
    }.get(dimension, "")
