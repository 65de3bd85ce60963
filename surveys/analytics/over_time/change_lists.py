"""The lists beside "Customers over time" as a page shows them: people with two answers, and what to know to act."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.accounts.models import Organization
from surveys.analytics.over_time.answered import MOST_COUNTED, Pair, PairPage
from surveys.analytics.over_time.watching import Watched
from surveys.analytics.pages import AnalyticsPage
from surveys.analytics.segments import revenue_page
from surveys.core import readable
from surveys.core.charts.base import grouped
from surveys.core.periods import local_day
from surveys.customers.models import Customer, Property, PropertyType
from surveys.responses.models import Tag

TABS = {
    "analytics:changes": gettext_lazy("Who moved"),
    "analytics:recoveries": gettext_lazy("Recoveries"),
    "analytics:falls": gettext_lazy("Falls"),
    "analytics:watch": gettext_lazy("Watch list"),
    "analytics:risk": gettext_lazy("At risk"),
}


def worth_property(organization: Organization, *, sees_hidden: bool) -> Property | None:
    """What people are worth by, as on the page about revenue where nothing was chosen."""
    found = Property.objects.filter(organization=organization, type=PropertyType.NUMBER)
    visible = found if sees_hidden else found.filter(visible_to_agents=True)
    return revenue_page.chosen(list(visible.order_by("position", "id")), "")


def worth_of(customer: Customer, worth: Property | None) -> str:
    value = customer.properties.get(worth.key) if worth else None
    return "" if worth is None or value is None else readable.amount(value)


@dataclass(frozen=True)
class PersonRow:
    pair: Pair
    days: int
    worth: str

    @property
    def customer(self) -> Customer:
        return self.pair.customer

    @property
    def since(self) -> str:
        return days_ago(self.days)


@dataclass(frozen=True)
class PeopleList:
    """`finding` says who stands here and under which rules."""

    page: AnalyticsPage
    found: PairPage
    finding: str
    worth: Property | None

    @cached_property
    def rows(self) -> list[PersonRow]:
        today = self.page.today
        return [PersonRow(p, (today - p.now.day).days, worth_of(p.customer, self.worth)) for p in self.found.pairs]

    @property
    def next_url(self) -> str:
        return self.page.url(self.page.look, after=self.found.after) if self.found.after else ""

    @property
    def count(self) -> str:
        return people_said(self.found.count, is_more=self.found.is_more)


def people_said(count: int, *, is_more: bool) -> str:
    if is_more:
        return _("more than %(most)s people") % {"most": grouped(MOST_COUNTED)}
    return ngettext("%(count)s person", "%(count)s people", count) % {"count": grouped(count)}


def days_ago(days: int) -> str:
    if days <= 0:
        return _("today")
    return ngettext("%(days)s day ago", "%(days)s days ago", days) % {"days": days}


# ── The watch list ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class WatchRow:
    watched: Watched
    left: int
    asked_on: date | None
    tags: list[str]
    worth: str

    @property
    def customer(self) -> Customer | None:
        return self.watched.low.customer

    @property
    def left_said(self) -> str:
        if not self.left:
            return _("ends today")
        return ngettext("%(days)s day left", "%(days)s days left", self.left) % {"days": self.left}


@dataclass(frozen=True)
class WatchList(PeopleList):
    tags: Mapping[int, str]

    @cached_property
    def watched(self) -> list[WatchRow]:
        return [self._row(Watched.of(pair)) for pair in self.found.pairs]

    def _row(self, watched: Watched) -> WatchRow:
        zone, asked = ZoneInfo(self.page.organization.time_zone), watched.asked_again_at
        customer = watched.low.customer
        return WatchRow(
            watched,
            left=(watched.until - self.page.today).days,
            asked_on=local_day(asked, zone) if asked else None,
            tags=[self.tags[key] for key in watched.low.tags if key in self.tags],
            worth=worth_of(customer, self.worth) if customer else "",
        )


def tags_of(organization: Organization, found: PairPage) -> dict[int, str]:
    wanted = {key for pair in found.pairs for answer in (pair.now, pair.before) if answer for key in answer.tags}
    if not wanted:
        return {}
    return dict(Tag.objects.filter(organization=organization, pk__in=wanted).values_list("pk", "name"))
