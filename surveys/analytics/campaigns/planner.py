"""What a wave can show, before it is sent: answers to expect, by when, how sure the score will be, which change it can
tell from chance. From the organization's own past, and from stated assumptions where there is none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from surveys.accounts.models import Organization
from surveys.analytics.counting import counts, funnels
from surveys.analytics.counting.counts import Question, fetched
from surveys.core import nps
from surveys.core.filters import Filters
from surveys.core.nps import Split
from surveys.core.periods import ONE_DAY, Period, local_day
from surveys.core.proportions import Rate

FEWEST_DELIVERED: Final = 50  # before the past says anything about a response rate
FEWEST_ANSWERS: Final = 20  # before it says how fast people answer
ASSUMED_DAYS: Final = 5  # until four of five answers are there
ASSUMED_RATES: Final = (0.05, 0.1, 0.2, 0.3)
WEEKS: Final = (1, 4, 13, 52)


@dataclass(frozen=True)
class Past:
    """`rate` is of what was delivered in the last year, `days` how long four of five answers took: None where too few
    were sent or answered. `before` is the latest score, of the days `since` … `until`."""

    rate: Rate
    days: int | None
    before: Split
    since: date
    until: date

    @property
    def is_known(self) -> bool:
        return self.rate.of >= FEWEST_DELIVERED and bool(self.rate.count)


@dataclass(frozen=True)
class Asks:
    """How many people will be asked: all together until `last_day`, or so many `a_week` for as long as it runs."""

    people: int = 0
    a_week: float | None = None
    last_day: date | None = None


@dataclass(frozen=True)
class Scenario:
    """`margin`, `least` and `likely` are points; `least` and `likely` are None where too few answers are expected."""

    asks: int
    rate: float
    answers: int
    margin: float
    least: float | None
    likely: float | None
    weeks: int | None = None


@dataclass(frozen=True)
class Plan:
    """`expected` is None while nothing is known or assumed of the response rate. `four_fifths` is the day by which four
    of five of the answers to a wave are there."""

    past: Past
    asks: Asks
    assumed_rate: float | None
    expected: Scenario | None
    scenarios: list[Scenario]
    four_fifths: date | None


_SPEED: Final = """
    SELECT count(*), percentile_cont(0.8) WITHIN GROUP (ORDER BY extract(epoch FROM answered.after))
    FROM (
        SELECT r.responded_at - i.sent_at AS after
        FROM (SELECT invitation_id, responded_at FROM surveys_response
               WHERE organization_id = %s AND channel = 'email' ORDER BY responded_at DESC, id DESC LIMIT 2000) r
        JOIN surveys_invitation i ON i.id = r.invitation_id
        WHERE i.sent_at IS NOT NULL AND r.responded_at >= i.sent_at
    ) answered
"""


def past(organization: Organization, *, at: datetime) -> Past:
    """Four statements at most, whatever the number of responses."""
    today = local_day(at, ZoneInfo(organization.time_zone))
    year = Period(today - timedelta(days=364), today)
    found = funnels.funnel(organization, year, Filters()) or funnels.Funnel()
    ((answers, seconds),) = fetched(_SPEED, [organization.pk])
    days = max(1, round(seconds / 86_400 + 0.499)) if answers >= FEWEST_ANSWERS else None
    shown = Period(today - timedelta(days=89), today)
    before = _split(organization, shown)
    if before.is_too_few:
        shown, before = year, _split(organization, year)
    rate = Rate(found.answered, max(found.delivered, found.answered))
    return Past(rate, days, before, shown.first, shown.last)


def _split(organization: Organization, period: Period) -> Split:
    cells = counts.scores(Question(organization, period, Filters()))
    return Split.of_scores([sum(column) for column in zip(*cells.values(), strict=True)] or [0] * 11)


def plan(known: Past, asks: Asks, assumed_rate: float | None = None) -> Plan:
    """`assumed_rate` (0…1) is somebody's own, instead of the past's."""
    rate = assumed_rate if assumed_rate is not None else known.rate.value if known.is_known else None
    expected = _scenario(known, asks, rate) if rate is not None else None
    if asks.a_week is not None and rate is not None:
        scenarios = [_scenario(known, asks, rate, weeks) for weeks in WEEKS]
    else:
        scenarios = [_scenario(known, asks, each) for each in _rates(known, rate, assumed_rate)]
    days = known.days or ASSUMED_DAYS
    return Plan(
        known, asks, assumed_rate, expected, scenarios, asks.last_day + days * ONE_DAY if asks.last_day else None
    )


def _rates(known: Past, rate: float | None, assumed: float | None) -> Iterable[float]:
    """The past's interval around its rate; around an assumption half and one and a half of it; a range without either."""
    if rate is None:
        return ASSUMED_RATES
    if assumed is not None or known.rate.range is None:
        return (rate / 2, rate, min(1.0, 1.5 * rate))
    return (known.rate.range.low, rate, known.rate.range.high)


def _scenario(known: Past, asks: Asks, rate: float, weeks: int | None = None) -> Scenario:
    if asks.a_week is not None:
        weeks = weeks or 4
        people = round(asks.a_week * weeks)
    else:
        people = asks.people
    answers = round(people * rate)
    return Scenario(
        asks=people,
        rate=rate,
        answers=answers,
        margin=nps.expected_margin(answers, known.before),
        least=nps.least_change(answers, known.before),
        likely=nps.likely_seen_change(answers, known.before),
        weeks=weeks,
    )
