"""The overview's figures where nobody can click: in a mail, on paper, behind a link for others.

The same functions as the page's; only the addresses are gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from surveys.accounts.models import Organization, SavedView
from surveys.analytics import queries
from surveys.analytics.look import Look
from surveys.analytics.overview.dashboard import Dashboard, MomentRow, SegmentRow
from surveys.analytics.pages import AnalyticsPage
from surveys.analytics.sharing import about, asking
from surveys.analytics.tables import Asked
from surveys.analytics.words import Change
from surveys.core.filters import Filters
from surveys.core.periods import local_day
from surveys.responses.models import Response

MOST_SEGMENTS: Final = 5


class _Unlinked(AnalyticsPage):
    def url(self, look: Look, **own: str | None) -> str:
        return ""

    def feed_url(self, filters: Filters) -> str:
        return ""


@dataclass(frozen=True)
class FigureSheet:
    """`title` is the view's name, or the page's."""

    asked: Asked
    title: str
    dashboard: Dashboard

    @property
    def organization(self) -> Organization:
        return self.asked.organization

    @property
    def look(self) -> Look:
        return self.asked.look

    @property
    def made(self) -> datetime:
        return self.asked.at.astimezone(ZoneInfo(self.organization.time_zone))

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

    @property
    def problems(self) -> list[str]:
        return self.look.left_out


def sheet(asked: Asked, title: str) -> FigureSheet:
    today = local_day(asked.at, ZoneInfo(asked.organization.time_zone))
    page = _Unlinked(asked.organization, "analytics:overview", title, asked.look, today, asked.choices)
    figures = queries.figures(asked.organization, asked.look, asked.choices.dimensions)
    return FigureSheet(asked, title, Dashboard(page, figures))


def of_view(
    organization: Organization, view: SavedView | None, title: str, *, at: datetime, sees_hidden: bool
) -> FigureSheet:
    """What the view shows at `at`; None is the overview as it opens. Raises MeansNothing."""
    asked = asking.kept(organization, view.query if view else "", at=at, sees_hidden=sees_hidden)
    return sheet(asked, view.name if view else title)
