"""Who answered beside who was asked, and the score weighed to those who were asked. A fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from functools import cached_property
from typing import Final

from surveys.accounts.models import Organization
from surveys.analytics.counting import counts, parting
from surveys.analytics.counting.counts import Question
from surveys.analytics.counting.funnels import Funnel
from surveys.analytics.counting.parting import Parted
from surveys.analytics.look import Look
from surveys.core.nps import TOO_FEW, Difference, Split, Verdict, holm
from surveys.core.proportions import Range, Rate, difference, p_value
from surveys.core.standardizing import Standardized, Stratum, standardized


@dataclass(frozen=True)
class Represented:
    """One segment. `everyone` are the asks of all; `split` are the responses of the period, whenever they were asked for."""

    value: str
    label: str
    funnel: Funnel
    split: Split
    everyone: Funnel
    verdict: Verdict = Verdict.TOO_FEW

    @property
    def reached(self) -> Rate:
        """Of those asked in the period, who answered."""
        return Rate(self.funnel.answered, self.funnel.sent)

    @property
    def others(self) -> Rate:
        return Rate(self.everyone.answered - self.funnel.answered, self.everyone.sent - self.funnel.sent)

    @property
    def response_rate(self) -> Rate:
        """Of those delivered: the response rate of everywhere."""
        return Rate(min(self.funnel.answered, self.funnel.delivered), self.funnel.delivered)

    @property
    def difference(self) -> Range | None:
        return difference(self.reached, self.others)

    @property
    def share_of_asked(self) -> Fraction:
        return Fraction(self.funnel.sent, self.everyone.sent or 1)

    @property
    def share_of_answers(self) -> Fraction:
        return Fraction(self.funnel.answered, self.everyone.answered or 1)

    @property
    def is_too_few(self) -> bool:
        return min(self.reached.of, self.others.of) < TOO_FEW


@dataclass(frozen=True)
class Answered:
    """`rows` is None where it makes no sense: under a filter on the answer, or by what only answers have."""

    parted: Parted
    split: Split
    rows: Sequence[Represented] | None = None
    funnel: Funnel = field(default_factory=Funnel)

    @cached_property
    def weighed(self) -> Standardized:
        """The score of the period's responses, each segment by its share of those asked."""
        return standardized({row.value: Stratum(row.funnel.sent, row.split) for row in self.rows or ()})

    @property
    def unasked(self) -> int:
        """Responses of segments that nobody was asked of in the period: they weigh nothing."""
        return sum(row.split.responses for row in self.rows or () if not row.funnel.sent)


def answered(organization: Organization, look: Look, parted: Parted) -> Answered:
    """Two statements."""
    cells = parting.scores(Question(organization, look.period, look.filters, by=parted.name), parted)
    splits = {value: Split.of_scores(found) for (_bucket, value), found in cells.items()}
    everyone = sum(splits.values(), Split())
    asked = parting.asked(organization, look.period, look.filters, parted)
    if asked is None:
        return Answered(parted, everyone)
    total = together(list(asked.values()))
    values = sorted({*splits, *(value for value, funnel in asked.items() if funnel.sent)})
    rows = [
        Represented(value, parted.value(value), asked.get(value, Funnel()), splits.get(value, Split()), total)
        for value in values
    ]
    return Answered(parted, everyone, _judged(rows), total)


def together(funnels: Sequence[Funnel]) -> Funnel:
    return Funnel(
        sum(one.sent for one in funnels),
        sum(one.bounced for one in funnels),
        sum(one.answered for one in funnels),
        sum(one.commented for one in funnels),
        sum(one.unsubscribed for one in funnels),
    )


def _judged(rows: list[Represented]) -> list[Represented]:
    """Over- or under-represented: its share of the asked who answered differs from that of all others (Holm)."""
    enough = [row for row in rows if not row.is_too_few]
    significant = dict(
        zip((row.value for row in enough), holm(p_value(row.reached, row.others) for row in enough), strict=True)
    )
    return [_with(row, significant.get(row.value)) for row in rows]


def _with(row: Represented, is_significant: bool | None) -> Represented:
    verdict = {None: Verdict.TOO_FEW, True: Verdict.CHANGED, False: Verdict.NO_EVIDENCE}[is_significant]
    return Represented(row.value, row.label, row.funnel, row.split, row.everyone, verdict)


# ── Early and late ───────────────────────────────────────────────────────────────────────────────────────────────────

MOST_TIMED: Final = 5000  # of the newest responses: enough to tell, and as quick at any size


@dataclass(frozen=True)
class Haste:
    """The quicker and the slower half of those who answered an ask, and after how long the slower half begins."""

    early: Split
    late: Split
    after: timedelta

    @property
    def difference(self) -> Difference:
        return Difference(self.late, self.early)


# The newest first, then their asks: otherwise PostgreSQL joins all of the period, and asks for the middle row by row.
_TIMED = """
    WITH newest AS MATERIALIZED (
        SELECT r.organization_id, r.invitation_id, r.score, r.responded_at
        FROM surveys_response r WHERE {where} AND r.invitation_id IS NOT NULL AND r.responded_at BETWEEN %s AND %s
        ORDER BY r.responded_at DESC, r.id DESC LIMIT %s
    ), timed AS MATERIALIZED (
        SELECT n.score, n.responded_at - i.sent_at AS waited
        FROM newest n JOIN surveys_invitation i ON i.id = n.invitation_id AND i.organization_id = n.organization_id + 0
        WHERE i.sent_at <= n.responded_at
    ), middle AS MATERIALIZED (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) AS waited FROM timed)
    SELECT t.waited > m.waited, t.score, count(*), m.waited FROM timed t, middle m GROUP BY 1, 2, 4
"""


def haste(organization: Organization, look: Look) -> Haste | None:
    """Of the newest responses of the period to asks; None without any. One statement."""
    where = counts.conditions(organization, look.period, look.filters)
    rows = counts.fetched(_TIMED.format(where=where), [*where.parameters, *counts.around(look.period), MOST_TIMED])
    halves = {True: [0] * 11, False: [0] * 11}
    for is_late, score, count, _middle in rows:
        halves[is_late][score] += count
    return Haste(Split.of_scores(halves[False]), Split.of_scores(halves[True]), rows[0][3]) if rows else None
