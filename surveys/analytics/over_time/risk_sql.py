"""From the rule about risk to SQL: about every customer at once, and with the facts about a few of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from psycopg2 import sql

from surveys.accounts.models import Organization
from surveys.analytics.counting import counts
from surveys.analytics.over_time.movers import ALWAYS, LATEST
from surveys.analytics.over_time.risk_parts import OPEN_DAYS, Kind, Part, Rule
from surveys.core.conditions import compiler
from surveys.core.conditions.catalogue import Catalogue
from surveys.core.conditions.compiler import Where
from surveys.core.filters import Filters
from surveys.core.periods import local_day

# Of the customer {c}; {0}, {1} … are the placeholders of the numbers. Dear ones look into other tables.
_CATEGORY_LOWER: Final = (
    "{c}.previous_score >= 9 AND {c}.last_score < 9 OR {c}.previous_score >= 7 AND {c}.last_score <= 6"
)
_ASKS: Final = """
    SELECT i.sent_at FROM surveys_invitation i
    WHERE i.organization_id = {c}.organization_id + 0 AND i.customer_id = {c}.id AND i.bounced_at IS NULL
          AND i.sent_at > {c}.last_answered_at AND i.sent_at < {until}
"""
_MEANT_BADLY: Final = "verdict = 'confirmed' AND excluded_at IS NULL AND sentiment = -1 AND day > {since}"
_CLAUSES: Final = {
    Kind.LOW: "{c}.last_score <= {most}",
    Kind.FELL: "{c}.previous_score - {c}.last_score >= {points} OR {category} AND (" + _CATEGORY_LOWER + ")",
    Kind.GONE: "{c}.suppression IN ('unsubscribed', 'complained') AND {c}.last_score <= {most}",
    Kind.SILENT: "{c}.last_asked_at > {c}.last_answered_at AND {c}.asked_count >= {asks} AND {asks} <= ("
    "SELECT count(*) FROM (" + _ASKS + " LIMIT {asks}) AS asked)",
    # Gathered once and hashed, whatever PostgreSQL guesses: see how conditions look into other tables.
    Kind.COMMENT: "({c}.id IN (SELECT unnest(ARRAY(SELECT customer_id FROM surveys_response WHERE organization_id ="
    " {organization} AND customer_id IS NOT NULL AND " + _MEANT_BADLY + ")))) IS TRUE",
}
_DEAR: Final = frozenset({Kind.SILENT, Kind.COMMENT})


@dataclass(frozen=True)
class Asked:
    """The rule for an organization at a time. `known` is needed where the rule needs a catalogue."""

    organization: Organization
    rule: Rule
    known: Catalogue | None
    at: datetime
    filters: Filters = field(default_factory=Filters)


def where(asked: Asked) -> Where:
    """Of customers for whom enough parts apply, and whose latest answer passes the filters."""

    def about(alias: str) -> Where:
        params: dict[str, Any] = {}
        clauses = [
            (part.kind in _DEAR, _clause(asked, number, alias, params)) for number, part in enumerate(asked.rule.parts)
        ]
        enough = _enough(clauses, asked.rule.least)
        passing = _passing(asked, alias, params) if asked.filters.is_narrowed else sql.SQL("TRUE")
        # Only for who is listed, and row by row: it is few, however many answers there are.
        test = sql.SQL("CASE WHEN {} THEN {} ELSE FALSE END").format(enough, passing)
        return Where(test, params, asked.organization.pk, about)

    return about("c")


def _clause(asked: Asked, number: int, alias: str, params: dict[str, Any]) -> sql.Composable:
    part = asked.rule.parts[number]
    if part.needs_catalogue:
        return _condition(asked, part, number, alias, params)
    values = {f"risk{number}_{name}": value for name, value in _values(asked, part).items()}
    params |= values
    names = {name.partition("_")[2]: sql.Placeholder(name) for name in values}
    return sql.SQL(_CLAUSES[part.kind]).format(c=sql.Identifier(alias), **names)


def _values(asked: Asked, part: Part) -> dict[str, Any]:
    numbers = dict(part.values)
    if part.kind is Kind.FELL:
        numbers["category"] = bool(part.values.get("category"))
    if part.kind is Kind.SILENT:
        numbers["until"] = asked.at - timedelta(days=OPEN_DAYS)
    if part.kind is Kind.COMMENT:
        today = local_day(asked.at, ZoneInfo(asked.organization.time_zone))
        numbers |= {"since": today - timedelta(days=part["days"]), "organization": asked.organization.pk}
    return numbers


def _condition(asked: Asked, part: Part, number: int, alias: str, params: dict[str, Any]) -> sql.Composable:
    tree = part.tree(asked.known) if asked.known else None
    if tree is None or asked.known is None:
        return sql.SQL("FALSE")
    found = compiler.compile_where(tree, asked.known, alias, asked.at, prefix=f"risk{number}")
    params |= found.params
    return found.sql


def _enough(clauses: Sequence[tuple[bool, sql.Composable]], least: int) -> sql.Composable:
    """What is told by the customer's row decides alone where it can; only else the other tables are looked into."""
    cheap = _sum([clause for is_dear, clause in clauses if not is_dear])
    dear = [clause for is_dear, clause in clauses if is_dear]
    needed = sql.Literal(least)
    if not dear:
        return sql.SQL("{} >= {}").format(cheap, needed)
    return sql.SQL("CASE WHEN {0} >= {1} THEN TRUE WHEN {0} < {2} THEN FALSE ELSE {0} + {3} >= {1} END").format(
        cheap, needed, sql.Literal(least - len(dear)), _sum(dear)
    )


