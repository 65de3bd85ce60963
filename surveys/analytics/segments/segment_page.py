"""The segments of a period as their page shows them: a table, a heat map, and what moved the score."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Final, Self
from urllib.parse import urlencode

from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.accounts import access
from surveys.analytics import words
from surveys.analytics.counting import parting
from surveys.analytics.counting.dimensions import Dimension
from surveys.analytics.counting.funnels import Funnel
from surveys.analytics.look import Look, Pairs
from surveys.analytics.pages import AnalyticsPage, Choice
from surveys.analytics.segments import segment_words
from surveys.analytics.segments.heat import HeatMap, heat_map
from surveys.analytics.segments.mix import Mix
from surveys.analytics.segments.segment_words import Cell
from surveys.analytics.segments.segmenting import Segmented, SegmentFigures, segmented, unit, units
from surveys.core import charts
from surveys.core.charts.base import grouped
from surveys.core.filters import Filters, left_out
from surveys.core.nps import Split
from surveys.core.proportions import Rate

SHOWN: Final = 12
OWN: Final = ("per", "sort", "find", "rows")


class Sort(models.TextChoices):
    MOVE = "move", gettext_lazy("Effect")
    SCORE = "score", gettext_lazy("Score")
    SIZE = "size", gettext_lazy("Size")
    CHANGE = "change", gettext_lazy("Change")
    NAME = "name", gettext_lazy("Name")


@dataclass(frozen=True)
class Wish:
    """What of the address only this page understands."""

    per: Dimension
    sort: Sort = Sort.MOVE
    find: str = ""
    shows_all: bool = False
    problems: tuple[str, ...] = ()

    @classmethod
    def of(cls, query: QueryDict, look: Look, dimensions: Sequence[Dimension]) -> Self:
        known = {dimension.name: dimension for dimension in dimensions}
        per, sort = query.get("per") or "", query.get("sort") or Sort.MOVE.value
        problems = [left_out("per", per, ", ".join(known))] if per and per not in known else []
        problems += [left_out("sort", sort, ", ".join(Sort.values))] if sort not in Sort.values else []
        return cls(
            per=known.get(per) or known.get(look.by or "") or dimensions[0],
            sort=Sort(sort) if sort in Sort.values else Sort.MOVE,
            find=query.get("find", "").strip()[:100],
            shows_all=query.get("rows") == "all",
            problems=tuple(problems),
        )


@dataclass(frozen=True)
class Line:
    """One segment as its row says it."""

    figures: SegmentFigures
    label: str
    feed_url: str
    overview_url: str
    compare_url: str
    score: str
    interval: str
    gauge: charts.Gauge | None
    share: str
    rate: str
    asked: str
    change: Cell
    others: Cell
    move: str
    overall: str
    sentence: str

    @property
    def split(self) -> Split:
        return self.figures.split


@dataclass(frozen=True)
class Rest:
    """The segments that are not shown, together."""

    label: str
    score: str
    interval: str
    split: Split
    share: str


@dataclass(frozen=True)
class SegmentsPage:
    page: AnalyticsPage
    wish: Wish
    found: Segmented

    @classmethod
    def of(cls, page: AnalyticsPage, query: QueryDict, at: datetime) -> Self:
        wish = Wish.of(query, page.look, parting.dimensions(page.choices))
        parted = parting.parted(page.organization, wish.per, at)
        return cls(told(page, wish.problems), wish, segmented(page.organization, page.look, parted))

    # --- what is shown

    @cached_property
    def rows(self) -> list[SegmentFigures]:
        """All, in the order that was asked for."""
        return sorted(self.found.rows, key=lambda row: (*order(row, self.wish.sort), row.label.casefold()))

    @cached_property
    def shown(self) -> list[SegmentFigures]:
        if self.wish.find:
            return [row for row in self.rows if self.wish.find.casefold() in row.label.casefold()]
        return self.rows if self.wish.shows_all else self.rows[:SHOWN]

    @cached_property
    def lines(self) -> list[Line]:
        return [self._line(row) for row in self.shown]

    @property
    def is_empty(self) -> bool:
        return not any(row.split.responses or (row.funnel and row.funnel.sent) for row in self.found.rows)

    @property
    def has_asked(self) -> bool:
        return any(row.funnel is not None for row in self.found.rows)

    @property
    def is_long(self) -> bool:
        return len(self.rows) > SHOWN

    @property
    def first_sentence(self) -> str:
        return next((line.sentence for line in self.lines if line.sentence), "")

    @property
    def sentences(self) -> list[str]:
        return [line.sentence for line in self.lines if line.sentence]

    @cached_property
    def rest(self) -> Rest | None:
        shown = {row.value for row in self.shown}
        hidden = [row for row in self.rows if row.value not in shown]
        if not hidden or self.found.parted.overlaps:
            return None
        split = sum((row.split for row in hidden), Split())
        return Rest(
            ngettext("The other %(count)s", "The other %(count)s together", len(hidden)) % {"count": len(hidden)},
            words.score(split),
            words.interval(split),
            split,
            words.share(split.responses, self.found.split.responses),
        )

    @property
    def score(self) -> str:
        return words.score(self.found.split)

    @property
    def interval(self) -> str:
        return words.interval(self.found.split)

    @cached_property
    def heat(self) -> HeatMap:
        return heat_map(self.shown, self.found.buckets, self._cell_url)

    def _cell_url(self, row: SegmentFigures, index: int) -> str:
        bucket = self.found.buckets[index]
        return self.page.feed_url(self._filters(row).during(bucket.first, bucket.last))

    @cached_property
    def mix(self) -> Mix | None:
        """None where segments overlap: there is no mix of them then."""
        return None if self.found.parted.overlaps else Mix(self.page, self.found)

    # --- rows

    def _filters(self, row: SegmentFigures) -> Filters:
        return parting.narrowed(self.page.look.answers, self.found.parted, row.value)

    def _line(self, row: SegmentFigures) -> Line:
        contribution, filters = row.contribution, self._filters(row)
        return Line(
            figures=row,
            label=row.label,
            feed_url=self.page.feed_url(filters),
            overview_url=self._overview(filters),
            compare_url=self._compare(row),
            score=words.score(row.split),
            interval=words.interval(row.split),
            gauge=charts.gauge(row.split),
            share=words.share(row.split.responses, row.everyone.responses),
            rate=_rate(row.funnel),
            asked=_asked(row.funnel),
            change=segment_words.change(row.change, row.change_verdict),
            others=segment_words.against_others(row.against_others, row.others_verdict),
            move=words.NOTHING if contribution.move is None else segment_words.fine(contribution.move),
            overall="" if contribution.like_the_others is None else words.score(contribution.others),
            sentence=segment_words.contribution(row.label, contribution),
        )

    def _compare(self, row: SegmentFigures) -> str:
        """Beside everyone: the other side is chosen there."""
        one = parting.narrowed(Filters(), self.found.parted, row.value).to_query()
        pairs = [*self.page.pairs(self.page.look), ("l", one), ("r", "")]
        return f"{access.url(self.page.organization, 'analytics:compare')}?{urlencode(pairs)}"

    @property
    def compare_url(self) -> str:
        """The first two rows."""
        rows = (self.shown or self.rows)[:2]
        sides = zip(("l", "r"), rows, strict=False)
        chosen = [(name, parting.narrowed(Filters(), self.found.parted, row.value).to_query()) for name, row in sides]
        query = urlencode([*self.page.pairs(self.page.look), *chosen])
        return f"{access.url(self.page.organization, 'analytics:compare')}?{query}"

    def _overview(self, filters: Filters) -> str:
        look = self.page.look.narrowed_to(filters.during(None, None))
        return f"{access.url(self.page.organization, 'analytics:overview')}?{look.to_query()}"

    # --- choices

    @property
    def dimensions(self) -> list[Dimension]:
        return parting.dimensions(self.page.choices)

    @property
    def sorts(self) -> list[Choice]:
        return [
            Choice(str(sort.label), self.url(sort=None if sort is Sort.MOVE else sort.value), sort is self.wish.sort)
            for sort in Sort
        ]

    @property
    def units(self) -> list[Choice]:
        return unit_choices(self.page)

    @property
    def all_url(self) -> str:
        return self.url(rows=None if self.wish.shows_all else "all", find=None)

    def url(self, **own: str | None) -> str:
        return self.page.url(self.page.look, **own)

    @property
    def query(self) -> str:
        """What the files of this page are asked with."""
        return urlencode(self._pairs_without())

    @property
    def all_but_dimension(self) -> Pairs:
        return self._pairs_without("per", "find", "rows", "by")

    @property
    def all_but_find(self) -> Pairs:
        return self._pairs_without("find", "rows")

    def _pairs_without(self, *names: str) -> Pairs:
        found = [*self.page.pairs(self.page.look), *self.page.own]
        return [pair for pair in found if pair[0] not in names]


def told(page: AnalyticsPage, problems: Iterable[str]) -> AnalyticsPage:
    """The page with what was not understood; a filter on the score is not followed where scores are compared."""
    said = [*page.look.problems, *problems]
    if page.look.filters.is_on_the_score:
        said.append(_("The filter on the score was left out: a score of responses chosen by their score says nothing."))
    look = page.look.narrowed_to(page.look.filters.of_any_score)
    return replace(page, look=replace(look, problems=tuple(said)))


def unit_choices(page: AnalyticsPage) -> list[Choice]:
    """How the period can be cut for segments."""
    return [
        Choice(str(each.label), page.url(page.look.cut_by(each)), each is unit(page.look))
        for each in units(page.look.period)
    ]


def order(row: SegmentFigures, sort: Sort) -> Sequence[float]:
    """Those without the figure last."""
    figure = {
        Sort.MOVE: None if row.contribution.move is None else -abs(row.contribution.move),
        Sort.SCORE: None if row.split.score is None else -row.split.score,
        Sort.SIZE: -row.split.responses,
        Sort.CHANGE: None if row.change.points is None else -abs(row.change.points),
        Sort.NAME: 0,
    }[sort]
    return (1, 0) if figure is None else (0, float(figure))


def _rate(funnel: Funnel | None) -> str:
    rate = funnel.response_rate if funnel else None
    return words.NOTHING if rate is None else charts.share_text(rate)


def _asked(funnel: Funnel | None) -> str:
    """How sure the rate is, and of how many it is."""
    if funnel is None or not funnel.sent:
        return ""
    found = Rate(min(funnel.answered, funnel.delivered), funnel.delivered).range
    values = {
        "delivered": grouped(funnel.delivered),
        "invited": grouped(funnel.sent),
        "low": charts.share_text(found.low) if found else words.NOTHING,
        "high": charts.share_text(found.high) if found else words.NOTHING,
    }
    if funnel.delivered == funnel.sent:
        return _("%(low)s to %(high)s, of %(delivered)s delivered") % values
    return _("%(low)s to %(high)s, of %(delivered)s delivered, %(invited)s invited") % values
