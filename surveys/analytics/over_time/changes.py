"""The same people in two periods: who moved where, and what of a change of the score is theirs.

Of each person the last counted answer of a period says where they stood in it: last by the time it was given, as on the
customer's record. Filters choose the answers of both periods; one on the score looks at the later answer alone, for who was
chosen by their score cannot have moved away from it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from surveys.accounts.models import Organization
from surveys.analytics.counting import counts
from surveys.analytics.counting.counts import Question, fetched
from surveys.analytics.look import Look
from surveys.core import nps
from surveys.core.migration import Migration
from surveys.core.nps import Split
from surveys.core.periods import Period
from surveys.core.turnover import Turnover

# Backwards the index of people's answers lies in this order: nothing is sorted, however many there are.
_LAST: Final = """
    SELECT DISTINCT ON (r.customer_id) r.customer_id, r.score FROM surveys_response r
    WHERE {} AND r.customer_id IS NOT NULL ORDER BY r.customer_id DESC, r.responded_at DESC, r.id DESC
"""
_NOBODYS: Final = (
    "SELECT r.score, count(*) AS people FROM surveys_response r WHERE {} AND r.customer_id IS NULL GROUP BY 1"
)

Score = int | None
Row = tuple[Score, Score, int]  # before, now, people


@dataclass(frozen=True)
class Changes:
    """`turnover` is of every score, `migration` of those whose later score passes the filters."""

    look: Look
    turnover: Turnover

    @cached_property
    def migration(self) -> Migration:
        return self.turnover.stayed.ending_in(self.look.filters.allowed_scores)


def changes(organization: Organization, look: Look) -> Changes:
    """Three statements, two of them from rollups where these know."""
    before, now = (_every_answer(organization, period, look) for period in (look.compared, look.period))
    rows = _people(organization, look)
    stayed = {(was, is_now): people for was, is_now, people in rows if was is not None and is_now is not None}
    left = _split((was, people) for was, is_now, people in rows if is_now is None)
    came = _split((is_now, people) for was, is_now, people in rows if was is None)
    return Changes(look, Turnover(Migration.of_pairs(stayed), left, came, before, now))


def _every_answer(organization: Organization, period: Period, look: Look) -> Split:
    cells = counts.scores(Question(organization, period, look.filters.of_any_score))
    return Split.of_scores(cells.get((0, ""), [0] * 11))


def _people(organization: Organization, look: Look) -> list[Row]:
    """How many went from which score to which; None where they did not answer. Answers of nobody known are each a person."""
    filters = look.filters.of_any_score
    before = counts.conditions(organization, look.compared, filters)
    now = counts.conditions(organization, look.period, filters)
    statement = f"""
        WITH before AS ({_LAST.format(before)}), later AS ({_LAST.format(now)})
        SELECT b.score, n.score, count(*) FROM before b FULL JOIN later n USING (customer_id) GROUP BY 1, 2
        UNION ALL SELECT score, NULL, people FROM ({_NOBODYS.format(before)}) AS nobodys
        UNION ALL SELECT NULL, score, people FROM ({_NOBODYS.format(now)}) AS nobodys
    """
    return fetched(statement, [*before.parameters, *now.parameters] * 2)


def _split(found: Iterable[tuple[Score, int]]) -> Split:
    scores = [0] * len(nps.SCALE)
    for score, people in found:
        if score is not None:
            scores[score] += people
    return Split.of_scores(scores)