def _sum(clauses: Sequence[sql.Composable]) -> sql.Composable:
    ones = [sql.SQL("CASE WHEN {} THEN 1 ELSE 0 END").format(clause) for clause in clauses]
    return sql.SQL("({})").format(sql.SQL(" + ").join(ones)) if ones else sql.SQL("0")


def _passing(asked: Asked, alias: str, params: dict[str, Any]) -> sql.Composable:
    """The latest answer passes the filters."""
    found = counts.conditions(asked.organization, ALWAYS, asked.filters, owner="n")
    names = [f"riskfilter_{number}" for number in range(len(found.parameters))]
    params |= dict(zip(names, found.parameters, strict=True))
    places = iter(names)
    text = re.sub("%s", lambda _found: f"%({next(places)})s", str(found))
    latest = sql.SQL(
        "SELECT FROM surveys_response n WHERE n.organization_id = {c}.organization_id + 0"
        " AND n.customer_id = {c}.id AND n.responded_at = {c}.last_answered_at AND "
    )
    return sql.Composed([sql.SQL("EXISTS ("), latest.format(c=sql.Identifier(alias)), sql.SQL(text), sql.SQL(")")])


# ── Facts about a few ────────────────────────────────────────────────────────────────────────────────────────────────

_FACTS: Final = (
    """
    SELECT c.id, ARRAY[{applies}]::boolean[], n.id, b.id, k.id, s.asks, s.latest
    FROM surveys_customer c
    """
    + LATEST.replace("CROSS JOIN", "LEFT JOIN").rstrip()
    + """ ON TRUE
    LEFT JOIN LATERAL (
        SELECT b.id FROM surveys_response b
        WHERE b.organization_id = c.organization_id + 0 AND b.customer_id = c.id
              AND b.verdict = 'confirmed' AND b.excluded_at IS NULL AND (b.responded_at, b.id) < (n.responded_at, n.id)
        ORDER BY b.responded_at DESC, b.id DESC LIMIT 1
    ) AS b ON TRUE
    LEFT JOIN LATERAL (
        SELECT k.id FROM surveys_response k
        WHERE k.organization_id = c.organization_id + 0 AND k.customer_id = c.id AND """
    + _MEANT_BADLY
    + """
        ORDER BY k.responded_at DESC, k.id DESC LIMIT 1
    ) AS k ON TRUE
    CROSS JOIN LATERAL (SELECT count(*) AS asks, max(sent_at) AS latest FROM ("""
    + _ASKS
    + """) AS asked) AS s
    WHERE c.organization_id = {organization} AND c.id = ANY({people})
"""
)
# What is looked up for the facts anyway says whether the dear parts apply.
_LOOKED_UP: Final = {Kind.SILENT: "s.asks >= {asks}", Kind.COMMENT: "k.id IS NOT NULL"}


def facts(asked: Asked, people: Sequence[int]) -> tuple[sql.Composable, dict[str, Any]]:
    """Rows (customer, which parts apply, latest answer, the one before, negative comment, asks without answer, the last)."""
    params: dict[str, Any] = {"people": list(people), "organization": asked.organization.pk}
    applies = [
        sql.SQL("({}) IS TRUE").format(_applies(asked, number, params)) for number in range(len(asked.rule.parts))
    ]
    comment = asked.rule.part(Kind.COMMENT)
    today = local_day(asked.at, ZoneInfo(asked.organization.time_zone))
    params["since"] = today - timedelta(days=comment["days"] if comment else 0)
    params["until"] = asked.at - timedelta(days=OPEN_DAYS)
    names = {name: sql.Placeholder(name) for name in ("people", "organization", "since", "until")}
    statement = sql.SQL(_FACTS).format(applies=sql.SQL(", ").join(applies), c=sql.Identifier("c"), **names)
    return statement, params


def _applies(asked: Asked, number: int, params: dict[str, Any]) -> sql.Composable:
    part = asked.rule.parts[number]
    if part.kind not in _LOOKED_UP:
        return _clause(asked, number, "c", params)
    params |= {f"risk{number}_{name}": value for name, value in part.values.items()}
    names = {name: sql.Placeholder(f"risk{number}_{name}") for name in part.values}
    return sql.SQL(_LOOKED_UP[part.kind]).format(**names)
