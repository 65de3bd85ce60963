"""What the page "Does it work?" counts. As many statements however many conversations and answers there are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from surveys.accounts.models import Organization
from surveys.analytics import queries as analytics
from surveys.analytics.counting import counts
from surveys.analytics.counting.counts import Where, fetched
from surveys.analytics.look import Look
from surveys.automation.effect import Became, Comparison, Group, Loop, Stake, became
from surveys.automation.effect_answering import ends
from surveys.automation.models import Rule, RuleRun
from surveys.core.choices import Category

# ── Closing the loop ─────────────────────────────────────────────────────────────────────────────────────────────────

_CATEGORY: Final = "CASE WHEN r.score >= 9 THEN 'promoter' WHEN r.score >= 7 THEN 'passive' ELSE 'detractor' END"


def loops(organization: Organization, look: Look) -> list[Loop]:
    """Of the counted responses of the period, by category; two statements."""
    everybody = analytics.split(organization, look.period, look.filters)
    where = counts.conditions(organization, look.period, look.filters)
    rows = fetched(
        f"""SELECT {_CATEGORY}, count(*), count(v.first_reply_at),
                   count(*) FILTER (WHERE v.status = 'closed' AND v.first_reply_at <= v.closed_at)
            FROM surveys_conversation v JOIN surveys_response r ON r.id = v.response_id
            WHERE v.organization_id = %s AND v.close_reason <> 'junk' AND {where} GROUP BY 1""",
        [organization.pk, *where.parameters],
    )
    found = {category: (opened, replied, closed) for category, opened, replied, closed in rows}
    order = (Category.DETRACTOR, Category.PASSIVE, Category.PROMOTER)
    return [Loop(category, everybody.count(category), *found.get(category.value, (0, 0, 0))) for category in order]


# ── Coming back ──────────────────────────────────────────────────────────────────────────────────────────────────────

# Who changes the score of an answer has answered again, like who answers once more: the next answer is whichever came first,
# as it stands now. A change within that time is a slip of the finger, unless somebody had written to them.
_SLIP: Final = timedelta(minutes=10)
_COUNTED: Final = "{0}.verdict = 'confirmed' AND {0}.excluded_at IS NULL"
# The next counted answer of somebody, to any campaign.
_NEXT: Final = f"""
    LEFT JOIN LATERAL (
        SELECT n.score, n.responded_at FROM surveys_response n
        WHERE n.organization_id = %(organization)s AND n.customer_id = {{person}} AND n.responded_at > {{since}}
          AND n.responded_at <= %(at)s AND {_COUNTED.format("n")}
        ORDER BY n.responded_at, n.id LIMIT 1
    ) AS following ON true
"""
_WRITTEN: Final = """EXISTS (
    SELECT FROM surveys_conversation v JOIN surveys_message m ON m.conversation_id = v.id
    LEFT JOIN surveys_delivery d ON d.id = m.delivery_id
    WHERE v.organization_id = %(organization)s AND v.customer_id = {person} AND m.kind = 'reply' AND m.at >= {since}
      AND m.at <= {until} AND coalesce(d.state, 'sent') NOT IN ('cancelled', 'failed', 'expired')
)"""
_DETRACTORS: Final = f"""
    WITH said AS (
        SELECT r.id AS response, r.customer_id AS person, r.responded_at, r.score AS now, v.id, v.score, v.at AS until,
               lead(v.score, 1, r.score) OVER (PARTITION BY r.id ORDER BY v.id) AS after
        FROM surveys_response r JOIN surveys_responserevision v ON v.response_id = r.id
        WHERE {{where}} AND r.customer_id IS NOT NULL
    ),
    changed AS MATERIALIZED (
        SELECT s.response, s.person, s.score, s.now, s.until,
               coalesce(lag(s.until) OVER (PARTITION BY s.response ORDER BY s.id), s.responded_at) AS since
        FROM said s WHERE s.score <> s.after
    ),
    low AS (
        SELECT c.person, c.response, c.score, c.since, c.until, c.now FROM changed c
        WHERE c.score <= 6
          AND (c.until - c.since >= %(slip)s OR {_WRITTEN.format(person="c.person", since="c.since", until="c.until")})
        UNION ALL
        SELECT r.customer_id, r.id, r.score, coalesce(l.at, r.responded_at), NULL, NULL
        FROM surveys_response r
        LEFT JOIN (SELECT response, max(until) AS at FROM changed GROUP BY response) l ON l.response = r.id
        WHERE {{where}} AND r.customer_id IS NOT NULL AND r.score <= 6
    ),
    began AS MATERIALIZED (
        SELECT DISTINCT ON (person) person, response, score, since, until, now FROM low ORDER BY person, since, response
    ),
    became AS (
        SELECT b.person, b.score, {
    _WRITTEN.format(person="b.person", since="b.since", until="least(b.until, following.responded_at, %(at)s)")
} AS contacted,
               CASE WHEN b.until <= coalesce(following.responded_at, b.until) THEN b.now ELSE following.score END AS next
        FROM began b {_NEXT.format(person="b.person", since="b.since")}
    )
