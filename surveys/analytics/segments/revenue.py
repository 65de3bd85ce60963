"""What the people of a period are worth, by what they answered: exact, by SQL over these people.

Everyone counts once: by their latest answer of the period, or as asked without an answer. Worth is what a numeric property of
theirs says now, because what is at stake is what they would take with them today.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, Final

from surveys.accounts.models import Organization
from surveys.analytics.counting import counts, funnels, people, scanning
from surveys.analytics.counting.counts import Where, fetched
from surveys.analytics.counting.people import Slice
from surveys.analytics.counting.scanning import Wanted
from surveys.core.choices import Category
from surveys.core.filters import Filters
from surveys.core.nps import Split
from surveys.core.periods import Period
from surveys.core.weighting import WeightedSplit, Weights
from surveys.responses.models import Response

MOST_LISTED: Final = 25
MOST_KEPT: Final = 1000  # of those with most at stake, whom a file lists

SILENT, UNREACHED = "silent", "unreached"
VALUED, NEGATIVE, MISSING = "valued", "negative", "missing"

# Backwards the indexes of people's answers and asks lie in these orders: nothing is sorted, and no row is looked up.
_ANSWERS = """
    SELECT DISTINCT ON (r.customer_id) r.customer_id AS person, r.id AS response, r.score
    FROM surveys_response r WHERE {where} AND r.customer_id IS NOT NULL
    ORDER BY r.customer_id DESC, r.responded_at DESC, r.id DESC
"""
_KIND = "CASE WHEN a.score >= 9 THEN 'promoter' WHEN a.score >= 7 THEN 'passive' ELSE 'detractor' END"
_ASKED = """
    SELECT s.person, s.kind FROM (
        SELECT i.customer_id AS person, CASE WHEN bool_and(i.bounced_at IS NOT NULL) THEN 'unreached' ELSE 'silent' END AS kind
        FROM (
            SELECT i.customer_id, i.bounced_at, i.answered_at FROM surveys_invitation i
            WHERE {where} AND i.customer_id IS NOT NULL ORDER BY i.customer_id DESC OFFSET 0
        ) AS i
        GROUP BY 1 HAVING count(i.answered_at) = 0
    ) AS s
    WHERE NOT EXISTS (SELECT FROM answers a WHERE a.person = s.person)
"""
# With + 0 PostgreSQL looks people up by their keys where it takes a young organization for an empty one.
_WORTH = """
    JOIN surveys_customer c ON c.id = person AND c.organization_id = %s + 0
    CROSS JOIN LATERAL (
        SELECT CASE WHEN jsonb_typeof(c.properties -> %s) = 'number' THEN (c.properties ->> %s)::numeric END
    ) AS w(worth)
