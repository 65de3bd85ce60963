"""Who answered beside who was asked, and the score weighed to those who were asked. A fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from surveys.accounts.models import Organization
from surveys.analytics import parting
from surveys.analytics.counts import Question
from surveys.analytics.funnels import Funnel
from surveys.analytics.look import Look
from surveys.analytics.parting import Parted
from surveys.core.nps import TOO_FEW, Split, Verdict, holm
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
    splits = {value: Split.of_scores(counts) for (_bucket, value), counts in cells.items()}
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
