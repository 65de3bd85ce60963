"""What became of mails, by organization, day and recipient domain: counted where it happens, at the end of the transaction.

A message counts on the day (the organization's) on which it left, whenever the news comes: so the counts of one row are
about the same messages, and a rate is one of their shares. What was refused at once counts as sent and as bounced, on the
day of the refusal. Asks and reminders count so; tests and mails of the product only in the minutes, which count all that
leaves, when it is told. docs/deliverability.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection

from surveys.accounts.models import Organization
from surveys.core.periods import local_day

LONGEST_DOMAIN: Final = 253


class Column(StrEnum):
    """Those of MailDomainDay."""

    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    SOFT_BOUNCED = "soft_bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True)
class Counted:
    """`n` more messages (fewer, when something was taken back) of the organization to `domain` that left on `day`.

    Those of no organization count in the minutes alone.
    """

    organization: int | None
    day: date
    domain: str
    column: Column
    n: int = 1


def domain_of(address: str) -> str:
    """Nothing for no address."""
    return address.rpartition("@")[2].strip().lower()[:LONGEST_DOMAIN]


def of_message(
    organization: Organization, *, domain: str, sent_at: datetime | None, column: Column, at: datetime
) -> Counted:
    """One message that left at `sent_at`; one that never left counts today."""
    return Counted(organization.pk, local_day(sent_at or at, ZoneInfo(organization.time_zone)), domain, column)


Key = tuple[int, date, str]
Counts = dict[Column, int]

_ADD: Final = """
    INSERT INTO surveys_maildomainday AS t
        (organization_id, day, domain, sent, delivered, bounced, soft_bounced, complained, unsubscribed)
    SELECT * FROM unnest(%(organizations)s::bigint[], %(days)s::date[], %(domains)s::text[], %(sent)s::int[],
        %(delivered)s::int[], %(bounced)s::int[], %(soft_bounced)s::int[], %(complained)s::int[], %(unsubscribed)s::int[])
    ON CONFLICT (organization_id, day, domain) DO UPDATE
    SET sent = t.sent + excluded.sent, delivered = t.delivered + excluded.delivered,
        bounced = t.bounced + excluded.bounced, soft_bounced = t.soft_bounced + excluded.soft_bounced,
        complained = t.complained + excluded.complained, unsubscribed = t.unsubscribed + excluded.unsubscribed
"""
# What never was is not taken back: a row may have been pruned with its counts.
_TAKE_BACK: Final = """
    UPDATE surveys_maildomainday
    SET sent = greatest(0, sent + %(sent)s), delivered = greatest(0, delivered + %(delivered)s),
        bounced = greatest(0, bounced + %(bounced)s), soft_bounced = greatest(0, soft_bounced + %(soft_bounced)s),
        complained = greatest(0, complained + %(complained)s), unsubscribed = greatest(0, unsubscribed + %(unsubscribed)s)
    WHERE organization_id = %(organization)s AND day = %(day)s AND domain = %(domain)s
"""


# Of all organizations. The slots keep those who count at once from waiting for each other; what counts for no organization
# (single mails) has slots of its own, so that it can be told whether the other queue is moving.
SLOTS: Final = 16
_ADD_TO_MINUTE: Final = """
    INSERT INTO surveys_mailminute AS t
        (minute, slot, sent, delivered, bounced, soft_bounced, complained, unsubscribed)
    VALUES (%(minute)s, %(first_slot)s + pg_backend_pid() %% %(slots)s, %(sent)s, %(delivered)s, %(bounced)s, %(soft_bounced)s,
        %(complained)s, %(unsubscribed)s)
    ON CONFLICT (minute, slot) DO UPDATE
    SET sent = t.sent + excluded.sent, delivered = t.delivered + excluded.delivered,
        bounced = t.bounced + excluded.bounced, soft_bounced = t.soft_bounced + excluded.soft_bounced,
        complained = t.complained + excluded.complained, unsubscribed = t.unsubscribed + excluded.unsubscribed
