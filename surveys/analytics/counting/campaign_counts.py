"""Responses and asks per campaign: rollups where only the campaign is asked about, else the rows themselves."""

from datetime import date

from surveys.accounts.models import Organization
from surveys.analytics.counting import counts
from surveys.analytics.counting import funnels as asked
from surveys.analytics.counting.counts import Cells, Question, Where, fetched, narrowed_dimensions
from surveys.analytics.counting.funnels import Funnel
from surveys.analytics.upkeep import sql
from surveys.core.filters import Filters
from surveys.core.periods import Period


def scores(question: Question) -> Cells:
    """Eleven counts per (bucket, campaign's key as text); one statement."""
    starts = list(question.starts or (question.period.first,))
    return (
        _from_responses(question, starts) if narrowed_dimensions(question.filters) else _from_rollups(question, starts)
    )


def _from_rollups(question: Question, starts: list[date]) -> Cells:
    where = _days(question.organization, question.period, question.filters, "day")
    statement = f"""
        SELECT width_bucket(day, %s::date[]) - 1, campaign_id::text, {counts.SUMS} FROM surveys_scorecount s
        WHERE {where} AND dimension = '' GROUP BY 1, 2
        UNION ALL
        SELECT width_bucket(day, %s::date[]) - 1, campaign_id::text, {counts.DELTA_SUMS.replace("x.", "d.")}
        FROM surveys_scoredelta d WHERE {where} GROUP BY 1, 2
    """
    rows = fetched(statement, [starts, *where.parameters] * 2)
    return counts.added_up((bucket, value, [int(count) for count in found]) for bucket, value, *found in rows)


def _from_responses(question: Question, starts: list[date]) -> Cells:
    where = counts.conditions(question.organization, question.period, question.filters)
    statement = f"""
        SELECT width_bucket(r.day, %s::date[]) - 1, r.campaign_id::text, r.score, count(*)
        FROM surveys_response r WHERE {where} GROUP BY 1, 2, 3
    """
    rows = fetched(statement, [starts, *where.parameters])
    return counts.added_up((bucket, value, counts.only(score, count)) for bucket, value, score, count in rows)


def funnels(organization: Organization, period: Period, filters: Filters) -> dict[str, Funnel] | None:
    """Per campaign's key as text; None under a filter on the answer. One statement."""
    where = asked.conditions(organization, period, filters)
    if where is None:
        return None
    if narrowed_dimensions(filters):
        return _of_invitations(where)
    days = _days(organization, period, filters, "day")
    columns = ", ".join(sql.FUNNEL)
    statement = f"""
        SELECT campaign_id::text, {", ".join(f"sum({name})" for name in sql.FUNNEL)} FROM (
            SELECT campaign_id, {columns} FROM surveys_invitationcount WHERE {days} AND dimension = ''
            UNION ALL SELECT campaign_id, {columns} FROM surveys_invitationdelta WHERE {days}
        ) AS rows GROUP BY 1
    """
    return _read(fetched(statement, days.parameters * 2))


def _of_invitations(where: Where) -> dict[str, Funnel]:
    statement = f"""
        SELECT i.campaign_id::text, {sql.FUNNEL_SUMS} FROM surveys_invitation i
        LEFT JOIN surveys_response r ON r.invitation_id = i.id AND {sql.COUNTED}
        WHERE {where} GROUP BY 1
    """
    return _read(fetched(statement, where.parameters))


def _read(rows: list[tuple[object, ...]]) -> dict[str, Funnel]:
    return {str(value): Funnel(*(int(str(number)) for number in numbers)) for value, *numbers in rows}


def _days(organization: Organization, period: Period, filters: Filters, day: str) -> Where:
    where = Where()
    where.add("organization_id = %s", organization.pk)
    where.add(f"{day} BETWEEN %s AND %s", period.first, period.last)
    if filters.campaign is not None:
        where.add("campaign_id = %s", filters.campaign)
    return where
