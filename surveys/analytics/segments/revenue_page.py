"""What the people of a period are worth, as the page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Final, Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.accounts import access
from surveys.analytics import words
from surveys.analytics.look import Pairs
from surveys.analytics.pages import AnalyticsPage
from surveys.analytics.segments import revenue as reads
from surveys.analytics.segments.representation_page import spanned
from surveys.analytics.segments.revenue import MISSING, NEGATIVE, SILENT, UNREACHED, AtStake, Revenue
from surveys.core import readable
from surveys.core.charts import share_text
from surveys.core.charts.base import grouped, percent
from surveys.core.choices import Category
from surveys.core.filters import left_out
from surveys.core.nps import plural, signed
from surveys.core.weighting import Weights
from surveys.customers.models import Property, PropertyType

OWN: Final = ("worth",)
_MONEY: Final = ("arr", "mrr", "revenue", "spend", "value", "contract", "sales", "turnover", "ltv")


@dataclass(frozen=True)
class Group:
    """People of one kind together."""

    kind: str
    label: str
    weights: Weights
    share: str
    x: str
    width: str

    @property
    def total(self) -> str:
        return amount(self.weights.total)


@dataclass(frozen=True)
class StakeLine:
    stake: AtStake
    url: str
    customer_url: str

    @property
    def worth(self) -> str:
        return amount(self.stake.worth)


def amount(value: Fraction | Decimal) -> str:
    """Grouped; with decimals only where the amount is small and has some."""
    number = float(value)
    is_whole = abs(number) >= 100 or number.is_integer()
    return number_format(round(number) if is_whole else round(number, 2), force_grouping=True)


def chosen(properties: Sequence[Property], wanted: str) -> Property | None:
    """The property that was asked for; else the first that sounds like money; else the first."""
    by_key = {known.key: known for known in properties}
    of_money = (known for known in properties if any(word in known.key.casefold() for word in _MONEY))
    return by_key.get(wanted) or next(of_money, next(iter(properties), None))


def numbers(properties: Sequence[Property]) -> list[Property]:
    return [known for known in properties if known.type == PropertyType.NUMBER]


@dataclass(frozen=True)
class RevenuePage:
    """`by` is None where there is no numeric property: then there is nothing else."""

    page: AnalyticsPage
    properties: Sequence[Property]
    by: Property | None = None
    found: Revenue = field(default_factory=Revenue)
    stakes: Sequence[AtStake] = ()

    @classmethod
    def of(cls, page: AnalyticsPage, query: QueryDict, visible: Sequence[Property], at: datetime) -> Self:
        """Raises Unfinished."""
        known, wanted = numbers(visible), query.get("worth", "")
        by = chosen(known, wanted)
        page = _told(page, known, wanted)
        if by is None:
            return cls(page, known)
        scope = (page.organization, page.look.period, page.look.filters, by.key)
        return cls(page, known, by, *reads.found(*scope, at=at))

    # --- scores

    @property
    def is_empty(self) -> bool:
        return not self.found.groups and not self.found.nobody

    @property
    def label(self) -> str:
        return readable.heading(self.by.label) if self.by else ""

    @property
    def score(self) -> str:
        found = self.found.weighted.score
        return words.NOTHING if found is None else signed(found)

    @property
    def interval(self) -> str:
        return spanned(self.found.weighted.interval)

    @property
    def effective(self) -> str:
        return grouped(round(self.found.weighted.effective))

    @property
    def raw(self) -> str:
        return words.score(self.found.same_people)

    @property
    def raw_interval(self) -> str:
        return words.interval(self.found.same_people)

    # --- what is worth what

    @cached_property
    def groups(self) -> list[Group]:
        kinds = [*((category.value, plural(category)) for category in Category)]
        if self.found.is_asked_known:
            kinds += [(SILENT, _("Invited, no answer")), (UNREACHED, _("Invited, not reached"))]
        x, groups = Fraction(0), []
        for kind, label in kinds:
            weights, total = self.found.of(kind), self.found.everyone.total
            share = weights.total / total if total else Fraction(0)
            groups.append(Group(kind, label, weights, share_text(share), percent(100 * x), percent(100 * share)))
            x += share
        return groups

    @property
    def finding(self) -> str:
        return ", ".join(f"{group.label}: {group.total} ({group.share})" for group in self.groups)

    @property
    def covered(self) -> str:
        return words.NOTHING if self.found.covered is None else share_text(self.found.covered)

    @property
    def total(self) -> str:
        return amount(self.found.everyone.total)

    @property
    def detractors(self) -> str:
        return amount(self.found.of(Category.DETRACTOR.value).total)

    @property
    def detractor_people(self) -> int:
        return self.found.of(Category.DETRACTOR.value).count

    @property
    def shown_stakes(self) -> str:
        return amount(sum((exact(one.worth) for one in self.stakes), Fraction(0)))

    @property
    def left_out(self) -> list[str]:
        """Who cannot weigh, and why."""
        said, missing, negative = [], self.found.together(MISSING).count, self.found.together(NEGATIVE)
        if missing:
            text = ngettext(
                "%(count)s person has no number here and is left out.",
                "%(count)s people have no number here and are left out.",
                missing,
            )
            said.append(text % {"count": grouped(missing)})
        if negative.count:
            text = ngettext(
                "%(count)s person has a number below 0 (%(total)s) and is left out: a weight cannot be negative.",
                "%(count)s people have numbers below 0 (%(total)s together) and are left out: a weight cannot be negative.",
                negative.count,
            )
            said.append(text % {"count": grouped(negative.count), "total": amount(negative.total)})
        if self.found.nobody:
            text = ngettext(
                "%(count)s response belongs to no customer, so nothing is known of its worth.",
                "%(count)s responses belong to no customer, so nothing is known of their worth.",
                self.found.nobody,
            )
            said.append(text % {"count": grouped(self.found.nobody)})
        return said

    @cached_property
    def lines(self) -> list[StakeLine]:
        return [StakeLine(one, *self._urls(one)) for one in self.stakes]

    def _urls(self, one: AtStake) -> tuple[str, str]:
        organization, response = self.page.organization, one.response
        customer = access.url(organization, "customers:detail", pk=response.customer_id)
        return access.url(organization, "responses:detail", pk=response.pk), customer

    @property
    def detractors_url(self) -> str:
        return self.page.feed_url(self.page.look.answers.narrowed(category=Category.DETRACTOR))

    # --- choices

    @property
    def properties_url(self) -> str:
        return access.url(self.page.organization, "customers:properties")

    @property
    def all_but_property(self) -> Pairs:
        found = [*self.page.pairs(self.page.look), *self.page.own]
        return [pair for pair in found if pair[0] != "worth"]

    @property
    def is_for_files(self) -> bool:
        """Files go further than the page: only what every role may see."""
        return self.by is not None and self.by.visible_to_agents

    @property
    def query(self) -> str:
        return urlencode([*self.all_but_property, ("worth", self.by.key if self.by else "")])


def exact(value: Decimal) -> Fraction:
    return Fraction(value)


def _told(page: AnalyticsPage, known: Sequence[Property], wanted: str) -> AnalyticsPage:
    """The page with what was not understood; a filter on the score is not followed where worth is split by score."""
    problems = list(page.look.problems)
    if wanted and wanted not in {one.key for one in known}:
        problems.append(left_out("worth", wanted, ", ".join(one.key for one in known) or _("a property with numbers")))
    if page.look.filters.is_on_the_score:
        problems.append(_("The filter on the score was left out: here people are told apart by their scores."))
    look = page.look.narrowed_to(page.look.filters.of_any_score)
    return replace(page, look=replace(look, problems=tuple(problems)))