"""
_STATE = "CASE WHEN worth IS NULL THEN 'missing' WHEN worth < 0 THEN 'negative' ELSE 'valued' END"


@dataclass(frozen=True)
class Revenue:
    """`groups` has sums of worth by kind (a category, "silent", "unreached") and state ("valued", "negative", "missing").

    Kept apart: people whose worth is not known, and whose worth is below 0, cannot weigh. `nobody` are counted responses
    that belong to no customer; `is_asked_known` is False under filters that those who did not answer cannot pass.
    `counted_at` where it was counted before, by a task.
    """

    groups: dict[tuple[str, str], Weights] = field(default_factory=dict)
    nobody: int = 0
    is_asked_known: bool = True
    counted_at: datetime | None = None

    def of(self, kind: str, state: str = VALUED) -> Weights:
        return self.groups.get((kind, state), Weights())

    def together(self, state: str) -> Weights:
        return sum((one for (_kind, found), one in self.groups.items() if found == state), Weights())

    @cached_property
    def weighted(self) -> WeightedSplit:
        return WeightedSplit(*(self.of(category.value) for category in Category))

    @property
    def same_people(self) -> Split:
        """Those who weigh, each counted once."""
        return Split(*(self.of(category.value).count for category in Category))

    @property
    def answered(self) -> Weights:
        return self.weighted.all

    @property
    def everyone(self) -> Weights:
        """Who answered, who did not, and who could not be reached."""
        return self.together(VALUED)

    @property
    def covered(self) -> Fraction | None:
        """How much of the worth of those who were asked or answered belongs to who answered."""
        return self.answered.total / self.everyone.total if self.everyone.total else None


def revenue(organization: Organization, period: Period, filters: Filters, key: str) -> Revenue:
    """Two statements; the people of the period, so time grows with them."""
    answers = counts.conditions(organization, period, filters)
    asked = funnels.conditions(organization, period, filters)
    return Revenue(_groups(organization, answers, asked, key), _of_nobody(answers), asked is not None)


Groups = dict[tuple[str, str], Weights]


def _groups(organization: Organization, answers: Where, asked: Where | None, key: str) -> Groups:
    """With OFFSET 0 people are added up in memory; else PostgreSQL expects as many groups as people, and sorts them."""
    silent = f"UNION ALL {_ASKED.format(where=asked)}" if asked else ""
    statement = f"""
        WITH answers AS MATERIALIZED ({_ANSWERS.format(where=answers)}),
        people AS (SELECT a.person, {_KIND} AS kind FROM answers a {silent}),
        weighed AS (SELECT kind, worth, {_STATE} AS state FROM people {_WORTH} OFFSET 0)
        SELECT kind, state, count(*), coalesce(sum(worth), 0), coalesce(sum(worth * worth), 0)
        FROM weighed GROUP BY 1, 2
    """
    parameters = [*answers.parameters, *(asked.parameters if asked else ()), organization.pk, key, key]
    rows = fetched(statement, parameters)
    return {(kind, state): Weights(count, exact(total), exact(squares)) for kind, state, count, total, squares in rows}


def exact(value: Decimal | int) -> Fraction:
    return Fraction(value)


def _of_nobody(answers: Where) -> int:
    statement = f"SELECT count(*) FROM surveys_response r WHERE {answers} AND r.customer_id IS NULL"
    return int(fetched(statement, answers.parameters)[0][0])


@dataclass(frozen=True)
class AtStake:
    """A detractor and what they are worth; `response` has its customer (with owner) and campaign."""

    response: Response
    worth: Decimal


def most_at_stake(
    organization: Organization, period: Period, filters: Filters, key: str, limit: int = MOST_LISTED
) -> list[AtStake]:
    """Detractors by their latest answer, the most valuable first; two statements."""
    answers = counts.conditions(organization, period, filters)
    return _listed(organization, _stakes(organization, answers, key, limit))


Stake = tuple[int, Decimal]  # the response, and what who gave it is worth


def _stakes(organization: Organization, answers: Where, key: str, limit: int) -> list[Stake]:
    statement = f"""
        WITH answers AS MATERIALIZED ({_ANSWERS.format(where=answers)})
        SELECT a.response, worth FROM answers a {_WORTH}
        WHERE a.score <= 6 AND worth > 0 ORDER BY worth DESC, a.person LIMIT %s
    """
    return [(pk, worth) for pk, worth in fetched(statement, [*answers.parameters, organization.pk, key, key, limit])]


def _listed(organization: Organization, stakes: Sequence[Stake]) -> list[AtStake]:
    """Without those who were erased since they were counted."""
    rows = Response.objects.filter(
        organization=organization, pk__in=[pk for pk, _worth in stakes], customer__isnull=False
    )
    responses = {row.pk: row for row in rows.select_related("customer__owner", "campaign")}
    return [AtStake(responses[pk], worth) for pk, worth in stakes if pk in responses]


# --- of many people


def found(
    organization: Organization, period: Period, filters: Filters, key: str, *, at: datetime, limit: int = MOST_LISTED
) -> tuple[Revenue, list[AtStake]]:
    """Both; of many people as a task has counted them. Raises Unfinished."""
    kept = people.kept(Wanted(organization, scanning.WORTH, filters, key, period), at)
    if kept is None:
        stakes = most_at_stake(organization, period, filters, key, limit)
        return revenue(organization, period, filters, key), stakes
    groups, listed = _read(kept.found)
    answers = counts.conditions(organization, period, filters)
    is_asked_known = funnels.conditions(organization, period, filters) is not None
    whole = Revenue(groups, _of_nobody(answers), is_asked_known, kept.counted_at)
    return whole, _listed(organization, listed[:limit])


def of_slice(wanted: Wanted, slice_: Slice, so_far: dict[str, Any]) -> dict[str, Any]:
    """What was found `so_far`, and these people. Two statements."""
    assert wanted.during
    assert wanted.by
    scope = (wanted.organization, wanted.during, wanted.filters)
    answers, asked = counts.conditions(*scope), funnels.conditions(*scope)
    slice_.narrow(answers, "r")
    if asked:
        slice_.narrow(asked, "i")
    groups, stakes = _read(so_far)
    for place, weights in _groups(wanted.organization, answers, asked, wanted.by).items():
        groups[place] = groups.get(place, Weights()) + weights
    stakes += _stakes(wanted.organization, answers, wanted.by, MOST_KEPT)
    return _written(groups, sorted(stakes, key=lambda stake: -stake[1])[:MOST_KEPT])


def _written(groups: Groups, stakes: Sequence[Stake]) -> dict[str, Any]:
    return {
        "groups": [[*place, one.count, str(one.total), str(one.squares)] for place, one in groups.items()],
        "stakes": [[pk, str(worth)] for pk, worth in stakes],
    }


def _read(written: dict[str, Any]) -> tuple[Groups, list[Stake]]:
    groups = {
        (kind, state): Weights(count, Fraction(total), Fraction(squares))
        for kind, state, count, total, squares in written.get("groups", ())
    }
    return groups, [(pk, Decimal(worth)) for pk, worth in written.get("stakes", ())]
