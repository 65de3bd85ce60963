"""A dashboard as the page shows it: figures turned into charts, words and links to the responses behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Final

from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.analytics import words
from surveys.analytics.look import Look
from surveys.analytics.overview import annotation_words, beginnings
from surveys.analytics.overview.annotation_forms import AnnotationForm
from surveys.analytics.overview.annotation_words import AnnotationRow
from surveys.analytics.overview.annotations import Annotated
from surveys.analytics.overview.attention_words import Item
from surveys.analytics.pages import AnalyticsPage
from surveys.analytics.queries import Beginning, Figures, Segment
from surveys.analytics.segments import segment_words
from surveys.analytics.segments.segment_words import Cell
from surveys.core import charts
from surveys.core.choices import Category
from surveys.core.filters import Filters
from surveys.core.nps import Split
from surveys.core.periods import Bucket
from surveys.responses import queries as responses
from surveys.responses.models import Verdict

STILL_ANSWERED: Final = timedelta(days=7)


@dataclass(frozen=True)
class SegmentRow:
    label: str
    url: str
    narrowing_url: str
    split: Split
    score: str
    interval: str
    share: str
    share_within: str
    gauge: charts.Gauge | None
    change: Cell


@dataclass(frozen=True)
class MomentRow:
    title: str
    url: str
    responses: int
    score: str
    interval: str
    share: str


@dataclass(frozen=True)
class Dashboard:
    page: AnalyticsPage
    figures: Figures
    beginning: Beginning | None = None
    steps: Sequence[beginnings.Step] = ()
    annotated: Sequence[Annotated] = ()
    attention: Sequence[Item] = ()
    form: AnnotationForm | None = None  # for those who may write annotations

    # --- addresses

    @property
    def organization(self) -> Organization:
        return self.page.organization

    @property
    def look(self) -> Look:
        return self.page.look

    def url(self, look: Look) -> str:
        return self.page.url(look)

    def feed_url(self, filters: Filters) -> str:
        return self.page.feed_url(filters)

    @property
    def responses_url(self) -> str:
        return self.feed_url(self.look.answers)

    @property
    def comments_url(self) -> str:
        return self.feed_url(self.look.answers.narrowed(has_comment=True))

    @property
    def settling_url(self) -> str:
        return self._in_state(Verdict.PROVISIONAL)

    @property
    def quarantined_url(self) -> str:
        return self._in_state(Verdict.QUARANTINED)

    @property
    def decided_url(self) -> str:
        return self._in_state(responses.BY_COLLEAGUES)

    def _in_state(self, state: str) -> str:
        return self.feed_url(self.look.answers.narrowed(state=state))

    # --- the score

    @property
    def split(self) -> Split:
        return self.figures.result.split

    @property
    def score(self) -> str:
        return words.score(self.split)

    @property
    def interval(self) -> str:
        return words.interval(self.split)

    @property
    def gauge(self) -> charts.Gauge | None:
        return charts.gauge(self.split)

    @property
    def change(self) -> words.Change:
        return words.change(self.figures.change, self.look.comparison, self.look.compared)

    @cached_property
    def stacked(self) -> charts.StackedSplit:
        return charts.stacked_split(self.split, self._category_url)

    def _category_url(self, category: Category) -> str:
        return self.feed_url(self.look.answers.narrowed(category=category))

    # --- under a filter on the score: how many, and of how many

    @property
    def counts_only(self) -> bool:
        """A score of responses that were chosen by their scores would mean nothing."""
        return self.look.filters.is_on_the_score

    @property
    def chosen_scores(self) -> str:
        return words.chosen_scores(self.look.filters)

    @property
    def among(self) -> int:
        return sum(self.figures.result.among)

    @property
    def share(self) -> str:
        return words.share(self.split.responses, self.among)

    @property
    def among_url(self) -> str:
        return self.feed_url(self.look.answers.of_any_score)

    @cached_property
    def histogram(self) -> charts.Histogram:
        return charts.histogram(self.figures.result.counts, self._score_url)

    def _score_url(self, score: int) -> str:
        return self.feed_url(self.look.answers.narrowed(scores=(score,)))

    # --- the trend

    @cached_property
    def trend(self) -> charts.Trend:
        pieces = zip(self.figures.result.buckets, self.figures.result.by_bucket, strict=True)
        return charts.trend([self._moment(bucket, Split.of_scores(counts)) for bucket, counts in pieces])

    def _moment(self, bucket: Bucket, split: Split) -> charts.Moment:
        url = self.feed_url(self.look.answers.during(bucket.first, bucket.last))
        return charts.Moment(bucket.label, bucket.title, split, url)

    @property
    def flags(self) -> list[charts.Flag]:
        return annotation_words.flags(self.figures.result.buckets, self.annotated)

    @property
    def annotations(self) -> list[AnnotationRow]:
        return annotation_words.rows(self.organization, self.annotated, is_scored=not self.counts_only)

    @property
    def moments(self) -> list[MomentRow]:
        pieces = zip(self.trend.moments, self.figures.result.among, strict=True)
        return [_moment_row(moment, among) for moment, among in pieces]

    # --- segments

    @cached_property
    def segments(self) -> list[SegmentRow]:
        return [self._segment(segment) for segment in self.figures.segments]

    def _segment(self, segment: Segment) -> SegmentRow:
        dimension = self.figures.segmented_by.name
        filters = self.look.answers.by_dimension(dimension, segment.value)
        return SegmentRow(
            label=self.figures.segmented_by.value(segment.value),
            url=self.feed_url(filters),
            narrowing_url=self.url(self.look.narrowed_to(filters.during(None, None))),
            split=segment.split,
            score=words.score(segment.split),
            interval=words.interval(segment.split),
            share=charts.share_text(segment.share),
            share_within=words.share(segment.split.responses, segment.among),
            gauge=charts.gauge(segment.split),
            change=segment_words.change(segment.change, segment.verdict),
        )

    # --- the funnel

    @property
    def response_rate(self) -> str:
        rate = self.figures.funnel.response_rate if self.figures.funnel else None
        return words.NOTHING if rate is None else charts.share_text(rate)

    @property
    def rate(self) -> words.Rates | None:
        found, before = self.figures.funnel, self.figures.funnel_before
        if found is None:
            return None
        is_open = self.may_still_be_answered
        return words.rates(found.rate, before.rate if before else None, self.look.comparison, is_open=is_open)

    @property
    def may_still_be_answered(self) -> bool:
        return self.look.period.last > self.page.today - STILL_ANSWERED

    @property
    def funnel(self) -> charts.Funnel:
        found = self.figures.funnel
        if found is None:
            return charts.funnel([])
        steps = [
            (_("Invited"), found.sent),
            (_("Delivered"), found.delivered),
            (_("Answered"), found.answered),
            (_("Commented"), found.commented),
        ]
        return charts.funnel([(label, count, "") for label, count in steps])

    # --- where there is nothing yet

    @property
    def has_not_begun(self) -> bool:
        return self.look.period.first > self.page.today

    @property
    def shows_beginning(self) -> bool:
        return self.beginning is not None and not self.beginning.has_response and self.page.campaign is None

    @property
    def all_but_segments(self) -> list[tuple[str, str]]:
        return [pair for pair in self.page.pairs(self.look) if pair[0] != "by"]


def _moment_row(moment: charts.Moment, among: int) -> MomentRow:
    split = moment.split
    return MomentRow(
        title=moment.title,
        url=moment.href,
        responses=split.responses,
        score=words.score(split),
        interval=words.interval(split),
        share=words.share(split.responses, among),
    )
