"""The page "Customers over time": the figures of `changes` as a matrix, rates, steps and words, each with its people."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.accounts import access
from surveys.analytics import words
from surveys.analytics.over_time import change_words as said
from surveys.analytics.over_time.changes import Changes
from surveys.analytics.pages import AnalyticsPage
from surveys.core import charts, nps
from surveys.core.charts.base import grouped
from surveys.core.charts.waterfall import Fall
from surveys.core.choices import Category
from surveys.core.nps import plural
from surveys.core.proportions import Rate
from surveys.core.turnover import steps

WORTH = {Category.PROMOTER: 2, Category.PASSIVE: 1, Category.DETRACTOR: 0}
RATES = {"up": gettext_lazy("Up"), "same": gettext_lazy("Unchanged"), "down": gettext_lazy("Down")}


@dataclass(frozen=True)
class Cell:
    square: charts.Square
    url: str
    label: str


@dataclass(frozen=True)
class Line:
    """One category before, and where its people are now."""

    label: str
    people: int
    cells: list[Cell]


@dataclass(frozen=True)
class RateRow:
    label: str
    people: int
    share: str
    range: str
    score_share: str


@dataclass(frozen=True)
class StepRow:
    label: str
    points: str
    interval: str
    people: int | None
    bar: Fall


@dataclass(frozen=True)
class MoveRow:
    before: int
    now: int
    people: int
    url: str


@dataclass(frozen=True)
class ChangesPage:
    page: AnalyticsPage
    found: Changes

    # ── Who moved where ──────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def people(self) -> int:
        return self.found.migration.people

    def people_url(self, before: object, now: object) -> str:
        address = access.url(self.page.organization, "analytics:change_people")
        query = self.page.query
        return f"{address}{query}{'&' if query else '?'}was={before}&is={now}"

    @property
    def heads(self) -> list[str]:
        return [plural(category) for category in Category]

    @cached_property
    def lines(self) -> list[Line]:
        return [self._line(before) for before in Category]

    def _line(self, before: Category) -> Line:
        everybody = sum(self.found.migration.count(before, now) for now in Category)
        return Line(plural(before), everybody, [self._cell(before, now, everybody) for now in Category])

    def _cell(self, before: Category, now: Category, everybody: int) -> Cell:
        people = self.found.migration.count(before, now)
        label = _("%(people)s who were %(before)s and are %(now)s now") % {
            "people": grouped(people),
            "before": plural(before).lower(),
            "now": plural(now).lower(),
        }
        square = charts.square(people, everybody, WORTH[now] - WORTH[before])
        return Cell(square, self.people_url(before.value, now.value) if people else "", label)

    @cached_property
    def rates(self) -> list[RateRow]:
        found = self.found.migration
        pairs = {
            "up": (found.up, found.score_up),
            "same": (found.unchanged, found.score_unchanged),
            "down": (found.down, found.score_down),
        }
        return [_rate_row(str(RATES[name]), *rates) for name, rates in pairs.items()]

    @cached_property
    def by_score(self) -> charts.Matrix:
        def title(before: int, now: int) -> str:
            people = self.found.migration.counts[before][now]
            return _("From %(before)s to %(now)s: %(people)s") % {
                "before": before,
                "now": now,
                "people": grouped(people),
            }

        return charts.matrix(self.found.migration.counts, title, self.people_url, self.finding)

    @property
    def finding(self) -> str:
        found = self.found.migration
        return _("Of %(people)s people %(up)s gave a higher score, %(down)s a lower one, %(same)s the same.") % {
            "people": grouped(found.people),
            "up": said.rate(found.score_up),
            "down": said.rate(found.score_down),
            "same": said.rate(found.score_unchanged),
        }

    @cached_property
    def moves(self) -> list[MoveRow]:
        """The pairs of scores that somebody has, the most frequent first."""
        counts = self.found.migration.counts
        rows = [
            MoveRow(before, now, people, self.people_url(before, now))
            for before, row in enumerate(counts)
            for now, people in enumerate(row)
            if people
        ]
        return sorted(rows, key=lambda row: (-row.people, row.before, row.now))

    # ── Whether it is more than chance ───────────────────────────────────────────────────────────────────────────────
    @property
    def counts_only(self) -> bool:
        """Chosen by the later score: neither a score nor a test of what was chosen means anything."""
        return self.page.look.filters.is_on_the_score

    @cached_property
    def verdict(self) -> tuple[str, str]:
        return said.score_moved(self.found.migration)

    @property
    def shares(self) -> str:
        return said.shares_moved(self.found.migration.homogeneity)

    # ── What the change is made of ───────────────────────────────────────────────────────────────────────────────────
    @property
    def change(self) -> words.Change:
        return words.change(self.found.turnover.change, self.page.look.comparison, self.page.look.compared)

    @property
    def can_be_split(self) -> bool:
        return self.found.turnover.change.points is not None

    @property
    def is_of_few(self) -> bool:
        change = self.found.turnover.change
        return change.now.is_too_few or change.before.is_too_few

    @cached_property
    def waterfall(self) -> charts.Waterfall:
        moves = [step.points for _name, step in steps(self.found.turnover)]
        return charts.waterfall(self.found.turnover.change.before.score or Fraction(0), moves)

    @cached_property
    def steps(self) -> list[StepRow]:
        change, bars = self.found.turnover.change, self.waterfall.bars
        inner = [
            StepRow(str(said.STEPS[name]), said.points(step), said.between(step.interval), step.people, bar)
            for (name, step), bar in zip(steps(self.found.turnover), bars[1:-1], strict=True)
        ]
        before = _end(_("Score before"), change.before, bars[0])
        return [before, *inner, _end(_("Score now"), change.now, bars[-1])]

    @property
    def different(self) -> str:
        """What those who left and those who came did together."""
        step, minds = self.found.turnover.different, self.found.turnover.minds
        if step is None or minds is None:
            return ""
        return _("Different people answered: %(points)s points (95 %% interval %(between)s).") % {
            "points": said.points(step),
            "between": said.between(step.interval),
        }


def _rate_row(label: str, rate: Rate, score: Rate) -> RateRow:
    return RateRow(label, rate.count, said.rate(rate), said.rate_range(rate.range), said.rate(score))


def _end(label: str, split: nps.Split, bar: Fall) -> StepRow:
    return StepRow(label, f"{float(split.score or 0):.1f}".replace("-", "−"), words.interval(split), None, bar)


# ── The people of a cell ─────────────────────────────────────────────────────────────────────────────────────────────


def scores_of(text: str) -> Sequence[int]:
    """A category's name or one score; empty for anything else."""
    if text in Category.values:
        return [score for score in nps.SCALE if nps.classify(score) == text]
    return [score for score in nps.SCALE if str(score) == text]


def state_said(text: str) -> str:
    if text in Category.values:
        return plural(Category(text))
    return _("Score %(score)s") % {"score": text}


def went_said(before: str, now: str) -> str:
    return f"{state_said(before)} → {state_said(now)}"
