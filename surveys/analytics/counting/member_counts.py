"""Responses and asks of the people whom saved segments hold now. Only people of the period are looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from surveys.accounts.models import Organization
from surveys.analytics.counting import counts
from surveys.analytics.counting import funnels as asked
from surveys.analytics.counting.counts import Cells, Question, fetched
from surveys.analytics.counting.funnels import Funnel
from surveys.analytics.upkeep import sql
from surveys.core.conditions import compiler, validation
from surveys.core.conditions.orm import positional
from surveys.core.conditions.validation import BadCondition
from surveys.core.filters import Filters
from surveys.core.periods import Period
from surveys.customers.models import Segment
from surveys.customers.queries.segments import customer_catalogue

MOST_MEMBERS: Final = 20  # segments side by side: each is one more condition for every person of the period


@dataclass(frozen=True)
class Member:
    """A saved segment and its condition about the customer `c`."""

    pk: int
    name: str
    condition: str
    parameters: tuple[Any, ...]


def members(organization: Organization, segments: Sequence[Segment], at: datetime) -> tuple[Member, ...]:
    """Without those whose conditions cannot be understood any more: they have no members."""
    known = customer_catalogue(organization)
    found = (_member(segment, known, at) for segment in segments)
    return tuple(member for member in found if member)


def _member(segment: Segment, known: Any, at: datetime) -> Member | None:
    try:
        tree = validation.read(segment.conditions, known)
    except BadCondition:
        return None
    text, parameters = positional(compiler.compile_where(tree, known, "c", at), "c")
    return Member(segment.pk, segment.name, text, tuple(parameters))


def scores(question: Question, found: Sequence[Member]) -> Cells:
    """Eleven counts per (bucket, segment's key as text); one statement (none without segments)."""
    if not found:
        return {}
    where = counts.conditions(question.organization, question.period, question.filters)
    starts = list(question.starts or (question.period.first,))
    statement = f"""
        WITH people AS MATERIALIZED (
            SELECT r.customer_id AS person, width_bucket(r.day, %s::date[]) - 1 AS bucket, r.score
            FROM surveys_response r WHERE {where} AND r.customer_id IS NOT NULL
        ), {_MEMBER.format(holds=_holds(found))}
        SELECT p.bucket, m.segment, p.score, count(*) FROM people p JOIN member m ON m.person = p.person GROUP BY 1, 2, 3
    """
    parameters = [starts, *where.parameters, *_parameters(found), question.organization.pk]
    rows = fetched(statement, parameters)
    return counts.added_up((bucket, value, counts.only(score, count)) for bucket, value, score, count in rows)


def funnels(
    organization: Organization, period: Period, filters: Filters, found: Sequence[Member]
) -> dict[str, Funnel] | None:
    """Per segment's key as text; None under a filter on the answer. One statement at most."""
    where = asked.conditions(organization, period, filters)
    if where is None or not found:
        return None if where is None else {}
    statement = f"""
        WITH people AS MATERIALIZED (
            SELECT i.id, i.customer_id AS person FROM surveys_invitation i WHERE {where} AND i.customer_id IS NOT NULL
        ), {_MEMBER.format(holds=_holds(found))}
        SELECT m.segment, {sql.FUNNEL_SUMS} FROM people p JOIN member m ON m.person = p.person
        JOIN surveys_invitation i ON i.id = p.id
        LEFT JOIN surveys_response r ON r.invitation_id = i.id AND {sql.COUNTED}
        GROUP BY 1
    """
    rows = fetched(statement, [*where.parameters, *_parameters(found), organization.pk])
    return {str(value): Funnel(*map(int, numbers)) for value, *numbers in rows}


_MEMBER: Final = """
    member AS MATERIALIZED (
        SELECT c.id AS person, s.segment FROM surveys_customer c
        CROSS JOIN LATERAL (VALUES {holds}) AS s(segment, holds)
        WHERE c.organization_id = %s AND c.id IN (SELECT person FROM people) AND s.holds
    )
"""


def _holds(found: Sequence[Member]) -> str:
    return ", ".join(f"(%s, ({member.condition}))" for member in found)


def _parameters(found: Sequence[Member]) -> list[Any]:
    return [parameter for member in found for parameter in (str(member.pk), *member.parameters)]
