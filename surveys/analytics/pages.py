"""What all pages of analytics have in common: what was asked, its address, the choices around it.

How a page is made (`things` stands for yours):

    # analytics/thing_views.py
    @require_GET
    def things(request: OrganizationRequest) -> HttpResponse:
        page = showing.page(request, "analytics:things", _("Things"), own=("sort",))
        return showing.rendered(request, page, "analytics/things.html", lambda: {"things": ThingsPage.of(page)})

    # analytics/urls.py: one line.    templates/analytics/_tabs.html: one line.
    # templates/analytics/things.html: `{% include "analytics/_head.html" %}` and the cards below; it is the changing
    # part, and analytics/page.html puts it into the whole page. Links that change only this part:
    # <a href="{{ url }}" hx-get="{{ url }}" hx-target="#dashboard" hx-push-url="true">

Figures are read from `page.organization` and `page.look` inside the function that `rendered` is given: where they need
a long scan, `rendered` shows its progress instead. Every link to responses is a `page.feed_url(filters)`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Final
from urllib.parse import urlencode

from surveys.accounts import access
from surveys.accounts.models import Organization
from surveys.analytics.choices import Choices
from surveys.analytics.counting.dimensions import Dimension
from surveys.analytics.look import Look, Pairs
from surveys.analytics.spoken import spoken
from surveys.analytics.upkeep.under_way import UnderWay, under_way
from surveys.campaigns.models import Campaign
from surveys.core.choices import Category
from surveys.core.filters import Filters
from surveys.core.nps import plural
from surveys.core.periods import DEFAULT_PRESET, Comparison, Period, Preset, Unit
from surveys.responses.offers import Offers, offers

FIELDS: Final = frozenset({"period", "from", "to", "campaign", "compare", "category", "has_comment", "q"})


@dataclass(frozen=True)
class Choice:
    label: str
    url: str
    is_current: bool = False


@dataclass(frozen=True)
class AnalyticsPage:
    """`look` is without what the organization does not have.

    `name` is that of the address, `keys` what else it needs; `own` are the parameters that only this page understands.
    `campaign` is set on the results page of one campaign: its address says the campaign, so its query does not.
    """

    organization: Organization
    name: str
    title: str
    look: Look
    today: date
    choices: Choices
    keys: Mapping[str, int | str] = field(default_factory=dict)
    own: tuple[tuple[str, str], ...] = ()
    campaign: Campaign | None = None

    # --- addresses

    @cached_property
    def address(self) -> str:
        return access.url(self.organization, self.name, **self.keys)

    @cached_property
    def _feed(self) -> str:
        return access.url(self.organization, "responses:feed")

    def pairs(self, look: Look) -> Pairs:
        """Everything that the address says after its "?", without the page's own parameters."""
        return look.narrowed_to(look.filters.narrowed(campaign=None)).to_pairs() if self.campaign else look.to_pairs()

    def url(self, look: Look, **own: str | None) -> str:
        """This page with another look, and with some of its own parameters changed (None: without it)."""
        kept = [(name, value) for name, value in self.own if name not in own]
        changed = [(name, value) for name, value in own.items() if value is not None]
        pairs = [*self.pairs(look), *kept, *changed]
        if [name for name, _value in pairs] == ["view"]:  # that alone opens the view again
            pairs = [("period", DEFAULT_PRESET.value), *pairs]
        return f"{self.address}?{urlencode(pairs)}" if pairs else self.address

    @property
    def canonical_url(self) -> str:
        return self.url(self.look)

    @property
    def query(self) -> str:
        """Of the look, with its "?" or empty: what another page of analytics is asked for the same with."""
        query = self.look.to_query()
        return f"?{query}" if query else ""

    def feed_url(self, filters: Filters) -> str:
        return f"{self._feed}?{filters.to_query()}"

    @property
    def widest_url(self) -> str:
        """Without filters, over the longest preset."""
        return self.url(Look(Period.ending(self.today, Preset.YEAR), Filters()))

    @property
    def problems(self) -> list[str]:
        """What of the address was not understood."""
        return self.look.left_out

    @cached_property
    def under_way(self) -> UnderWay:
        """Work that changes figures while it goes on; the head of every page says so."""
        return under_way(self.organization)

    # --- choices

    @property
    def campaigns(self) -> list[tuple[int, str]]:
        return self.choices.campaigns

    @property
    def dimensions(self) -> list[Dimension]:
        return self.choices.dimensions

    @property
    def presets(self) -> list[Choice]:
        return [
            Choice(
                str(preset.label),
                self.url(self.look.during(Period.ending(self.today, preset))),
                self.look.period.preset is preset,
            )
            for preset in Preset
        ]

    @property
    def units(self) -> list[Choice]:
        return [
            Choice(str(unit.label), self.url(self.look.cut_by(unit)), unit is self.look.unit)
            for unit in self.look.period.units()
        ]

    @property
    def coarser(self) -> Choice | None:
        """How the trend would be cut without a choice, where a finer one was made."""
        natural, finest_first = self.look.period.natural_unit, list(Unit)
        if finest_first.index(self.look.unit) >= finest_first.index(natural):
            return None
        return Choice(str(natural.label), self.url(self.look.cut_naturally()))

    @property
    def comparisons(self) -> list[tuple[str, str]]:
        return [(comparison.value, str(comparison.label)) for comparison in Comparison]

    @property
    def categories(self) -> list[tuple[str, str]]:
        return [(category.value, plural(category)) for category in Category]

    @property
    def chips(self) -> list[Choice]:
        """Filters in force besides days; the address of each is without it."""
        found = self.choices.all_chips(
            self.look.filters.narrowed(campaign=None) if self.campaign else self.look.filters
        )
        return [Choice(label, self.url(self.look.narrowed_to(rest))) for label, rest in found]

    @property
    def said(self) -> str:
        """What is chosen besides days, in words."""
        return "; ".join(chip.label for chip in self.chips)

    @cached_property
    def offers(self) -> Offers:
        """The lists and boxes of the filter bar; two statements."""
        languages = spoken(self.organization, self.look.period.first, self.look.period.last)
        return offers(self.organization, self.look.filters, self.choices.properties, self.choices.known, languages)

    @property
    def hidden(self) -> Pairs:
        """What the form must carry along: everything it has no field for."""
        kept = (pair for pair in self.look.to_pairs() if pair[0] not in FIELDS and not self.offers.has(pair))
        return [*kept, *self.own]

    @property
    def conditions_url(self) -> str:
        """Where any condition is put together; it leads back here."""
        back = ("back", self.address)
        return (
            access.url(self.organization, "analytics:filter")
            + "?"
            + urlencode([*self.pairs(self.look), *self.own, back])
        )
