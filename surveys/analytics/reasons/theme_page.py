"""One theme as a page shows it: its score, its share, how both went, and what promoters and detractors say about it."""

from dataclasses import dataclass
from functools import cached_property

from surveys.analytics import words
from surveys.analytics.pages import AnalyticsPage
from surveys.analytics.reasons.quotes import Quotes, comments_url
from surveys.analytics.reasons.why import THEME, ThemeFigures, Why
from surveys.analytics.reasons.why_page import ThemeRow, moments, theme_row
from surveys.comments.models import Theme
from surveys.core import charts
from surveys.core.nps import Split
from surveys.core.periods import Bucket


@dataclass(frozen=True)
class ThemeMoment:
    title: str
    url: str
    comments: int
    score: str
    interval: str


@dataclass(frozen=True)
class ThemePage:
    """`figures` is None where nobody mentioned it, in this period or the one before; or where it is switched off."""

    page: AnalyticsPage
    theme: Theme
    why: Why
    quotes: Quotes

    @cached_property
    def figures(self) -> ThemeFigures | None:
        return self.why.of_theme(self.theme.pk)

    @cached_property
    def row(self) -> ThemeRow | None:
        return theme_row(self.page, self.why.buckets, self.figures) if self.figures else None

    @property
    def counts_only(self) -> bool:
        return self.page.look.filters.is_on_the_score

    @property
    def change(self) -> words.Change | None:
        """Of its score since the period before."""
        if self.figures is None:
            return None
        return words.change(self.figures.change, self.page.look.comparison, self.page.look.compared)

    @property
    def trend(self) -> charts.Trend:
        return charts.trend(moments(self.why.buckets, self._by_bucket))

    @property
    def _by_bucket(self) -> list[Split]:
        return self.figures.by_bucket if self.figures else [Split() for _bucket in self.why.buckets]

    @property
    def moments(self) -> list[ThemeMoment]:
        return [self._moment(bucket, split) for bucket, split in zip(self.why.buckets, self._by_bucket, strict=True)]

    def _moment(self, bucket: Bucket, split: Split) -> ThemeMoment:
        about = self.page.look.filters.by_dimension(THEME, str(self.theme.pk)).during(bucket.first, bucket.last)
        return ThemeMoment(
            bucket.title, self.page.feed_url(about), split.responses, words.score(split), words.interval(split)
        )

    @property
    def trend_query(self) -> str:
        """With which the overview's trend is that of the theme."""
        look = self.page.look
        return look.narrowed_to(look.filters.by_dimension(THEME, str(self.theme.pk))).to_query()

    @property
    def comments_url(self) -> str:
        return comments_url(self.page, self.page.look.filters.by_dimension(THEME, str(self.theme.pk)))
