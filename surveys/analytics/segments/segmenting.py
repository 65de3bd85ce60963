"""The segments of a period: who answered, who was asked, what it was before. A fixed number of statements."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from surveys.accounts.models import Organization
from surveys.analytics.counting import funnels, parting, scanning
from surveys.analytics.counting.counts import Cells, Question
from surveys.analytics.counting.funnels import Funnel
from surveys.analytics.counting.parting import Parted
from surveys.analytics.look import Look
from surveys.core.contributions import Contribution, verdicts
from surveys.core.nps import Difference, Split, Verdict
from surveys.core.periods import Bucket, Period, Unit

MOST_BUCKETS: Final = 60
SHORT_DAYS: Final = 14  # a longer period is cut into weeks: few answers fall on one day of one segment
LONG_DAYS: Final = 60  # and a long one into months


@dataclass(frozen=True)
class SegmentFigures:
    """One value of the dimension. `everyone` are the period's responses, whichever segment they are of."""

    value: str
    label: str
    counts: list[int]  # eleven, one per score
    by_bucket: list[Split]
    before: Split
    funnel: Funnel | None
    everyone: Split
    change_verdict: Verdict = Verdict.TOO_FEW
    others_verdict: Verdict = Verdict.TOO_FEW

    @cached_property
    def split(self) -> Split:
        return Split.of_scores(self.counts)

    @property
    def contribution(self) -> Contribution:
        return Contribution(self.split, self.everyone)

    @property
    def change(self) -> Difference:
        return Difference(self.split, self.before)

    @property
    def against_others(self) -> Difference:
        return Difference(self.split, self.contribution.others)


@dataclass(frozen=True)
class Segmented:
    """Verdicts are corrected over all rows, whichever of them the page shows."""

    parted: Parted
    buckets: list[Bucket]
    everyone: list[Split]  # by bucket
    before: Split
    rows: list[SegmentFigures] = field(default_factory=list)

    @cached_property
    def split(self) -> Split:
        return sum(self.everyone, Split())

    @property
    def now_by_value(self) -> dict[str, Split]:
        return {row.value: row.split for row in self.rows}

    @property
    def before_by_value(self) -> dict[str, Split]:
        return {row.value: row.before for row in self.rows}


def unit(look: Look) -> Unit:
    """How the period is cut for segments: as was chosen, unless that makes more pieces than anyone can read; else more
    coarsely than for everyone, for a segment has fewer answers.
    """
    if look.chosen_unit in units(look.period):
        return look.chosen_unit
    days = look.period.days
    return Unit.MONTH if days > LONG_DAYS else Unit.WEEK if days > SHORT_DAYS else Unit.DAY


def units(period: Period) -> list[Unit]:
    lengths = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 28}
    return [found for found in Unit if period.days <= lengths[found] * MOST_BUCKETS or found is Unit.MONTH]


def segmented(organization: Organization, look: Look, parted: Parted) -> Segmented:
    """Three statements; two more where segments overlap, for everyone is not their sum then."""
    buckets = look.period.buckets(unit(look), organization.week_start)
    now, before, asked = scanning.together(
        lambda: parting.scores(_question(organization, look.period, look, buckets, parted.name), parted),
        lambda: parting.scores(_question(organization, look.compared, look, [], parted.name), parted),
        lambda: parting.asked(organization, look.period, look.filters, parted),
    )
    everyone, everyone_before = _everyone(organization, look, buckets, parted, now, before)
    rows = [
        _row(value, parted, len(buckets), now, before, asked, sum(everyone, Split()))
        for value in _values(now, before, asked)
    ]
    return Segmented(parted, buckets, everyone, everyone_before, _judged(rows))


def _question(
    organization: Organization, period: Period, look: Look, buckets: list[Bucket], by: str | None
) -> Question:
    starts = tuple(bucket.first for bucket in buckets)
    return Question(organization, period, look.filters.of_any_score, starts, by)


def _everyone(
    organization: Organization, look: Look, buckets: list[Bucket], parted: Parted, now: Cells, before: Cells
) -> tuple[list[Split], Split]:
    if parted.overlaps:
        now = parting.everyone(_question(organization, look.period, look, buckets, None))
        before = parting.everyone(_question(organization, look.compared, look, [], None))
    return _by_bucket(now.items(), len(buckets)), sum(_by_bucket(before.items(), 1), Split())


def _by_bucket(cells: Iterable[tuple[tuple[int, str], list[int]]], count: int) -> list[Split]:
    found = [Split()] * count
    for (bucket, _value), counts in cells:
        found[bucket] += Split.of_scores(counts)
    return found


def _values(now: Cells, before: Cells, asked: Mapping[str, Funnel] | None) -> list[str]:
    answered = {value for _bucket, value in (*now, *before)}
    return sorted(answered | {value for value, funnel in (asked or {}).items() if funnel.sent})


def _row(
    value: str,
    parted: Parted,
    buckets: int,
    now: Cells,
    before: Cells,
    asked: Mapping[str, Funnel] | None,
    everyone: Split,
) -> SegmentFigures:
    found = [now.get((bucket, value), [0] * 11) for bucket in range(buckets)]
    return SegmentFigures(
        value=value,
        label=parted.value(value),
        counts=[sum(column) for column in zip(*found, strict=True)],
        by_bucket=[Split.of_scores(counts) for counts in found],
        before=Split.of_scores(before.get((0, value), [0] * 11)),
        funnel=None if asked is None else asked.get(value, funnels.Funnel()),
        everyone=everyone,
    )


def _judged(rows: list[SegmentFigures]) -> list[SegmentFigures]:
    changes, others = verdicts(row.change for row in rows), verdicts(row.against_others for row in rows)
    return [_with(row, change, other) for row, change, other in zip(rows, changes, others, strict=True)]


def _with(row: SegmentFigures, change: Verdict, other: Verdict) -> SegmentFigures:
    return SegmentFigures(
        row.value, row.label, row.counts, row.by_bucket, row.before, row.funnel, row.everyone, change, other
    )
