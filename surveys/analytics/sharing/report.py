"""The report: the figures of a look on paper. Each section is one that people choose or leave out."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from surveys.analytics import words
from surveys.analytics.counting.scanning import together
from surveys.analytics.over_time import change_tables
from surveys.analytics.reasons.why import Order, ThemeFigures, why
from surveys.analytics.sharing import sheets
from surveys.analytics.sharing.printed import Printed
from surveys.analytics.sharing.sheets import FigureSheet
from surveys.analytics.tables import Asked, Kind, Table
from surveys.core.charts.base import grouped
from surveys.core.filters import left_out


class Section(models.TextChoices):
    """In the order of the pages."""

    SCORE = "score", gettext_lazy("Score and split")
    TREND = "trend", gettext_lazy("Trend")
    FUNNEL = "funnel", gettext_lazy("Scores given and response rate")
    SEGMENTS = "segments", gettext_lazy("Segments")
    CHANGES = "changes", gettext_lazy("Customers over time")
    THEMES = "themes", gettext_lazy("Themes")
    COMMENTS = "comments", gettext_lazy("Comments")
    METHOD = "method", gettext_lazy("How to read it")


_MOST_THEMES: Final = 12
_CHANGES: Final = ("migration", "steps")


@dataclass(frozen=True)
class ThemeLine:
    name: str
    score: str
    interval: str
    comments: str
    is_too_few: bool


@dataclass(frozen=True)
class Report:
    """`sections` are the chosen ones; all when none was chosen."""

    sheet: FigureSheet
    sections: tuple[Section, ...]
    problems: tuple[str, ...] = ()

    @property
    def asked(self) -> Asked:
        return self.sheet.asked

    @property
    def choices(self) -> list[tuple[Section, bool]]:
        return [(section, section in self.sections) for section in Section]

    @cached_property
    def shown(self) -> set[str]:
        return {section.value for section in self.sections}

    def counted(self) -> Self:
        """With everything read that is shown. Raises Unfinished."""
        together(lambda: self.changes, lambda: self.themes)
        return self

    @cached_property
    def changes(self) -> list[Printed]:
        if Section.CHANGES not in self.sections:
            return []
        found = [table for table in change_tables.tables(self.asked) if table.name in _CHANGES]
        return [Printed.of(table) for table in found if _is_of_anybody(table)]

    @cached_property
    def themes(self) -> list[ThemeLine]:
        if Section.THEMES not in self.sections:
            return []
        found = why(self.asked.organization, self.asked.look).ordered(Order(Order.values[0]))
        return list(_theme_lines(found[:_MOST_THEMES]))


def _is_of_anybody(table: Table) -> bool:
    counts = [at for at, column in enumerate(table.columns) if column.kind is Kind.COUNT]
    return any(row[at] for row in table.rows for at in counts)


def _theme_lines(found: Iterable[ThemeFigures]) -> Iterable[ThemeLine]:
    for theme in found:
        split = theme.split
        yield ThemeLine(
            theme.theme.name, words.score(split), words.interval(split), grouped(split.responses), split.is_too_few
        )


def report(asked: Asked, title: str) -> Report:
    """Raises Unfinished."""
    wanted = [text for text in asked.query.getlist("show") if text]
    sections = tuple(section for section in Section if section.value in wanted) or tuple(Section)
    unknown = [text for text in wanted if text not in Section.values]
    problems = tuple(left_out("show", text, ", ".join(Section.values)) for text in unknown)
    sheet = sheets.sheet(asked, title)
    if Section.TREND in sections:
        sheet = sheets.with_annotations(sheet)
    return Report(sheet, sections, problems)


def without_sections(query: QueryDict) -> str:
    """What the form that chooses sections carries along, and where it leads back to."""
    kept = query.copy()
    for name in ("show", "view"):
        kept.pop(name, None)
    return kept.urlencode()
