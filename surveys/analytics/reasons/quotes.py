"""What promoters and detractors said last, side by side."""

from dataclasses import dataclass
from typing import Final

from surveys.accounts import access
from surveys.analytics import queries
from surveys.analytics.look import Look
from surveys.analytics.pages import AnalyticsPage
from surveys.core.choices import Category
from surveys.core.filters import Filters
from surveys.responses.models import Response

MOST: Final = 4


@dataclass(frozen=True)
class Quotes:
    """Newest first, each with the address of all of them."""

    promoters: list[Response]
    detractors: list[Response]
    promoters_url: str
    detractors_url: str


def quotes(page: AnalyticsPage, look: Look) -> Quotes:
    """Two statements; none where comments or a category are filtered out."""
    of_promoters, of_detractors = _only(look, Category.PROMOTER), _only(look, Category.DETRACTOR)
    return Quotes(
        promoters=_newest(page, of_promoters),
        detractors=_newest(page, of_detractors),
        promoters_url=comments_url(page, of_promoters.filters) if of_promoters else "",
        detractors_url=comments_url(page, of_detractors.filters) if of_detractors else "",
    )


def _only(look: Look, category: Category) -> Look | None:
    if look.filters.category not in (None, category):
        return None
    return look.narrowed_to(look.filters.narrowed(category=category))


def _newest(page: AnalyticsPage, look: Look | None) -> list[Response]:
    return queries.newest_comments(page.organization, look)[:MOST] if look else []


def comments_url(page: AnalyticsPage, filters: Filters) -> str:
    """The page of comments with other filters than this page's."""
    query = page.look.narrowed_to(filters).to_query()
    address = access.url(page.organization, "analytics:comments")
    return f"{address}?{query}" if query else address
