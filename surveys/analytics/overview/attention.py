"""What needs attention: facts of the last days and the rules by which they are listed. See docs/analytics.md.

Whoever looks every day finds something by chance before long, so nothing is listed on evidence weaker than ALPHA, and of
the segments compared together only what Holm's correction lets stand.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Count, Q

from surveys.accounts.models import Organization
from surveys.analytics.counting import counts, funnels
from surveys.analytics.counting.counts import Question
from surveys.analytics.counting.dimensions import Dimension
from surveys.core import contributions, proportions
from surveys.core.choices import Category
from surveys.core.filters import Filters
from surveys.core.nps import Difference, Split, Verdict
from surveys.core.periods import ONE_DAY, Period
from surveys.core.proportions import Rate
from surveys.delivery.deliverability.queries import Standing, standing_of_campaigns
from surveys.responses import queries as responses

ALPHA: Final = 0.01
UNHEARD_DAYS: Final = 14
LATELY: Final = 7  # days of a spike
USUALLY: Final = 28  # days before them, and the length of both sides where segments are compared
LEAST: Final = 10  # bounces or held back answers: fewer are no spike
MOST_SEGMENTS: Final = 3


@dataclass(frozen=True)
class Unheard:
    """Detractors of the last days who wrote why; `untagged` of them no colleague has tagged."""

    days: Period
    responses: int
    untagged: int


@dataclass(frozen=True)
class Rise:
    """A share of the last days beside that of the days before."""

    days: Period
    now: Rate
    before: Rate

    @property
    def is_listed(self) -> bool:
        is_up = (self.now.value or 0) > (self.before.value or 0)
        return self.now.count >= LEAST and is_up and proportions.p_value(self.now, self.before) < ALPHA


@dataclass(frozen=True)
class Moved:
    dimension: Dimension
    value: str
    days: Period
    difference: Difference


@dataclass(frozen=True)
class Attention:
    """`standing` of the mail is of the whole organization; None for one campaign."""

    unheard: Unheard
    moved: list[Moved]
    bounces: Rise
    robots: Rise
    standing: Standing | None


def attention(
    organization: Organization, dimensions: Collection[Dimension], campaign: int | None, today: date, at: datetime
) -> Attention:
    """Of the days that end today, whatever period the page shows. Nine statements at most."""
    lately = Period(today - timedelta(days=LATELY - 1), today)
    usually = Period(lately.first - timedelta(days=USUALLY), lately.first - ONE_DAY)
    return Attention(
        unheard=_unheard(organization, campaign, today),
        moved=_moved(organization, dimensions, campaign, today),
        bounces=_bounces(organization, campaign, lately, usually),
        robots=_robots(organization, campaign, lately, usually),
        standing=standing_of_campaigns(organization, at=at) if campaign is None else None,
    )


def of_unheard(days: Period, campaign: int | None) -> Filters:
    """The filters of the feed that shows them."""
    found = Filters(campaign=campaign, category=Category.DETRACTOR, has_comment=True)
    return found.during(days.first, days.last)


def _unheard(organization: Organization, campaign: int | None, today: date) -> Unheard:
    days = Period(today - timedelta(days=UNHEARD_DAYS - 1), today)
    found = responses.matching(organization, of_unheard(days, campaign))
    told = found.aggregate(all=Count("pk"), untagged=Count("pk", filter=Q(tags=[])))
    return Unheard(days, told["all"], told["untagged"])


def _moved(
    organization: Organization, dimensions: Collection[Dimension], campaign: int | None, today: date
) -> list[Moved]:
    """The clearest first."""
    now = Period(today - timedelta(days=USUALLY - 1), today)
    question = Question(
        organization, Period(now.previous.first, today), Filters(campaign=campaign), (now.previous.first, now.first)
    )
    by_name = {dimension.name: dimension for dimension in dimensions}
    cells = counts.by_dimensions(question, list(by_name))
    keys = sorted({(name, value) for _bucket, name, value in cells})
    found = [
        Moved(by_name[name], value, now, Difference(*(_split(cells, bucket, name, value) for bucket in (1, 0))))
        for name, value in keys
    ]
    verdicts = contributions.verdicts((each.difference for each in found), ALPHA)
    changed = [each for each, verdict in zip(found, verdicts, strict=True) if verdict is Verdict.CHANGED]
    return sorted(changed, key=lambda each: each.difference.p_value)[:MOST_SEGMENTS]


def _split(cells: dict[tuple[int, str, str], list[int]], bucket: int, name: str, value: str) -> Split:
    return Split.of_scores(cells.get((bucket, name, value), [0] * 11))


def _bounces(organization: Organization, campaign: int | None, lately: Period, usually: Period) -> Rise:
    now, before = (_bounced(organization, campaign, days) for days in (lately, usually))
    return Rise(lately, now, before)


def _bounced(organization: Organization, campaign: int | None, days: Period) -> Rate:
    found = funnels.funnel(organization, days, Filters(campaign=campaign)) or funnels.Funnel()
    return Rate(found.bounced, found.sent)


def _robots(organization: Organization, campaign: int | None, lately: Period, usually: Period) -> Rise:
    """Held back, of those and the counted ones."""
    question = Question(
        organization, Period(usually.first, lately.last), Filters(campaign=campaign), (usually.first, lately.first)
    )
    cells = counts.scores(question)
    rates = []
    for bucket, days in ((1, lately), (0, usually)):
        held = responses.doubts(organization, Filters(campaign=campaign).during(days.first, days.last)).quarantined
        rates.append(Rate(held, held + sum(cells.get((bucket, ""), []))))
    return Rise(lately, *rates)
