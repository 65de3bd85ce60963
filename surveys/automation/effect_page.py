"""The page "Does it work?" in words and numbers as people read them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Final, Self

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.accounts import access
from surveys.analytics.pages import AnalyticsPage
from surveys.analytics.segments.revenue_page import amount, chosen, numbers
from surveys.automation import effect, effect_queries
from surveys.automation.effect import Became, Beside, Comparison, Group, Loop, Part, Promptness, Stake
from surveys.automation.effect_answering import Answering, Groups, answering
from surveys.automation.effect_queries import HeldOut
from surveys.automation.effect_words import (
    NOTHING,
    duration,
    gauge_of,
    range_text,
    rate_text,
    said_of_means,
    said_of_shares,
    verdict_of,
)
from surveys.core.charts import DifferenceGauge
from surveys.core.charts.base import grouped, percent
from surveys.core.filters import Filters, left_out
from surveys.core.nps import plural
from surveys.core.proportions import Rate
from surveys.customers.models import Property

OWN: Final = ("worth",)
_BESIDE: Final = {
    Beside.MORE: gettext_lazy("in time more often than the others"),
    Beside.LESS: gettext_lazy("in time less often than the others"),
    Beside.NO_DIFFERENCE: gettext_lazy("no difference that chance would not make"),
    Beside.TOO_FEW: gettext_lazy("too few to compare"),
}

# ── Parts of the page ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Line:
    """A colleague or a team."""

    label: str
    part: Part

    @property
    def median(self) -> str:
        return duration(self.part.promptness.median)

    @property
    def in_time(self) -> str:
        return rate_text(self.part.promptness.in_time)

    @property
    def interval(self) -> str:
        return range_text(self.part.promptness.in_time)

    @property
    def verdict(self) -> str:
        return str(_BESIDE[self.part.beside])


@dataclass(frozen=True)
class LoopLine:
    loop: Loop

    @property
    def label(self) -> str:
        return plural(self.loop.category)

    @property
    def share(self) -> str:
        return rate_text(self.loop.rate)

    @property
    def interval(self) -> str:
        return range_text(self.loop.rate)

    @property
    def width(self) -> str:
        return percent(100 * (self.loop.rate.value or 0))


@dataclass(frozen=True)
class Arm:
    """One of two groups that are compared."""

    label: str
    group: Group
    is_of_detractors: bool = True

    @property
    def again(self) -> str:
        return f"{rate_text(self.group.again)} ({grouped(self.group.again.count)})"

    @property
    def recovered(self) -> Rate:
        return self.group.recovered_of_again if self.is_of_detractors else self.group.recovered

    @property
    def share(self) -> str:
        return rate_text(self.recovered)

    @property
    def interval(self) -> str:
        return range_text(self.recovered)

    @property
    def mean(self) -> str:
        value = self.group.next_score.value
        return NOTHING if value is None else f"{value:.1f}"


@dataclass(frozen=True)
class Returned:
    """Detractors whom somebody wrote to against those whom nobody did."""

    comparison: Comparison

    @property
    def arms(self) -> list[Arm]:
        return [Arm(_("Somebody wrote to them"), self.comparison.one), Arm(_("Nobody did"), self.comparison.other)]

    @property
    def gauge(self) -> DifferenceGauge | None:
        one, other = self.comparison.one.recovered_of_again, self.comparison.other.recovered_of_again
        return gauge_of(one, other, self.comparison.recovered_of_again)

    @property
    def difference(self) -> str:
        return said_of_shares(
            self.comparison.one.recovered_of_again,
            self.comparison.other.recovered_of_again,
            self.comparison.recovered_of_again,
        )

    @property
    def verdict(self) -> str:
        if self.comparison.is_too_few:
            return _("Fewer than 30 people on one side: too few to say anything.")
        return verdict_of(
            self.comparison.recovered_of_again,
            _("Those whom somebody wrote to came back more often, by more than chance makes."),
            _("Those whom somebody wrote to came back less often, by more than chance makes."),
            _("No difference that chance would not make."),
        )

    @property
    def mean(self) -> str:
        return said_of_means(self.comparison)


@dataclass(frozen=True)
class RuleLine:
    """A rule that held people out."""

    held_out: HeldOut

    @property
    def detractors(self) -> Comparison:
        whole = self.held_out.comparison
        return Comparison(whole.one.detractors, whole.other.detractors)

    @property
    def arms(self) -> list[tuple[Arm, Arm]]:
        """Everybody, and those who were detractors."""
        whole, low = self.held_out.comparison, self.detractors
        return [
            (Arm(_("It acted"), whole.one), Arm(_("It acted"), low.one, is_of_detractors=False)),
            (Arm(_("Held out"), whole.other), Arm(_("Held out"), low.other, is_of_detractors=False)),
        ]

    @property
    def gauge(self) -> DifferenceGauge | None:
        low = self.detractors
        return gauge_of(low.one.recovered, low.other.recovered, low.recovered)

    @property
    def difference(self) -> str:
        low = self.detractors
        if low.recovered is None:
            return _("There were detractors on one side only, or none: nothing can recover.")
        return said_of_shares(low.one.recovered, low.other.recovered, low.recovered)

    @property
    def mean(self) -> str:
        return said_of_means(self.held_out.comparison)

    @property
    def verdict(self) -> str:
        if self.detractors.is_too_few:
            return _("Fewer than 30 detractors on one side: too few to say anything.")
        return verdict_of(
            self.detractors.recovered,
            _("More came back where the rule acted, by more than chance makes."),
            _("Fewer came back where the rule acted, by more than chance makes."),
            _("No effect that chance would not make. That is no proof that there is none."),
        )

    @property
    def needed(self) -> str:
        """How many it takes."""
        low = self.detractors
        if low.needed is None:
            return ""
        smaller = min(low.one.people, low.other.people)
        text = _(
            "To see a difference of 10 percentage points in four of five cases, the smaller side needs about %(needed)s"
            " detractors; it has %(smaller)s."
        )
        return text % {"needed": grouped(low.needed), "smaller": grouped(smaller)}


@dataclass(frozen=True)
class StakePage:
    """What detractors are worth. `by` is None where no property with numbers can be seen."""

    by: Property | None
    properties: Sequence[Property]
    stake: Stake

    @property
    def is_for_files(self) -> bool:
        return self.by is not None and self.by.visible_to_agents

    @property
    def lines(self) -> list[tuple[str, int, str, str]]:
        """Label, people, worth of all, and of those whom somebody wrote to."""
        found = []
        for which, label in _BECAME.items():
            total, ours = self.stake.total(became=which), self.stake.total(became=which, contacted=True)
            found.append((str(label), self.stake.count(became=which), amount(total), amount(ours)))
        return found

    @property
    def total(self) -> str:
        return amount(self.stake.total())

    @property
    def contacted(self) -> str:
        return amount(self.stake.total(contacted=True))

    @property
    def kept(self) -> str:
        return amount(self.stake.total(became=Became.PROMOTER) + self.stake.total(became=Became.PASSIVE))

    @property
    def unknown(self) -> str:
        text = ngettext(
            "%(n)s person has no number here, or one below 0, and is left out.",
            "%(n)s people have no number here, or one below 0, and are left out.",
            self.stake.unknown,
        )
        return text % {"n": grouped(self.stake.unknown)} if self.stake.unknown else ""


_BECAME: Final = {
    Became.PROMOTER: gettext_lazy("Promoters by their next answer"),
    Became.PASSIVE: gettext_lazy("Passives by their next answer"),
    Became.DETRACTOR: gettext_lazy("Still detractors"),
    Became.SILENT: gettext_lazy("No answer since"),
}


@dataclass(frozen=True)
class EffectPage:
    page: AnalyticsPage
    at: datetime
    answering: Answering
    colleagues: Sequence[Line]
    teams: Sequence[Line]
    loops: Sequence[Loop]
    returned: Returned
    worth: StakePage
    held_out: Sequence[HeldOut] = ()
    ever_held_out: bool = False

    @classmethod
    def of(cls, page: AnalyticsPage, query: QueryDict, visible: Sequence[Property], at: datetime) -> Self:
        organization, look = page.organization, page.look
        known = numbers(visible)
        by = chosen(known, query.get("worth", ""))
        back = effect_queries.returned(organization, look, by.key if by else None, at=at)
        found = answering(organization, look, at=at)
        return cls(
            page=page,
            at=at,
            answering=found,
            colleagues=_lines(found.colleagues, found.colleague),
            teams=_lines(found.by_team, found.team),
            loops=effect_queries.loops(organization, look),
            returned=Returned(back.comparison),
            worth=StakePage(by, known, back.stake),
            held_out=effect_queries.held_out(organization, look, at=at),
            ever_held_out=effect_queries.holds_out(organization),
        )

    @property
    def everybody(self) -> Promptness:
        return self.answering.everybody

    @property
    def is_empty(self) -> bool:
        return not self.everybody.conversations and not any(loop.responses for loop in self.loops) and not self.held_out

    @property
    def median(self) -> str:
        return duration(self.everybody.median)

    @property
    def ninetieth(self) -> str:
        return duration(self.everybody.ninetieth)

    @property
    def in_time(self) -> str:
        return rate_text(self.everybody.in_time)

    @property
    def in_time_interval(self) -> str:
        return range_text(self.everybody.in_time)

    @property
    def loop_lines(self) -> list[LoopLine]:
        return [LoopLine(loop) for loop in self.loops]

    @property
    def rule_lines(self) -> list[RuleLine]:
        return [RuleLine(each) for each in self.held_out]

    @cached_property
    def query(self) -> str:
        """What the files are asked with."""
        return self.page.url(self.page.look).partition("?")[2]

    @property
    def inbox_url(self) -> str:
        return access.url(self.page.organization, "inbox:list")


def _lines(groups: Groups, name: Callable[[int | None], str]) -> list[Line]:
    """By name: an order by figures would be a ranking."""
    found = [Line(name(part.key), part) for part in effect.parts(groups)]
    return sorted(found, key=lambda line: (line.part.key is None, line.label.casefold(), line.part.key or 0))


def understood(page: AnalyticsPage) -> AnalyticsPage:
    """With the period and the campaign alone: what else narrows analytics says nothing about conversations."""
    asked, look = page.look.filters, page.look
    kept = Filters(campaign=asked.campaign)
    others = [(name, value) for name, value in asked.to_pairs() if name != "campaign"]
    said = [left_out(name, value, _("period and campaign alone, on this page")) for name, value in others]
    look = replace(look.narrowed_to(kept), problems=(*look.left_out, *said))
    return replace(page, look=look)
