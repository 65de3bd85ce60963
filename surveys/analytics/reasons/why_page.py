"""The page that says why: themes turned into rows, charts, links, and a table to take away."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.accounts import access
from surveys.analytics import words
from surveys.analytics.pages import AnalyticsPage, Choice
from surveys.analytics.reasons import why_words
from surveys.analytics.reasons.quotes import Quotes, comments_url
from surveys.analytics.reasons.why import THEME, Order, ThemeFigures, Why, why
from surveys.analytics.tables import SCORE_COLUMNS, Asked, Column, Kind, Table, score_cells
from surveys.core import charts
from surveys.core.nps import Split
from surveys.core.periods import Bucket


@dataclass(frozen=True)
class ThemeRow:
    figures: ThemeFigures
    url: str
    comments_url: str
    score: str
    interval: str
    share: str
    gauge: charts.Gauge | None
    rest: why_words.Finding
    growth: why_words.Finding
    moves: str
    line: charts.ScoreLine


@dataclass(frozen=True)
class WhyPage:
    """`quotes` are the newest comments of promoters and of detractors; `unread` comments have no themes yet."""

    page: AnalyticsPage
    why: Why
    quotes: Quotes
    unread: int

    @property
    def counts_only(self) -> bool:
        """Chosen by their scores, comments have no score of their own; how many are about what still says something."""
        return self.page.look.filters.is_on_the_score

    @cached_property
    def order(self) -> Order:
        return order_of(dict(self.page.own).get("sort", ""))

    @property
    def orders(self) -> list[Choice]:
        return [
            Choice(str(order.label), self.page.url(self.page.look, sort=_own(order)), order is self.order)
            for order in Order
        ]

    @cached_property
    def rows(self) -> list[ThemeRow]:
        return [theme_row(self.page, self.why.buckets, found) for found in self.why.ordered(self.order)]

    @cached_property
    def growing(self) -> list[ThemeRow]:
        return [theme_row(self.page, self.why.buckets, found) for found in self.why.growing]

    @property
    def comments(self) -> int:
        return self.why.comments.responses

    @property
    def query(self) -> str:
        """Of the files: what was asked, in the order of the table."""
        return urlencode([*self.page.look.to_pairs(), *self.page.own])

    @property
    def compared(self) -> str:
        return str(self.page.look.compared)


def order_of(text: str) -> Order:
    return Order(text) if text in Order.values else Order.COUNT


def _own(order: Order) -> str | None:
    return None if order is Order.COUNT else order.value


def theme_row(page: AnalyticsPage, buckets: Iterable[Bucket], found: ThemeFigures) -> ThemeRow:
    share, before = found.share.value or 0.0, found.share_before.value or 0.0
    return ThemeRow(
        figures=found,
        url=access.url(page.organization, "analytics:theme", pk=found.theme.pk) + page.query,
        comments_url=comments_url(page, page.look.filters.by_dimension(THEME, str(found.theme.pk))),
        score=words.score(found.split),
        interval=words.interval(found.split),
        share=words.share(found.split.responses, found.comments.responses),
        gauge=charts.gauge(found.split),
        rest=why_words.difference(found.from_the_rest, found.verdict),
        growth=why_words.share_change(share - before, found.share_change, found.share_verdict),
        moves=_moves(found),
        line=charts.score_line(moments(buckets, found.by_bucket)),
    )


def _moves(found: ThemeFigures) -> str:
    if found.moves is None or not found.split.responses:
        return words.NOTHING
    return why_words.one_decimal(found.moves)


def moments(buckets: Iterable[Bucket], splits: Iterable[Split]) -> list[charts.Moment]:
    return [charts.Moment(bucket.label, bucket.title, split) for bucket, split in zip(buckets, splits, strict=True)]


MOST_STANDING_OUT: Final = 5


def standing_out(page: AnalyticsPage) -> list[ThemeRow]:
    """For the overview: themes that are said more than before, or whose comments differ from the others; what moves the
    score most first. Five statements."""
    if page.look.filters.is_on_the_score:
        return []
    found = why(page.organization, page.look.cut_naturally())
    return [theme_row(page, found.buckets, theme) for theme in _standing_out(found)]


def _standing_out(found: Why) -> list[ThemeFigures]:
    return [theme for theme in found.ordered(Order.MOVES) if theme.stands_out][:MOST_STANDING_OUT]


# ── As a table to take away ──────────────────────────────────────────────────────────────────────────────────────────

_COLUMNS: Final = (
    Column(gettext_lazy("Theme")),
    Column(gettext_lazy("Origin")),
    *SCORE_COLUMNS,
    Column(gettext_lazy("Share of the comments"), Kind.SHARE),
    Column(gettext_lazy("Difference from the rest"), Kind.POINTS),
    Column(gettext_lazy("Difference, 95 % from"), Kind.LOW),
    Column(gettext_lazy("Difference, 95 % to"), Kind.HIGH),
    Column(gettext_lazy("Difference is evident"), Kind.YES),
    Column(gettext_lazy("Moves the score by"), Kind.POINTS),
    Column(gettext_lazy("Comments before"), Kind.COUNT),
    Column(gettext_lazy("Share before"), Kind.SHARE),
    Column(gettext_lazy("Change of the share, 95 % from"), Kind.SHARE_LOW),
    Column(gettext_lazy("Change of the share, 95 % to"), Kind.SHARE_HIGH),
    Column(gettext_lazy("Change of the share is evident"), Kind.YES),
)


def tables(asked: Asked) -> list[Table]:
    found = why(asked.organization, asked.look)
    ordered = found.ordered(order_of(asked.query.get("sort", "")))
    return [
        Table("themes", _("Themes of the comments"), _COLUMNS, [_cells(theme) for theme in ordered]),
        Table("standing-out", _("Themes that stand out"), _COLUMNS, [_cells(theme) for theme in _standing_out(found)]),
    ]


def _cells(found: ThemeFigures) -> list[object]:
    rest, share = found.from_the_rest, found.share_change
    return [
        found.theme.name,
        found.theme.get_origin_display(),
        *score_cells(found.split),
        found.share.value,
        rest.points,
        rest.interval.low if rest.interval else None,
        rest.interval.high if rest.interval else None,
        found.verdict == "changed",
        found.moves,
        found.before.responses,
        found.share_before.value,
        share.low if share else None,
        share.high if share else None,
        found.share_verdict == "changed",
    ]
