"""Which pages have tables to take away: one line each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from surveys.analytics.over_time import change_tables
from surveys.analytics.overview import noted_tables, overview_tables
from surveys.analytics.reasons import drivers_page, why_page
from surveys.analytics.segments import segment_tables
from surveys.analytics.tables import Asked, Table


@dataclass(frozen=True)
class Source:
    """`label` is the page's name; `tables` are all it has for what was asked."""

    label: str | Promise
    tables: Callable[[Asked], list[Table]]


SOURCES: Final[dict[str, Source]] = {
    "changes": Source(gettext_lazy("Customers over time"), change_tables.tables),
    "people": Source(gettext_lazy("Customers over time"), change_tables.people_tables),
    "annotations": Source(gettext_lazy("Annotations"), noted_tables.annotation_tables),
    "attention": Source(gettext_lazy("Overview"), noted_tables.attention_table),
    "overview": Source(gettext_lazy("Overview"), overview_tables.tables),
    "segments": Source(gettext_lazy("Segments"), segment_tables.segments),
    "compare": Source(gettext_lazy("Two segments side by side"), segment_tables.compare),
    "answered": Source(gettext_lazy("Who answered"), segment_tables.who_answered),
    "revenue": Source(gettext_lazy("Revenue"), segment_tables.revenue),
    "why": Source(gettext_lazy("Why"), why_page.tables),
    "drivers": Source(gettext_lazy("What goes with the score"), drivers_page.tables),
}


def table(page: str, name: str, asked: Asked) -> Table | None:
    source = SOURCES.get(page)
    if source is None:
        return None
    return next((table for table in source.tables(asked) if table.name == name), None)
