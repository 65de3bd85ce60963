"""What a dashboard was asked to show, read from its address."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Self, TypeVar
from urllib.parse import urlencode

from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _

from surveys.core.filters import Filters, left_out
from surveys.core.periods import DEFAULT_PRESET, LONGEST, Comparison, Period, Preset, Unit

C = TypeVar("C", bound=models.TextChoices)

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Look:
    """`chosen_unit` is None when it follows from the period, `by` when the page chooses a property itself.

    `problems` says what was not understood besides what `filters.problems` says.
    """

    period: Period
    filters: Filters
    comparison: Comparison = Comparison.PREVIOUS
    chosen_unit: Unit | None = None
    by: str | None = None
    problems: tuple[str, ...] = ()

    @classmethod
    def from_query(cls, query: QueryDict, today: date) -> Self:
        problems: list[str] = []
        filters = Filters.from_query(query)
        period, complaint = _period(filters, query, today)
        comparison = _choice(query, "compare", Comparison, problems)
        unit = _choice(query, "unit", Unit, problems)
        return cls(
            period=period,
            filters=filters.during(None, None),
            comparison=comparison or Comparison.PREVIOUS,
            chosen_unit=unit if unit in period.units() else None,
            by=query.get("by") or None,
            problems=(*problems, *complaint),
        )

    @property
    def unit(self) -> Unit:
        return self.chosen_unit or self.period.natural_unit

    @property
    def compared(self) -> Period:
        return self.period.compared_with(self.comparison)

    @property
    def left_out(self) -> list[str]:
        """All that was not understood, for people."""
        return [*self.filters.problems, *self.problems]

    def to_pairs(self) -> Pairs:
        """Everything but what follows by itself, so that equal looks have equal addresses."""
        pairs = _of_period(self.period) + self.filters.to_pairs()
        if self.comparison is not Comparison.PREVIOUS:
            pairs.append(("compare", self.comparison.value))
        if self.chosen_unit:
            pairs.append(("unit", self.chosen_unit.value))
        if self.by:
            pairs.append(("by", self.by))
        return pairs

    def to_query(self) -> str:
        return urlencode(self.to_pairs())

    def knowing(self, keys: Collection[str]) -> Self:
        """Without filters on properties that are none of `keys`."""
        return replace(self, filters=self.filters.knowing(keys))

    def during(self, period: Period) -> Self:
        return replace(self, period=period, chosen_unit=None)

    def cut_by(self, unit: Unit) -> Self:
        return replace(self, chosen_unit=unit)

    def cut_naturally(self) -> Self:
        return replace(self, chosen_unit=None)

    def narrowed_to(self, filters: Filters) -> Self:
        return replace(self, filters=filters)

    @property
    def answers(self) -> Filters:
        """The filters of the feed that shows the responses behind the page."""
        return self.filters.during(self.period.first, self.period.last)


def _of_period(period: Period) -> Pairs:
    if period.preset is None:
        return [("from", period.first.isoformat()), ("to", period.last.isoformat())]
    return [] if period.preset is DEFAULT_PRESET else [("period", period.preset.value)]


def _period(filters: Filters, query: QueryDict, today: date) -> tuple[Period, list[str]]:
    problems: list[str] = []
    preset = _choice(query, "period", Preset, problems) or DEFAULT_PRESET
    if filters.since is None and filters.until is None:
        return Period.ending(today, preset), problems
    if (filters.since, filters.until) == Period.ending(today, preset).ends:
        return Period.ending(today, preset), problems  # the form shows a preset's days and sends them along
    until = filters.until or max(today, filters.since or today)
    custom = Period(filters.since or Period.ending(until, preset).first, until)
    if custom.last - custom.first > LONGEST:
        problems.append(_("The period was left out: it is longer than 30 years."))
        return Period.ending(today, preset), problems
    return custom, problems


def _choice(query: QueryDict, name: str, choices: type[C], problems: list[str]) -> C | None:
    text = query.get(name, "").strip()
    if not text:
        return None
    if text in choices.values:
        return choices(text)
    problems.append(left_out(name, text, ", ".join(choices.values)))
    return None
