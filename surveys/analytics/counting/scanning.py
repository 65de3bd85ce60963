"""The third exact path: what neither rollups nor indexes answer is counted response by response, or ask by ask.

Few are counted at once. Many are counted by a task, some days at a time (`actions.scans`); until enough is counted a
question raises Unfinished, and the page shows how far it is. What was found stands per day (ScanDay) and is used again as
long as nothing of the day has changed. Every change of what counts appends deltas, and folding them counts the day's
DayChange up: so the number of folds and the number of deltas that are not folded are a day's version, read in the same
statement as the count itself. Days whose version is another one are counted anew.
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection

from surveys.accounts.models import Organization
from surveys.core.filters import Filters
from surveys.core.periods import Period

ANSWERS: Final = "answers"
ASKS: Final = "asks"
WORTH: Final = "worth"  # of people: see counting.people

Days = dict[date, dict[str, list[int]]]  # counts by value, of each day
Counter = Callable[[Sequence[date]], Days]


@dataclass(frozen=True)
class Wanted:
    """A question without its days: about answers or asks, whom filters let pass, told apart by a dimension.

    What people did in a period is not the sum of its days: such a question is about the period `during`.
    """

    organization: Organization
    about: str
    filters: Filters
    by: str | None = None
    during: Period | None = None

    @property
    def question(self) -> dict[str, Any]:
        meant = self.filters.meant
        whole = self.filters.of_any_score.during(None, None).narrowed(state=None)
        days = {"days": [day.isoformat() for day in self.during.ends]} if self.during else {}
        return {
            "about": self.about,
            "query": whole.to_query(),
            "by": self.by,
            "meaning": meant.identity if meant else "",
            **days,
        }

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self.question, sort_keys=True).encode()).hexdigest()

    @property
    def is_of_people(self) -> bool:
        return self.during is not None or bool(self.filters.meant and self.filters.meant.is_of_people)

    @property
    def fresh_since(self) -> datetime | None:
        """What was found earlier about people is too old; None where age does not matter."""
        meant = self.filters.meant
        return meant.at - timedelta(seconds=settings.SCAN_KEPT_SECONDS) if meant and meant.is_of_people else None


@dataclass(frozen=True)
class Missing:
    """A question whose answer is not counted yet: over these days, about so many responses (or asks) of `among`."""

    wanted: Wanted
    period: Period
    left: int
    among: int


class Unfinished(Exception):
    """Some questions are too long to be answered at once; `missing` says which. A page shows their progress."""

    def __init__(self, missing: Sequence[Missing]) -> None:
        super().__init__(f"{len(missing)} questions are being counted")
        self.missing = tuple(missing)


def together(*asks: Callable[[], Any]) -> list[Any]:
    """The answers of several questions. Raises Unfinished with all that are unfinished, so that they go on side by side."""
    found: list[Any] = []
    missing: list[Missing] = []
    for ask in asks:
        try:
            found.append(ask())
        except Unfinished as unfinished:
            missing.extend(unfinished.missing)
    if missing:
        raise Unfinished(missing)
    return found


def counted(wanted: Wanted, period: Period, count: Counter) -> Days:
    """Counts by value of each day; two statements at most. `count` counts days at once. Raises Unfinished."""
    days = standing(wanted, [period])
    missing = [day for day in days if day.cells is None]
    left = sum(day.total for day in missing)
    if left > settings.SCAN_INLINE:
        raise Unfinished([Missing(wanted, period, left, sum(day.total for day in days))])
    found = {day.day: day.cells for day in days if day.cells is not None}
    return found | (count([day.day for day in missing]) if missing else {})


def bucket_of(day: date, starts: Sequence[date]) -> int:
    return bisect_right(starts, day) - 1


# --- what is counted already


@dataclass(frozen=True)
class Standing:
    """A day on which there is something to count: how much, and what a scan found there, if that still holds."""

    day: date
    total: int
    cells: dict[str, list[int]] | None


_ROLLED: Final = {
    ANSWERS: (
        "surveys_scorecount",
        "c.s0 + c.s1 + c.s2 + c.s3 + c.s4 + c.s5 + c.s6 + c.s7 + c.s8 + c.s9 + c.s10",
        "surveys_scoredelta",
        "c.responses",
    ),
    ASKS: ("surveys_invitationcount", "c.sent", "surveys_invitationdelta", "c.sent"),
}


def _standing(about: str) -> str:
    counts, total, deltas, change = _ROLLED[about]
    return f"""
        WITH periods AS (SELECT * FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS p(first, last)),
        rolled AS (
            SELECT day, sum(total) AS total, sum(unfolded) AS unfolded FROM (
                SELECT c.day, {total} AS total, 0 AS unfolded FROM {counts} c
                WHERE c.organization_id = %(organization)s AND c.dimension = ''
                      AND c.day BETWEEN %(first)s AND %(last)s
                UNION ALL
                SELECT c.day, {change}, 1 FROM {deltas} c
                WHERE c.organization_id = %(organization)s AND c.day BETWEEN %(first)s AND %(last)s
            ) AS rows GROUP BY day
        )
        SELECT r.day, r.total, d.cells FROM rolled r
        LEFT JOIN surveys_daychange v
            ON v.organization_id = %(organization)s AND v.about = '{about}' AND v.day = r.day
        LEFT JOIN surveys_scan s
            ON s.organization_id = %(organization)s AND s.digest = %(digest)s
               AND (%(fresh)s::timestamptz IS NULL OR s.finished_at IS NULL OR s.finished_at > %(fresh)s)
        LEFT JOIN surveys_scanday d
            ON d.organization_id = %(organization)s AND d.scan_id = s.id AND d.day = r.day AND d.round = s.round
               AND d.changes = coalesce(v.changes, 0) AND d.unfolded = r.unfolded
        WHERE r.total > 0 AND EXISTS (SELECT FROM periods p WHERE r.day BETWEEN p.first AND p.last)
        ORDER BY r.day DESC
    """


_STANDING: Final = {about: _standing(about) for about in _ROLLED}


def standing(wanted: Wanted, periods: Sequence[Period]) -> list[Standing]:
    """The days of the periods that have anything, newest first; one statement."""
    parameters: dict[str, Any] = {
        "organization": wanted.organization.pk,
        "digest": wanted.digest,
        "firsts": [period.first for period in periods],
        "lasts": [period.last for period in periods],
        "first": min(period.first for period in periods),
        "last": max(period.last for period in periods),
        "fresh": wanted.fresh_since,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STANDING[wanted.about], parameters)
        return [
            Standing(day, int(total), json.loads(cells) if cells else None) for day, total, cells in cursor.fetchall()
        ]