"""


def add(rows: Iterable[Counted], *, at: datetime) -> None:
    """Count them. To be called last in a transaction, once: rows are locked in the order of their keys until it ends."""
    sums: dict[Key, Counts] = defaultdict(_nothing)
    minute = _nothing()
    for row in rows:
        minute[row.column] += max(0, row.n)  # a total only grows
        if row.organization is not None:
            sums[row.organization, row.day, row.domain][row.column] += row.n
    if all(n >= 0 for counts in sums.values() for n in counts.values()):
        _add(sorted(sums.items()))
    else:
        _change(sorted(sums.items()))
    if any(minute.values()):
        _add_to_minute(minute, at, first_slot=0 if sums else SLOTS)


def _nothing() -> Counts:
    return dict.fromkeys(Column, 0)


def _change(counted: Sequence[tuple[Key, Counts]]) -> None:
    """One by one, so that more and fewer are locked in one order."""
    for key, counts in counted:
        _add([(key, {column: max(0, n) for column, n in counts.items()})])
        _take_back(key, {column: min(0, n) for column, n in counts.items()})


def _add(counted: Sequence[tuple[Key, Counts]]) -> None:
    if not counted:
        return
    params: dict[str, list] = {str(column): [counts[column] for _key, counts in counted] for column in Column}
    for number, name in enumerate(("organizations", "days", "domains")):
        params[name] = [key[number] for key, _counts in counted]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, params)


def _take_back(key: Key, counts: Counts) -> None:
    organization, day, domain = key
    params = {str(column): n for column, n in counts.items()}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK, {**params, "organization": organization, "day": day, "domain": domain})


def _add_to_minute(counts: Counts, at: datetime, *, first_slot: int) -> None:
    params: dict[str, Any] = {str(column): n for column, n in counts.items()} | {"first_slot": first_slot}
    with connection.cursor() as cursor:
        cursor.execute(_ADD_TO_MINUTE, {**params, "minute": at.replace(second=0, microsecond=0), "slots": SLOTS})


# ── What has left ────────────────────────────────────────────────────────────────────────────────────────────────────
# Asks are told once by their invitations; of all others the message itself says whether it was counted.
_COUNT_OTHERS: Final = """
    WITH others AS (
        SELECT id FROM surveys_delivery
        WHERE id = ANY(%(ids)s) AND kind <> 'ask' AND NOT is_counted AND sent_at IS NOT NULL
        ORDER BY id FOR UPDATE
    )
    UPDATE surveys_delivery d SET is_counted = true FROM others WHERE d.id = others.id
    RETURNING CASE WHEN d.kind LIKE 'reminder-%%' THEN d.organization_id END, d.to_address, d.sent_at,
        coalesce((SELECT o.time_zone FROM surveys_organization o WHERE o.id = d.organization_id), 'UTC')
"""


def others_sent(deliveries: Sequence[int]) -> list[Counted]:
    """Reminders, tests and mails of the product among them that were sent and not counted; from now on they are.

    Locks the messages: before invitations. The rows are for `add`, at the end of the same transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_OTHERS, {"ids": sorted(deliveries)})
        return [
            Counted(organization, local_day(sent_at, ZoneInfo(zone)), domain_of(address), Column.SENT)
            for organization, address, sent_at, zone in cursor.fetchall()
        ]


# ── Who unsubscribed by a mail ───────────────────────────────────────────────────────────────────────────────────────
_ASKED_AT: Final = """
    SELECT i.organization_id, coalesce(i.sent_day, (%(at)s AT TIME ZONE o.time_zone)::date), d.to_address
    FROM surveys_invitation i JOIN surveys_delivery d ON d.invitation_id = i.id AND d.kind = 'ask'
    JOIN surveys_organization o ON o.id = i.organization_id
    WHERE i.id = ANY(%(invitations)s) AND d.to_address <> ''
"""


def unsubscribed(invitations: Sequence[int], *, n: int, at: datetime) -> list[Counted]:
    """One for each ask by mail: `n` is 1 when its person unsubscribed by it, and −1 when they take it back."""
    with connection.cursor() as cursor:
        cursor.execute(_ASKED_AT, {"invitations": list(invitations), "at": at})
        return [
            Counted(organization, day, domain_of(address), Column.UNSUBSCRIBED, n)
            for organization, day, address in cursor.fetchall()
        ]


