"""Drivers as a page shows them, and as a table to take away."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.analytics import words
from surveys.analytics.pages import AnalyticsPage
from surveys.analytics.reasons import why_words
from surveys.analytics.reasons.driver_factors import Factor, Level
from surveys.analytics.reasons.drivers import THEME, Driver, Drivers, drivers
from surveys.analytics.tables import SCORE_COLUMNS, Asked, Column, Kind, Table, score_cells
from surveys.core import charts
from surveys.core.nps import Verdict


@dataclass(frozen=True)
class DriverRow:
    """`against` says what it is compared with."""

    label: str
    against: str
    responses: int
    url: str
    raw: str
    finding: why_words.Finding
    gauge: charts.DifferenceGauge
    twin: str


@dataclass(frozen=True)
class DriversPage:
    page: AnalyticsPage
    found: Drivers

    @cached_property
    def rows(self) -> list[DriverRow]:
        return [self._row(driver) for driver in self.found.drivers]

    @cached_property
    def limit(self) -> int:
        """Of the scale: wide enough for every interval, and no wider than that, in steps of 50 points."""
        ends = (max(-driver.effect.interval.low, driver.effect.interval.high) for driver in self.found.drivers)
        return min(200, max(50, 50 * ceil(max(ends, default=0) / 50)))

    def _row(self, driver: Driver) -> DriverRow:
        level, effect = driver.level, driver.effect
        points = driver.raw.points
        return DriverRow(
            label=said(level),
            against=against(level),
            responses=level.split.responses,
            url=self._url(level),
            raw=words.NOTHING if points is None else why_words.with_sign(points),
            finding=why_words.effect(effect.points, effect.interval, driver.verdict),
            gauge=charts.difference_gauge(effect.points, effect.interval, self.limit),
            twin=said(driver.twin) if driver.twin else "",
        )

    def _url(self, level: Level) -> str:
        """Of the responses behind it; bands and years have none."""
        is_band = level.factor.kind == "date" or ".." in level.value
        if is_band:
            return ""
        answers = self.page.look.answers
        if level.factor.name == "campaign":
            return self.page.feed_url(answers.narrowed(campaign=int(level.value)))
        if level.factor.name == "has_comment":
            return self.page.feed_url(answers.narrowed(has_comment=level.value == "1"))
        return self.page.feed_url(answers.by_dimension(level.factor.name, level.value))

    @property
    def evident(self) -> int:
        return sum(driver.verdict is Verdict.CHANGED for driver in self.found.drivers)

    @property
    def explained(self) -> str:
        return charts.share_text(self.found.explained)

    @property
    def merged(self) -> list[str]:
        return [_merged(found.level, found.others) for found in self.found.merged]

    @property
    def alike(self) -> str:
        return ", ".join(_heading(factor) for factor in self.found.model.alike)

    @property
    def folded(self) -> str:
        return ", ".join(f"{_heading(factor)} ({count})" for factor, count in self.found.model.folded)


def _heading(factor: Factor) -> str:
    return factor.label


def said(level: Level) -> str:
    if level.factor.name == THEME:
        return _("Theme: %(name)s") % {"name": level.label}
    return f"{level.factor.label}: {level.label or _('others together')}"


def against(level: Level) -> str:
    return _("other comments") if level.factor.name == THEME else level.against_label


def _merged(level: Level, others: list[Level]) -> str:
    if not others:
        return _("%(one)s (too few differ from the rest)") % {"one": said(level)}
    together = ", ".join(said(other) for other in others)
    return _("%(one)s (always together with %(others)s)") % {"one": said(level), "others": together}


# ── As a table to take away ──────────────────────────────────────────────────────────────────────────────────────────

_COLUMNS: Final = (
    Column(gettext_lazy("What")),
    Column(gettext_lazy("Compared with")),
    *SCORE_COLUMNS,
    Column(gettext_lazy("Plain difference"), Kind.POINTS),
    Column(gettext_lazy("Adjusted difference"), Kind.POINTS),
    Column(gettext_lazy("Adjusted, 95 % from"), Kind.LOW),
    Column(gettext_lazy("Adjusted, 95 % to"), Kind.HIGH),
    Column(gettext_lazy("Difference is evident"), Kind.YES),
    Column(gettext_lazy("Hard to tell apart from")),
)


def tables(asked: Asked) -> list[Table]:
    if asked.look.filters.is_on_the_score:
        return []
    found = drivers(asked.organization, asked.look, asked.choices)
    return [Table("drivers", _("What goes with the score"), _COLUMNS, [_cells(driver) for driver in found.drivers])]


def _cells(driver: Driver) -> list[object]:
    effect = driver.effect
    return [
        said(driver.level),
        against(driver.level),
        *score_cells(driver.level.split),
        driver.raw.points,
        effect.points,
        effect.interval.low,
        effect.interval.high,
        driver.verdict is Verdict.CHANGED,
        said(driver.twin) if driver.twin else "",
    ]
