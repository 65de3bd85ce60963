"""Figures where nobody can click: in a mail, on paper, behind a link for others. These are the overview's, those of other
pages are in `page_sheets`.

The same functions as the page's; only the addresses are gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

from surveys.accounts.models import Organization
from surveys.analytics import queries
from surveys.analytics.look import Look
from surveys.analytics.overview.annotations import annotated
from surveys.analytics.overview.dashboard import Dashboard, MomentRow, SegmentRow
from surveys.analytics.pages import AnalyticsPage
from surveys.analytics.sharing import about
from surveys.analytics.tables import Asked
from surveys.analytics.words import Change
from surveys.core.filters import Filters
from surveys.core.periods import local_day
from surveys.responses.models import Response

MOST_SEGMENTS: Final = 5


class UnlinkedPage(AnalyticsPage):
    def url(self, look: Look, **own: str | None) -> str:
        return ""

    def feed_url(self, filters: Filters) -> str:
        return ""


@dataclass(frozen=True)
class Sheet:
    """`title` is the view's name, or the page's."""

    asked: Asked
    title: str

    @property
    def organization(self) -> Organization:
        return self.asked.organization

    @property
    def look(self) -> Look:
        return self.asked.look

    @property
    def made(self) -> str:
        """On the organization's clock, which is named."""
        zone = self.organization.time_zone
        return f"{date_format(self.asked.at.astimezone(ZoneInfo(zone)), 'j M Y, H:i')} ({zone})"

    @property
    def filters(self) -> list[str]:
        return about.in_words(self.asked.choices, self.look.filters)

    @property
    def anonymous_filters(self) -> list[str]:
        """Without what may name people: words that were searched for, and conditions."""
        return about.in_words(self.asked.choices, replace(self.look.filters, words="", where="", meaning=None))

    @property
    def has_hidden_filters(self) -> bool:
        return len(self.anonymous_filters) < len(self.filters)

    @property
    def problems(self) -> list[str]:
        return self.look.left_out


@dataclass(frozen=True)
class FigureSheet(Sheet):
    dashboard: Dashboard

    @property
    def change(self) -> Change:
        return self.dashboard.change

    @cached_property
    def segments(self) -> Sequence[SegmentRow]:
        return self.dashboard.segments

    @property
    def top_segments(self) -> Sequence[SegmentRow]:
        """The largest."""
        return self.segments[:MOST_SEGMENTS]

    @property
    def moments(self) -> Sequence[MomentRow]:
        return self.dashboard.moments

    @property
    def comments(self) -> list[Response]:
        return self.dashboard.figures.newest


def sheet(asked: Asked, title: str) -> FigureSheet:
    today = local_day(asked.at, ZoneInfo(asked.organization.time_zone))
    page = UnlinkedPage(asked.organization, "analytics:overview", title, asked.look, today, asked.choices)
    figures = queries.figures(asked.organization, asked.look, asked.choices.dimensions)
    return FigureSheet(asked, title, Dashboard(page, figures))


def with_annotations(found: FigureSheet) -> FigureSheet:
    """With what was written on the trend."""
    happened = annotated(found.organization, found.look, found.dashboard.page.today)
    return replace(found, dashboard=replace(found.dashboard, annotated=happened))
