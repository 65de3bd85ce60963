"""Lists of people to act on: who moved from where to where, who recovered, who fell."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from surveys.accounts.models import Organization
from surveys.analytics.counting import counts
from surveys.analytics.counting.counts import Where
from surveys.analytics.look import Look
from surveys.analytics.over_time import answered
from surveys.analytics.over_time.answered import COUNTED, Statement
from surveys.core.conditions.days import begins
from surveys.core.filters import Filters
from surveys.core.periods import ONE_DAY, Period

Scores = Sequence[int]
ALWAYS: Final = Period(date(1970, 1, 1), date(2199, 12, 31))


# ── A cell of the migration ──────────────────────────────────────────────────────────────────────────────────────────


def went(organization: Organization, look: Look, before: Scores, now: Scores) -> Statement:
    """Those whose last answers of both periods have these scores, by the later one."""
    filters = look.filters.of_any_score
    later = counts.conditions(organization, look.period, filters, owner="n")
    again = answered.beside(counts.conditions(organization, look.period, filters, owner="l"), "l", "n")
    earlier = answered.beside(counts.conditions(organization, look.compared, filters, owner="b"), "b", "n")
    allowed = [score for score in now if score in look.filters.allowed_scores]
    where = Where()
    where.add(str(later), *later.parameters)
    where.add("n.responded_at BETWEEN %s AND %s", *counts.around(look.period))
    where.add("n.customer_id IS NOT NULL AND n.score = ANY(%s)", allowed)
    where.add(
        f"""NOT EXISTS (SELECT FROM surveys_response l WHERE l.customer_id = n.customer_id AND {again}
            AND (l.responded_at, l.id) > (n.responded_at, n.id))""",
        *again.parameters,
    )
    where.add("b.score = ANY(%s)", list(before))
    source = f"""
        FROM surveys_response n CROSS JOIN LATERAL (
            SELECT b.id, b.score FROM surveys_response b WHERE b.customer_id = n.customer_id AND {earlier}
            ORDER BY b.responded_at DESC, b.id DESC LIMIT 1
        ) AS b
    """
    where.parameters[:0] = earlier.parameters
    return Statement("n.id, b.id", ("n.responded_at", "n.id"), source, where)


# ── Recoveries and falls ─────────────────────────────────────────────────────────────────────────────────────────────


class Move(StrEnum):
    RECOVERED = "recovered"  # detractor → promoter
    FELL = "fell"  # promoter → below


# As the conditions of the indexes of customers say it.
_MOVED: Final = {
    Move.RECOVERED: "c.last_score >= 9 AND c.previous_score <= 6",
    Move.FELL: "c.last_score < 9 AND c.previous_score >= 9",
}
LATEST: Final = f"""
    CROSS JOIN LATERAL (
        SELECT n.* FROM surveys_response n
        WHERE n.organization_id = c.organization_id + 0 AND n.customer_id = c.id AND n.responded_at = c.last_answered_at
              AND {COUNTED.format("n")}
        ORDER BY n.id DESC LIMIT 1
    ) AS n
"""
_THE_ONE_BEFORE: Final = f"""
    CROSS JOIN LATERAL (
        SELECT b.id, b.score FROM surveys_response b
        WHERE b.organization_id = c.organization_id + 0 AND b.customer_id = c.id AND {COUNTED.format("b")}
              AND (b.responded_at, b.id) < (n.responded_at, n.id)
        ORDER BY b.responded_at DESC, b.id DESC LIMIT 1
    ) AS b
"""


def moved(organization: Organization, look: Look, move: Move) -> Statement:
    """Those whose latest answer, given in the period, is such a move against the one before it, whenever that was.

    Filters look at the latest answer. Who has answered again since then is where that answer put them.
    """
    zone = ZoneInfo(organization.time_zone)
    where = Where()
    where.add("c.organization_id = %s", organization.pk)
    where.add(_MOVED[move])
    where.add("c.last_answered_at >= %s", begins(look.period.first, zone))
    where.add("c.last_answered_at < %s", begins(look.period.last + ONE_DAY, zone))
    add_filters(where, organization, look.filters, "n")
    source = f"FROM surveys_customer c {LATEST} {_THE_ONE_BEFORE}"
    return Statement("n.id, b.id", ("c.last_answered_at", "c.id"), source, where)


def add_filters(where: Where, organization: Organization, filters: Filters, owner: str) -> None:
    """Of an answer of any time."""
    if filters.is_narrowed:
        passing = counts.conditions(organization, ALWAYS, filters, owner=owner)
        where.add(str(passing), *passing.parameters)
