"""How rollups follow the responses: a delta in the transaction of the change, folded later. See docs/analytics.md.

`record…` are listeners inside the publisher's transaction. A change costs appended rows and touches no shared
one, so concurrent clicks never wait for each other. `fold` moves deltas into the counts; readers add what is
not folded yet in the same statement (analytics.counting.counts), so nobody sees the difference.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from surveys.analytics.upkeep import recount_sql, sql
from surveys.core.filters import PROPERTY_PREFIX
from surveys.core.periods import Bucket, Period, Unit
from surveys.outbox.models import Event

FOLD_LOCK = 0x4E5053  # advisory, one folder at a time in the whole database
FOLD_LIMIT = 50_000
SLICE_ROWS = 500_000

Counted = dict[str, Any]


def record(event: Event) -> None:
    """A response began, ceased or went on to count: its payload says what counted `before` and `after`, or null.

    Both are what `Response.contribution` says.
    """
    changes = [(-1, event.payload["before"]), (1, event.payload["after"])]
    rows = [_delta(event, sign, counted) for sign, counted in changes if counted]
    if not rows:
        return
    statement = sql.RECORD.format(values=", ".join([sql.SCORE_DELTA_VALUES] * len(rows)))
    deltas = [value for row in rows for value in row]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*_change_of_invitation(event), *deltas])


def _delta(event: Event, sign: int, counted: Counted) -> tuple[Any, ...]:
    return (
        event.organization_id,
        counted["campaign"],
        counted["property_set"],
        counted["day"],
        counted["language"],
        counted["channel"],
        counted["sentiment"],
        counted["comment_language"],
        counted["themes"],
        counted["tags"],
        counted["score"],
        sign,
        sign * int(counted["has_comment"]),
    )


def _change_of_invitation(event: Event) -> tuple[int, int, int, int | None]:
    """By how much the invitation is more answered, more commented, and which it is: organization and key."""
    before, after = event.payload["before"], event.payload["after"]
    commented = bool(after and after["has_comment"]) - bool(before and before["has_comment"])
    return bool(after) - bool(before), commented, event.organization_id, (after or before)["invitation"]


def record_imported(event: Event) -> None:
    """Many counted responses were added at once, their invitations are not sent yet; "responses" lists their keys."""
    _record_responses(event, sql.COUNT)


def record_uncounted(event: Event) -> None:
    """Many responses are about to be deleted; the payload lists their keys under "responses"."""
    _record_responses(event, sql.UNCOUNT, sql.UNANSWER)


def record_remarked(event: Event) -> None:
    """Many responses are about to change in whatever they are counted by; "responses" lists their keys.

    The publisher holds them and, before them, their invitations (`responses.actions.forgetting.hold`), and publishes
    `responses.marked` with the same keys when they have changed, in the same transaction.
    """
    _record_responses(event, sql.UNCOUNT, sql.UNANSWER)


def record_marked(event: Event) -> None:
    """They have changed: what counts now is counted as it is."""
    _record_responses(event, sql.COUNT, sql.ANSWER)


def record_uncommented(event: Event) -> None:
    """Many responses are about to lose their comments; the payload lists their keys under "responses"."""
    _record_responses(event, sql.UNCOUNT_COMMENTED, sql.COUNT_UNCOMMENTED, sql.UNCOMMENT_INVITATIONS)


def _record_responses(event: Event, *statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, [event.organization_id, event.payload["responses"]])


def record_sent(event: Event) -> None:
    """Invitations got their sent day in this transaction; what already happened to them comes along."""
    _record_invitations(event, sql.RECORD_SENT)


def record_bounced(event: Event) -> None:
    _record_invitations(event, sql.RECORD_BOUNCED)


def record_unsubscribed(event: Event) -> None:
    _record_invitations(event, sql.RECORD_UNSUBSCRIBED)


def record_resubscribed(event: Event) -> None:
    """The people undid it; each of the invitations had been recorded as unsubscribed."""
    _record_invitations(event, sql.RECORD_RESUBSCRIBED)


def record_forgotten(event: Event) -> None:
    """What was known about those who were asked is gone. Counts stay; what was found by looking at it (ScanDay) does not
    hold any more, so each day gets a delta of nothing, which makes it another version."""
    _record_invitations(event, sql.NOTHING_OF_ANSWERS)
    _record_invitations(event, sql.NOTHING_OF_ASKS)


def _record_invitations(event: Event, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [event.organization_id, event.payload["invitations"]])


def fold(*, limit: int = FOLD_LIMIT) -> int:
    """Move up to `limit` deltas of each kind into the counts; returns how many were moved.

    Does nothing while another fold or a repair runs. Deltas are taken by DELETE … RETURNING: picking them by
    "id greater than the last seen" loses rows that commit late.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [FOLD_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(sql.FOLD_SCORES, [limit])
        folded = cursor.fetchone()[0]
        cursor.execute(sql.FOLD_INVITATIONS, [limit])
        return int(folded + cursor.fetchone()[0])


def clear(organization_id: int, dimension: str) -> None:
    """Forget the cells of a dimension that count nothing any more. Inside the caller's transaction; folding pauses."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FOLD_LOCK])
        while fold() >= FOLD_LIMIT:
            continue
        for statement in sql.CLEAR:
            cursor.execute(statement, [organization_id, dimension])


@dataclass(frozen=True)
class Slice:
    """A piece of an organization's rollups that is compared or repaired at once: one dimension, some months of days."""

    organization: int
    dimension: str
    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.dimension or 'everyone'} {self.first:%Y-%m}"

    @property
    def parameters(self) -> dict[str, Any]:
        return {**vars(self), "key": self.dimension.removeprefix(PROPERTY_PREFIX)}

    @property
    def has_scores(self) -> bool:
        return self.dimension not in recount_sql.OF_ASKS_ALONE

    @property
    def has_invitations(self) -> bool:
        return self.dimension not in recount_sql.OF_ANSWERS_ALONE