"""


@dataclass(frozen=True)
class Return:
    """Detractors of the period, each once by their first such answer: those whom somebody wrote to before their next answer,
    and those whom nobody did."""

    comparison: Comparison
    stake: Stake


def returned(organization: Organization, look: Look, worth: str | None, *, at: datetime) -> Return:
    """One statement. `worth` is the key of a property with numbers: what people are worth now."""
    where, named = _named(counts.conditions(organization, look.period, look.filters))
    # With + 0 PostgreSQL looks people up by their keys where it takes a young organization for an empty one.
    statement = f"""{_DETRACTORS.format(where=where)}
        SELECT contacted, score, next, count(*), count(*) FILTER (WHERE worth >= 0),
               coalesce(sum(worth) FILTER (WHERE worth >= 0), 0)
        FROM became JOIN surveys_customer c ON c.id = person AND c.organization_id = %(organization)s + 0
        CROSS JOIN LATERAL (
            SELECT CASE WHEN jsonb_typeof(c.properties -> %(worth)s) = 'number'
                        THEN (c.properties ->> %(worth)s)::numeric END
        ) AS w(worth)
        GROUP BY 1, 2, 3
    """
    own = {"organization": organization.pk, "at": at, "slip": _SLIP, "worth": worth or ""}
    rows = fetched(statement, named | own)
    groups = [Group.of((row[1], row[2], row[3]) for row in rows if row[0] is contacted) for contacted in (True, False)]
    return Return(Comparison(*groups), _stake(rows))


def _named(where: Where) -> tuple[str, dict[str, Any]]:
    """With names for its places, so that it can stand in a statement twice."""
    names = [f"where_{number}" for number in range(len(where.parameters))]
    return str(where) % tuple(f"%({name})s" for name in names), dict(zip(names, where.parameters, strict=True))


def _stake(rows: Iterable[tuple[Any, ...]]) -> Stake:
    worth: dict[tuple[bool, Became], Fraction] = {}
    people: dict[tuple[bool, Became], int] = {}
    unknown = 0
    for contacted, _score, following, count, valued, total in rows:
        pair = (contacted, became(following))
        worth[pair] = worth.get(pair, Fraction(0)) + Fraction(Decimal(total))
        people[pair] = people.get(pair, 0) + valued
        unknown += count - valued
    return Stake(worth, people, unknown)


# ── Held out ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class HeldOut:
    """A rule and the people it was about, each once: those it acted for against those it held out, as was assigned."""

    rule: Rule
    comparison: Comparison


# Of versions that held somebody out: before, everybody was treated, and that was another time. Who changed the answer that the
# rule looked at has answered again, as among the detractors above.
_RUNS: Final = f"""
    WITH began AS MATERIALIZED (
        SELECT DISTINCT ON (u.rule_id, u.customer_id) u.rule_id, u.customer_id AS person, u.is_held_out, u.score, u.at,
               u.response_id
        FROM surveys_rulerun u {{join}}
        WHERE u.organization_id = %(organization)s AND u.customer_id IS NOT NULL AND u.outcome <> 'not_met'
          AND u.at >= %(since)s AND u.at < %(until)s
          AND (u.rule_id, u.version) IN (
              SELECT h.rule_id, h.version FROM surveys_rulerun h
              WHERE h.organization_id = %(organization)s AND h.is_held_out) {{campaign}}
        ORDER BY u.rule_id, u.customer_id, u.at, u.id
    )
    SELECT b.rule_id, b.is_held_out, b.score,
           CASE WHEN changed.at <= coalesce(following.responded_at, changed.at) THEN changed.score
                ELSE following.score END AS next, count(*)
    FROM began b {_NEXT.format(person="b.person", since="b.at")}
    LEFT JOIN LATERAL (
        SELECT s.at, s.now AS score FROM (
            SELECT v.at, v.score, r.score AS now, lead(v.score, 1, r.score) OVER (ORDER BY v.id) AS after
            FROM surveys_response r JOIN surveys_responserevision v ON v.response_id = r.id
            WHERE r.id = b.response_id AND {_COUNTED.format("r")}
        ) s WHERE s.after <> s.score AND s.at > b.at AND s.at <= %(at)s ORDER BY s.at LIMIT 1
    ) AS changed ON true
    GROUP BY 1, 2, 3, 4
"""


def held_out(organization: Organization, look: Look, *, at: datetime) -> list[HeldOut]:
    """Two statements."""
    campaign = look.filters.campaign
    statement = _RUNS.format(
        join="" if campaign is None else "JOIN surveys_response r ON r.id = u.response_id",
        campaign="" if campaign is None else "AND r.campaign_id = %(campaign)s",
    )
    since, until = ends(organization, look)
    scope = {"organization": organization.pk, "since": since, "until": until, "campaign": campaign, "at": at}
    rows = fetched(statement, scope)
    rules = Rule.objects.filter(organization=organization, pk__in={row[0] for row in rows}).order_by("position", "pk")
    return [HeldOut(rule, _compared([row for row in rows if row[0] == rule.pk])) for rule in rules]


def _compared(rows: list[tuple[Any, ...]]) -> Comparison:
    treated, held = (Group.of(row[2:] for row in rows if row[1] is arm) for arm in (False, True))
    return Comparison(treated, held)


def holds_out(organization: Organization) -> bool:
    """Whether any rule ever held somebody out."""
    return RuleRun.objects.filter(organization=organization, is_held_out=True).exists()
