"""Sums over the people of a period. Of many they are counted by a task, some customers at a time (`actions.scans`).

Days cannot hold them: somebody who answers again today counts no more for what they said before. And no version tells when
what is known of a customer changed. So what was found is of the minutes in which it was counted, everyone as they were in the
slice that they are in; it says when that was, and is used for SCAN_KEPT_SECONDS.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings

from surveys.accounts.models import Organization
from surveys.analytics.counting import scanning
from surveys.analytics.counting.counts import Where, fetched
from surveys.analytics.counting.scanning import ANSWERS, ASKS, Missing, Unfinished, Wanted
from surveys.analytics.models import JobStatus, Scan
from surveys.analytics.upkeep import sql

_LAST: Final = 2**63 - 1


@dataclass(frozen=True)
class Slice:
    """Customers after the one of the key `after`, up to that of `last`."""

    after: int = 0
    last: int = _LAST

    @property
    def is_the_last(self) -> bool:
        return self.last == _LAST

    def narrow(self, where: Where, owner: str) -> None:
        where.add(f"{owner}.customer_id > %s AND {owner}.customer_id <= %s", self.after, self.last)


@dataclass(frozen=True)
class Kept:
    """What a task found, as it wrote it down."""

    found: dict[str, Any]
    counted_at: datetime


def kept(wanted: Wanted, at: datetime) -> Kept | None:
    """None where there are so few that they are counted at once. Three statements. Raises Unfinished."""
    assert wanted.during
    amount = _amount(wanted)
    if amount <= settings.SCAN_INLINE:
        return None
    scan = Scan.objects.filter(organization=wanted.organization, digest=wanted.digest).first()
    fresh = at - timedelta(seconds=settings.SCAN_KEPT_SECONDS)
    if scan and scan.status == JobStatus.DONE and scan.finished_at and scan.finished_at > fresh:
        return Kept(scan.found or {}, scan.finished_at)
    is_under_way = scan is not None and scan.is_in_work and scan.total > 0
    left, among = (max(scan.total - scan.seen, 0), scan.total) if scan and is_under_way else (amount, amount)
    raise Unfinished([Missing(wanted, wanted.during, left, among)])


def _amount(wanted: Wanted) -> int:
    """Answers and asks of the period, filters or not: among these it is looked."""
    assert wanted.during
    asked = (Wanted(wanted.organization, about, wanted.filters) for about in (ANSWERS, ASKS))
    return sum(day.total for each in asked for day in scanning.standing(each, [wanted.during]))


def slice_after(organization: Organization, after: int, size: int) -> Slice:
    """The next customers who have about so many answers or asks, of all time: both lie in the order of customers."""
    statement = """
        SELECT least(
            (SELECT r.customer_id FROM surveys_response r WHERE r.organization_id = %s AND r.customer_id > %s
             ORDER BY r.customer_id OFFSET %s LIMIT 1),
            (SELECT i.customer_id FROM surveys_invitation i WHERE i.organization_id = %s AND i.customer_id > %s
             ORDER BY i.customer_id OFFSET %s LIMIT 1)
        )
    """
    last = fetched(statement, [organization.pk, after, size] * 2)[0][0]
    return Slice(after, _LAST if last is None else last)


def answers_of(organization: Organization, people: Slice) -> int:
    """How many counted answers they gave, of all time: so many were looked at."""
    where = Where()
    where.add("r.organization_id = %s", organization.pk)
    where.add(sql.COUNTED)
    people.narrow(where, "r")
    return int(fetched(f"SELECT count(*) FROM surveys_response r WHERE {where}", where.parameters)[0][0])
