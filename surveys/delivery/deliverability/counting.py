"""What became of mails, by organization, day and recipient domain: counted where it happens, at the end of the transaction.

A message counts on the day (the organization's) on which it left, whenever the news comes: so the counts of one row are
about the same messages, and a rate is one of their shares. What was refused at once counts as sent and as bounced, on the
day of the refusal. Asks and reminders count; tests and mails of the product do not. docs/deliverability.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
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
    """`n` more messages (fewer, when something was taken back) of the organization to `domain` that left on `day`."""

    organization: int
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


def add(rows: Iterable[Counted], *, at: datetime) -> None:
    """Count them. To be called last in a transaction, once: rows are locked in the order of their keys until it ends."""
    sums: dict[Key, dict[Column, int]] = defaultdict(lambda: dict.fromkeys(Column, 0))
    for row in rows:
        sums[row.organization, row.day, row.domain][row.column] += row.n
    if all(n >= 0 for counts in sums.values() for n in counts.values()):
        _add(sorted(sums.items()))
        return
    for key, counts in sorted(sums.items()):
        _add([(key, {column: max(0, n) for column, n in counts.items()})])
        _take_back(key, {column: min(0, n) for column, n in counts.items()})


def _add(counted: Sequence[tuple[Key, dict[Column, int]]]) -> None:
    if not counted:
        return
    params: dict[str, list] = {str(column): [counts[column] for _key, counts in counted] for column in Column}
    for number, name in enumerate(("organizations", "days", "domains")):
        params[name] = [key[number] for key, _counts in counted]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, params)


def _take_back(key: Key, counts: dict[Column, int]) -> None:
    organization, day, domain = key
    params = {str(column): n for column, n in counts.items()}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK, {**params, "organization": organization, "day": day, "domain": domain})
