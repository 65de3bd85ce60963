"""A dashboard as the page shows it: figures turned into charts, words and links to the responses behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils.translation import gettext as _

from surveys.accounts import access
from surveys.accounts.models import Organization
from surveys.analytics import beginnings, words
from surveys.analytics.dimensions import Dimension
from surveys.analytics.look import Look
from surveys.analytics.queries import Beginning, Figures, Segment
from surveys.campaigns.models import Campaign
from surveys.core import charts
from surveys.core.choices import Category
from surveys.core.filters import Filters, left_out
from surveys.core.nps import Split, plural
from surveys.core.periods import Bucket, Comparison, Period, Preset
from surveys.responses import queries as responses
from surveys.responses.models import Verdict


@dataclass(frozen=True)
class Choice:
    label: str
    url: str
    is_current: bool = False


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
    """`campaign` is set on the results page of one campaign."""

    organization: Organization
    look: Look
    figures: Figures
    today: date
    campaign: Campaign | None = None
    beginning: Beginning | None = None
    steps: Sequence[beginnings.Step] = ()

    # --- addresses

    @cached_property
    def address(self) -> str:
        if self.campaign:
            return access.url(self.organization, "analytics:campaign", pk=self.campaign.pk)
        return access.url(self.organization, "analytics:overview")

    @cached_property
    def _feed(self) -> str:
        return access.url(self.organization, "responses:feed")

    def url(self, look: Look) -> str:
        query = look.narrowed_to(look.filters.narrowed(campaign=None)).to_query() if self.campaign else look.to_query()
        return f"{self.address}?{query}" if query else self.address

    @property
    def canonical_url(self) -> str:
        return self.url(self.look)

    def feed_url(self, filters: Filters) -> str:
        return f"{self._feed}?{filters.to_query()}"

    @property
    def responses_url(self) -> str:
        return self.feed_url(self.look.answers)

    @property
    def widest_url(self) -> str:
        """Without filters, over the longest preset."""
        return self.url(Look(Period.ending(self.today, Preset.YEAR), Filters()))

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
        """Of the campaign and the days; other filters do not narrow what is in doubt."""
        of_campaign = Filters(campaign=self.look.filters.campaign, state=state)
        return self.feed_url(of_campaign.during(self.look.period.first, self.look.period.last))

    @property
    def problems(self) -> list[str]:
        """What of the address was not understood."""
        problems, wanted = [*self.look.filters.problems, *self.look.problems], self.look.by
        if wanted in (None, self.figures.segmented_by.name):
            return problems
        expected = ", ".join(dimension.name for dimension in self.figures.dimensions)
        return [*problems, left_out("by", str(wanted), expected)]

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
        )

    # --- the funnel

    @property
    def response_rate(self) -> str:
        rate = self.figures.funnel.response_rate if self.figures.funnel else None
        return words.NOTHING if rate is None else charts.share_text(rate)

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
        return self.look.period.first > self.today

    @property
    def shows_beginning(self) -> bool:
        return self.beginning is not None and not self.beginning.has_response and self.campaign is None

    # --- choices

    @property
    def presets(self) -> list[Choice]:
        return [
            Choice(
                str(preset.label),
                self.url(self.look.during(Period.ending(self.today, preset))),
                self.look.period.preset is preset,
            )
            for preset in Preset
        ]

    @property
    def units(self) -> list[Choice]:
        return [
            Choice(str(unit.label), self.url(self.look.cut_by(unit)), unit is self.look.unit)
            for unit in self.look.period.units()
        ]

    @property
    def comparisons(self) -> list[tuple[str, str]]:
        return [(comparison.value, str(comparison.label)) for comparison in Comparison]

    @property
    def categories(self) -> list[tuple[str, str]]:
        return [(category.value, plural(category)) for category in Category]

    @property
    def active(self) -> list[Choice]:
        """Filters in force that have no field of their own in the form; the address of each is without it."""
        found = words.chips(self.look.filters, self._dimension)
        return [Choice(label, self.url(self.look.narrowed_to(without))) for label, without in found]

    def _dimension(self, name: str) -> Dimension:
        return next(dimension for dimension in self.figures.dimensions if dimension.name == name)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the form must carry along: everything it has no field for."""
        own = {"period", "from", "to", "campaign", "compare", "category", "has_comment"}
        return [(name, value) for name, value in self.look.to_pairs() if name not in own]

    @property
    def is_more_chosen(self) -> bool:
        """Something that the form beside the presets says is in force."""
        filters = self.look.filters
        own_campaign = None if self.campaign else filters.campaign
        chosen = (own_campaign, filters.category, filters.has_comment, self.look.period.preset is None or None)
        return self.look.comparison is not Comparison.PREVIOUS or any(value is not None for value in chosen)

    @property
    def all_but_segments(self) -> list[tuple[str, str]]:
        own = {"by", "campaign"} if self.campaign else {"by"}
        return [(name, value) for name, value in self.look.to_pairs() if name not in own]


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
