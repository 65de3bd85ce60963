"""Two segments beside each other as their page shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from surveys.accounts import access
from surveys.accounts.models import Organization
from surveys.analytics import words
from surveys.analytics.choices import Choices
from surveys.analytics.counting import parting
from surveys.analytics.counting.dimensions import Dimension
from surveys.analytics.counting.parting import Parted
from surveys.analytics.look import Look, Pairs
from surveys.analytics.pages import AnalyticsPage, Choice
from surveys.analytics.segments import segment_words
from surveys.analytics.segments import side_by_side as reads
from surveys.analytics.segments.segment_page import told, unit_choices
from surveys.analytics.segments.side_by_side import Side, SideBySide
from surveys.analytics.tables import Asked
from surveys.core import charts
from surveys.core.charts import Reading, Slot
from surveys.core.charts.base import share_text
from surveys.core.choices import Category
from surveys.core.filters import Filters, left_out
from surveys.core.nps import Split, Verdict

OWN: Final = ("l", "r")
MOST_THEMES: Final = 10


@dataclass(frozen=True)
class Option:
    label: str
    query: str
    is_chosen: bool


@dataclass(frozen=True)
class Field:
    """One dimension to choose from, for one side."""

    label: str
    options: list[Option]


@dataclass(frozen=True)
class Column:
    """One side: `name` is its parameter, `label` says its filters."""

    name: str
    label: str
    side: Side
    fields: list[Field]
    carried: list[tuple[str, str]]  # what no field has: how it is said, and its query
    feed_url: str
    overview_url: str
    stacked: charts.StackedSplit
    histogram: charts.Histogram

    @property
    def score(self) -> str:
        return words.score(self.side.split)

    @property
    def interval(self) -> str:
        return words.interval(self.side.split)

    @property
    def gauge(self) -> charts.Gauge | None:
        return charts.gauge(self.side.split)

    @property
    def rate(self) -> str:
        rate = self.side.funnel.response_rate if self.side.funnel else None
        return words.NOTHING if rate is None else share_text(rate)


@dataclass(frozen=True)
class ThemeLine:
    label: str
    cells: list[
        tuple[str, str, str, int, str]
    ]  # of each side: its label, share of its responses, score, responses, address


@dataclass(frozen=True)
class SideBySidePage:
    page: AnalyticsPage
    known: dict[str, list[str]]
    chosen: tuple[list[str], list[str]]
    found: SideBySide

    @classmethod
    def of(cls, page: AnalyticsPage, query: QueryDict, *, sees_hidden: bool, at: datetime) -> Self:
        page, known = told(page, ()), _values(page.organization, page.look, page.choices)
        chosen = _chosen(query, page.choices, known)
        one, other = (
            reads.understood(
                page.organization, page.choices, reads.meant(page.look.filters, texts), sees_hidden=sees_hidden, at=at
            )
            for texts in chosen
        )
        unread = [left_out(name, text, _("filters")) for name in OWN for text in query.getlist(name) if _is_none(text)]
        problems = dict.fromkeys([*unread, *one.problems, *other.problems])
        found = reads.side_by_side(page.organization, page.look, one, other)
        return cls(told(page, problems), known, chosen, found)

    # --- the two

    @property
    def is_empty(self) -> bool:
        return not any(side.split.responses for side in self._sides)

    @cached_property
    def columns(self) -> list[Column]:
        return [
            self._column("l", self.found.one, self.chosen[0]),
            self._column("r", self.found.other, self.chosen[1]),
        ]

    def _column(self, name: str, side: Side, chosen: list[str]) -> Column:
        answers = self._answers(side)
        fields = self._fields(chosen)
        offered = {option.query for field in fields for option in field.options}
        overview = self.page.look.narrowed_to(side.filters).to_query()
        return Column(
            name=name,
            label=label_of(self.page.choices, side.filters),
            side=side,
            fields=fields,
            carried=[(self._carried(text), text) for text in chosen if text and _canonical(text) not in offered],
            feed_url=self.page.feed_url(answers),
            overview_url=f"{access.url(self.page.organization, 'analytics:overview')}?{overview}",
            stacked=charts.stacked_split(side.split, lambda each: self._category_url(answers, each)),
            histogram=charts.histogram(
                side.counts, lambda score: self.page.feed_url(answers.narrowed(scores=(score,)))
            ),
        )

    def _answers(self, side: Side) -> Filters:
        return side.filters.during(*self.page.look.period.ends)

    def _category_url(self, answers: Filters, category: Category) -> str:
        return self.page.feed_url(answers.narrowed(category=category))

    def _carried(self, text: str) -> str:
        """In words; as it stands in addresses where it says nothing here, or is a condition."""
        filters = Filters.from_query(QueryDict(text)).having(self.page.choices.known)
        return label_of(self.page.choices, filters) if filters.is_narrowed and not filters.has_conditions else text

    def _fields(self, chosen: list[str]) -> list[Field]:
        texts = {_canonical(text) for text in chosen}
        return [_field(dimension, self.known, texts) for dimension in _offered(self.page.choices, self.known)]

    # --- the difference

    @property
    def difference(self) -> str:
        points = self.found.comparison.points
        is_sure = self.found.comparison.verdict is Verdict.CHANGED
        return segment_words.with_sign(points) if points is not None and is_sure else words.NOTHING

    @property
    def are_the_same(self) -> bool:
        return self.found.one.filters.to_query() == self.found.other.filters.to_query()

    @property
    def verdict(self) -> str:
        found, one, other = self.found.comparison, self.columns[0].label, self.columns[1].label
        if self.are_the_same:
            return _("Both sides are the same responses, so there is no difference.")
        if found.points is None or found.interval is None:
            return _("Nobody answered on one of the sides, so there is nothing to compare.")
        values = {"one": one, "other": other, "interval": segment_words.between(found.interval)}
        if found.verdict is Verdict.TOO_FEW:
            return _("Too few to be sure: under 30 responses nothing is compared.")
        if found.verdict is Verdict.NO_EVIDENCE:
            return (
                _("No evidence that “%(one)s” and “%(other)s” differ: the difference is %(interval)s points.") % values
            )
        if found.points > 0:
            return (
                _("“%(one)s” scores higher than “%(other)s”: the difference is %(interval)s points (95 %% interval).")
                % values
            )
        return (
            _("“%(one)s” scores lower than “%(other)s”: the difference is %(interval)s points (95 %% interval).")
            % values
        )

    # --- over time, and what they say

    @cached_property
    def chart(self) -> charts.Pair:
        return charts.pair([self._slot(at) for at in range(len(self.found.buckets))], self.verdict)

    def _slot(self, at: int) -> Slot:
        bucket = self.found.buckets[at]
        splits = self.moment(at)
        said = ", ".join(
            f"{column.label}: {words.score(split)}" for column, split in zip(self.columns, splits, strict=True)
        )
        url = self.page.feed_url(self.page.look.filters.during(bucket.first, bucket.last))
        return Slot(bucket.label, f"{bucket.title}: {said}", [_reading(split) for split in splits], url)

    def moment(self, at: int) -> list[Split]:
        return [Split.of_scores(side.by_bucket[at]) for side in (self.found.one, self.found.other)]

    @property
    def moments(self) -> list[tuple[str, list[tuple[str, str, str, Split]]]]:
        return [(bucket.title, self._cells(at)) for at, bucket in enumerate(self.found.buckets)]

    def _cells(self, at: int) -> list[tuple[str, str, str, Split]]:
        said = zip(self.columns, self.moment(at), strict=True)
        return [(column.label, words.score(split), words.interval(split), split) for column, split in said]

    @cached_property
    def themes(self) -> list[ThemeLine]:
        sizes = {value: sum(self._theme(side, value).responses for side in self._sides) for value in self._theme_values}
        ranked = sorted(sizes, key=lambda value: (-sizes[value], value))[:MOST_THEMES]
        name = self.page.choices.dimension("theme").value
        return [
            ThemeLine(name(value), [self._theme_cell(column, value) for column in self.columns]) for value in ranked
        ]

    @property
    def _sides(self) -> tuple[Side, Side]:
        return self.found.one, self.found.other

    @property
    def _theme_values(self) -> set[str]:
        return {value for side in self._sides for value in side.themes}

    def _theme(self, side: Side, value: str) -> Split:
        return side.themes.get(value, Split())

    def _theme_cell(self, column: Column, value: str) -> tuple[str, str, str, int, str]:
        side = column.side
        split = self._theme(side, value)
        url = self.page.feed_url(self._answers(side).by_dimension("theme", value))
        share = words.share(split.responses, side.split.responses)
        return column.label, share, words.score(split), split.responses, url

    # --- choices

    @property
    def hidden(self) -> Pairs:
        return self.page.pairs(self.page.look)

    @property
    def units(self) -> list[Choice]:
        return unit_choices(self.page)

    @property
    def turned_url(self) -> str:
        left, right = self.chosen
        pairs = [*self.hidden, *(("l", text) for text in right), *(("r", text) for text in left)]
        return f"{self.page.address}?{urlencode(pairs)}"

    @property
    def query(self) -> str:
        left, right = self.chosen
        return urlencode([*self.hidden, *(("l", text) for text in left), *(("r", text) for text in right)])


def _canonical(text: str) -> str:
    return Filters.from_query(QueryDict(text)).to_query()


def _is_none(text: str) -> bool:
    """It says something, and no filter."""
    filters = Filters.from_query(QueryDict(text))
    return bool(text) and not filters.is_narrowed and not filters.problems


def _values(organization: Organization, look: Look, choices: Choices) -> dict[str, list[str]]:
    return reads.values(organization, look.period, [dimension.name for dimension in choices.dimensions])


def label_of(choices: Choices, filters: Filters) -> str:
    """What a side is called: its filters."""
    said = [str(label) for label, _rest in choices.chips(filters)]
    campaigns = dict(choices.campaigns)
    if filters.campaign is not None and campaigns.get(filters.campaign, "") not in said:
        said = [campaigns.get(filters.campaign, str(filters.campaign)), *said]
    return " · ".join(said) or _("Everyone")


def understood_sides(asked: Asked) -> list[Filters]:
    """Both sides as everybody may choose them; what was left out is in their problems."""
    chosen = _chosen(asked.query, asked.choices, _values(asked.organization, asked.look, asked.choices))
    meant = [reads.meant(asked.look.filters, texts) for texts in chosen]
    return [reads.understood(asked.organization, asked.choices, each, sees_hidden=False, at=asked.at) for each in meant]


def _chosen(query: QueryDict, choices: Choices, known: dict[str, list[str]]) -> tuple[list[str], list[str]]:
    """As the address says; without a word in it, the two largest segments of the first dimension that has two."""
    given = ([text for text in query.getlist("l") if text], [text for text in query.getlist("r") if text])
    if any(given) or "l" in query or "r" in query:
        return given
    for dimension in choices.dimensions:
        found = [value for value in known[dimension.name] if value][:2]
        if len(found) == 2:
            one, other = (Filters().by_dimension(dimension.name, value).to_query() for value in found)
            return [one], [other]
    return given


def _offered(choices: Choices, known: dict[str, list[str]]) -> list[Dimension]:
    """Dimensions with something to choose."""
    return [found for found in parting.dimensions(choices) if found.names or known.get(found.name)]


def _field(dimension: Dimension, known: dict[str, list[str]], chosen: set[str]) -> Field:
    parted = Parted(dimension.name, dimension.label, dimension.kind, dimension.names)
    values: Iterable[str] = known.get(dimension.name) or dimension.names
    queries = [(parted.value(value), parting.narrowed(Filters(), parted, value).to_query()) for value in values]
    return Field(dimension.label, [Option(label, query, query in chosen) for label, query in queries])


def _reading(split: Split) -> Reading | None:
    if split.score is None or split.interval is None:
        return None
    return Reading(split.score, split.interval, split.is_too_few)
