"""The 90 days after a detractor's answer: who is being watched, until when, and what happened since."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from surveys.accounts.models import Organization
from surveys.analytics.counting.counts import Where
from surveys.analytics.over_time.answered import COUNTED, Pair, Statement
from surveys.analytics.over_time.movers import LATEST, add_filters
from surveys.core.conditions.days import begins
from surveys.core.filters import NO_FILTERS, Filters
from surveys.core.periods import local_day
from surveys.responses.models import Response

DAYS: Final = 90
MOST_SAID: Final = 1000

# The latest detractor's answer that no promoter's came after. The conditions on the customer are those of an index.
_SOURCE: Final = f"""
    FROM surveys_customer c {LATEST} CROSS JOIN LATERAL (
        SELECT d.* FROM surveys_response d
        WHERE d.organization_id = c.organization_id + 0 AND d.customer_id = c.id AND {COUNTED.format("d")} AND d.score <= 6
        ORDER BY d.responded_at DESC, d.id DESC LIMIT 1
    ) AS d
"""
_NOT_RECOVERED: Final = f"""
    NOT EXISTS (
        SELECT FROM surveys_response p
        WHERE p.organization_id = c.organization_id + 0 AND p.customer_id = c.id AND {COUNTED.format("p")} AND p.score >= 9
              AND (p.responded_at, p.id) > (d.responded_at, d.id)
    )
"""


def watched(organization: Organization, at: datetime, filters: Filters = NO_FILTERS) -> Statement:
    """By the latest answer; filters look at the detractor's. Who recovers, that is answers as a promoter, is not watched
    any more; another answer as a detractor begins the 90 days anew."""
    zone = ZoneInfo(organization.time_zone)
    since = local_day(at, zone) - timedelta(days=DAYS)
    where = Where()
    where.add("c.organization_id = %s AND c.last_score < 9", organization.pk)
    where.add("c.last_answered_at >= %s", begins(since, zone))
    where.add("d.responded_at >= %s", begins(since, zone))
    where.add(_NOT_RECOVERED)
    add_filters(where, organization, filters, "d")
    return Statement("n.id, d.id", ("c.last_answered_at", "c.id"), _SOURCE, where)


def count(organization: Organization, at: datetime, most: int = MOST_SAID) -> int:
    """How many people are watched, at most `most`: one statement that stops there, for an overview."""
    return watched(organization, at).count(most)


@dataclass(frozen=True)
class Watched:
    """`low` is the detractor's answer, `latest` the newest one: the same where nothing was answered since."""

    low: Response
    latest: Response

    @classmethod
    def of(cls, pair: Pair) -> "Watched":
        return cls(low=pair.before or pair.now, latest=pair.now)

    @property
    def until(self) -> date:
        """The last day."""
        return self.low.day + timedelta(days=DAYS)

    @property
    def has_answered(self) -> bool:
        return self.latest.pk != self.low.pk

    @property
    def asked_again_at(self) -> datetime | None:
        asked = self.low.customer.last_asked_at if self.low.customer else None
        return asked if asked and asked > self.low.responded_at else None