# ── From before there were counts ────────────────────────────────────────────────────────────────────────────────────
# Asks by their invitations and reminders by themselves; what is about to be counted where it happens is left to that. Of a
# row that was counted for a part of its day the larger number stands: it counts the rest as well.
_FILL: Final = """
    INSERT INTO surveys_maildomainday AS t
        (organization_id, day, domain, sent, delivered, bounced, soft_bounced, complained, unsubscribed)
    SELECT %(organization)s, past.day, left(lower(split_part(past.address, '@', 2)), 253), count(*), 0,
           count(past.bounced_at), 0, count(past.complained_at), count(past.unsubscribed_at)
    FROM (
        SELECT i.sent_day AS day, coalesce(nullif(d.to_address, ''), c.email, '') AS address, i.bounced_at, i.complained_at,
               i.unsubscribed_at
        FROM surveys_invitation i
        LEFT JOIN surveys_delivery d ON d.invitation_id = i.id AND d.kind = 'ask'
        LEFT JOIN surveys_customer c ON c.id = i.customer_id
        WHERE i.organization_id = %(organization)s AND i.channel = 'email' AND i.sent_day >= %(since)s
        UNION ALL
        SELECT (d.sent_at AT TIME ZONE o.time_zone)::date, d.to_address, NULL, NULL, NULL
        FROM surveys_delivery d JOIN surveys_organization o ON o.id = d.organization_id
        WHERE d.organization_id = %(organization)s AND d.kind LIKE 'reminder-%%' AND d.is_counted IS NOT FALSE
          AND d.sent_at >= %(since)s::timestamp AT TIME ZONE o.time_zone) past
    WHERE past.address LIKE '%%_@_%%'
    GROUP BY 2, 3
    ON CONFLICT (organization_id, day, domain) DO UPDATE
    SET sent = greatest(t.sent, excluded.sent), bounced = greatest(t.bounced, excluded.bounced),
        complained = greatest(t.complained, excluded.complained), unsubscribed = greatest(t.unsubscribed, excluded.unsubscribed)
    WHERE (t.sent, t.bounced, t.complained, t.unsubscribed) IS DISTINCT FROM (
        greatest(t.sent, excluded.sent), greatest(t.bounced, excluded.bounced), greatest(t.complained, excluded.complained),
        greatest(t.unsubscribed, excluded.unsubscribed))
"""


def fill_past(organization: int, *, since: date) -> int:
    """Count the mails of days on which nothing, or not all, was counted; returns how many rows that made or changed.

    Never fewer than a row has, so this may be done again.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FILL, {"organization": organization, "since": since})
        return cursor.rowcount


# ── What need not be kept ────────────────────────────────────────────────────────────────────────────────────────────
KEEP_MINUTES: Final = timedelta(days=2)
KEEP_DAYS: Final = timedelta(days=400)
BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)  # in the place of all minutes that are not kept

_FOLD: Final = """
    WITH gone AS (
        DELETE FROM surveys_mailminute WHERE minute < %(before)s AND minute > %(beginning)s RETURNING *
    ), folded AS (
        INSERT INTO surveys_mailminute AS t
            (minute, slot, sent, delivered, bounced, soft_bounced, complained, unsubscribed)
        SELECT %(beginning)s, 0, sum(sent), sum(delivered), sum(bounced), sum(soft_bounced), sum(complained),
               sum(unsubscribed)
        FROM gone HAVING count(*) > 0
        ON CONFLICT (minute, slot) DO UPDATE
        SET sent = t.sent + excluded.sent, delivered = t.delivered + excluded.delivered,
            bounced = t.bounced + excluded.bounced, soft_bounced = t.soft_bounced + excluded.soft_bounced,
            complained = t.complained + excluded.complained, unsubscribed = t.unsubscribed + excluded.unsubscribed
    )
    SELECT count(*) FROM gone
"""
_PRUNE: Final = """
    DELETE FROM surveys_maildomainday WHERE id IN (
        SELECT old.id FROM surveys_organization o CROSS JOIN LATERAL (
            SELECT m.id FROM surveys_maildomainday m WHERE m.organization_id = o.id AND m.day < %(before)s
            LIMIT %(limit)s) old
        LIMIT %(limit)s)
"""


def fold(*, at: datetime) -> int:
    """Minutes of days before become part of the total; returns how many rows."""
    with connection.cursor() as cursor:
        cursor.execute(_FOLD, {"before": at - KEEP_MINUTES, "beginning": BEGINNING})
        return int(cursor.fetchone()[0])


def prune(*, at: datetime, limit: int = 50_000) -> int:
    """Delete counts of days that no page shows any more; returns how many rows."""
    with connection.cursor() as cursor:
        cursor.execute(_PRUNE, {"before": (at - KEEP_DAYS).date(), "limit": limit})
        return cursor.rowcount