@dataclass(frozen=True)
class Gap:
    """What counts and unfolded deltas of one cell lack (or have too much, negative) compared with a recount."""

    table: str
    campaign: int
    day: date
    dimension: str
    value: str
    missing: dict[str, int]

    def __str__(self) -> str:
        """ "… on 2025-03-01, p.plan=Pro: s9 -1, comments +2": what to add for it to be right."""
        told = ", ".join(f"{name} {missing:+}" for name, missing in self.missing.items() if missing)
        whose = f"{self.dimension}={self.value}" if self.dimension else "everyone"
        return f"{self.table} counts of campaign {self.campaign} on {self.day}, {whose}, lack {told}"


def slices(organization_id: int, months: int | None = None) -> list[Slice]:
    """All of an organization's rollups, so many months at once, or as many as `months_at_once` says.

    The cuts are those of the calendar, not of the first day there is: when something older is imported, slices come
    before the others, and the others stay.
    """
    with connection.cursor() as cursor:
        cursor.execute(recount_sql.DAYS, {"organization": organization_id})
        first, last = cursor.fetchone()
        cursor.execute(recount_sql.DIMENSIONS, {"organization": organization_id})
        dimensions = sorted(dimension for (dimension,) in cursor.fetchall())
    pieces = _cut(Period(first, last), months or months_at_once(organization_id)) if first else []
    return [Slice(organization_id, name, piece[0].first, piece[-1].last) for piece in pieces for name in dimensions]


def _cut(period: Period, months: int) -> list[list[Bucket]]:
    """So many months at once, counted from the year 0; the first begins where it would with older days."""
    behind = (period.first.year * 12 + period.first.month - 1) % months
    buckets = Period(_months_before(period.first, behind), period.last).buckets(Unit.MONTH)
    return [buckets[start : start + months] for start in range(0, len(buckets), months)]


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)


def months_at_once(organization_id: int) -> int:
    """So many that a slice has some hundred thousands of answers and asks: each is a statement of its own."""
    with connection.cursor() as cursor:
        cursor.execute(recount_sql.COUNTED_ROWS, {"organization": organization_id})
        (rows,) = cursor.fetchone()
    return max(1, min(36, 36 * SLICE_ROWS // max(1, rows)))


def gaps(piece: Slice) -> list[Gap]:
    """Compares with one snapshot per table, so that it can run while people answer and folds go on."""
    found = []
    if piece.has_scores:
        found += _gaps(piece, "score", recount_sql.score_differences(piece.dimension), recount_sql.SCORES_DIFFER)
    if piece.has_invitations:
        found += _gaps(
            piece, "invitation", recount_sql.invitation_differences(piece.dimension), recount_sql.INVITATIONS_DIFFER
        )
    return found


def _gaps(piece: Slice, table: str, differences: str, differ: str) -> list[Gap]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({differences}) AS missing WHERE {differ} ORDER BY 1, 2, 3", piece.parameters)
        names = [column.name for column in cursor.description][3:]
        return [
            Gap(table, campaign, day, piece.dimension, value, dict(zip(names, map(int, missing), strict=True)))
            for campaign, day, value, *missing in cursor.fetchall()
        ]


def repair(piece: Slice) -> int:
    """Add to the counts what they lack compared with a recount; returns how many cells were wrong.

    Building from nothing is the same act. One statement per table sees responses, deltas and counts in one snapshot,
    so nobody who answers meanwhile waits, is missed or counts twice; only folding pauses. May run twice.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FOLD_LOCK])
        repaired = 0
        if piece.has_scores:
            cursor.execute(recount_sql.repair_scores(piece.dimension), piece.parameters)
            repaired += cursor.rowcount
        if piece.has_invitations:
            cursor.execute(recount_sql.repair_invitations(piece.dimension), piece.parameters)
            repaired += cursor.rowcount
        return repaired


def replace(piece: Slice) -> int:
    """Forget the counts of the slice and make them anew; returns how many cells. Readers see what was there, or all."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FOLD_LOCK])
        for statement in recount_sql.FORGET:
            cursor.execute(statement, piece.parameters)
        return repair(piece)
