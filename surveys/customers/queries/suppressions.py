"""Reads about addresses that must not be mailed. Only their hashes are stored: an address is shown while a customer has it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Count

from surveys.accounts.models import Organization
from surveys.customers import addresses
from surveys.customers.models import Customer, Suppression, SuppressionLine, SuppressionList

PAGE: Final = 50


@dataclass(frozen=True)
class Suppressed:
    """`customer` is None when nobody has the address any more."""

    suppression: Suppression
    customer: Customer | None


@dataclass(frozen=True)
class Page:
    """Newest first; `after` is the cursor of the next page, 0 on the last. `counts` are of all, by reason."""

    rows: list[Suppressed]
    after: int
    counts: dict[str, int]


def page(organization: Organization, *, reason: str = "", address: str = "", after: int = 0) -> Page:
    """Three statements at most. `address` finds the one suppression of that address."""
    everything = Suppression.objects.filter(organization=organization)
    found = everything.filter(reason=reason) if reason else everything
    if address:
        found = found.filter(address_hash=addresses.address_hash(organization.pk, addresses.normalized(address)))
    if after:
        found = found.filter(pk__lt=after)
    rows = list(found.order_by("-pk")[: PAGE + 1])
    shown = rows[:PAGE]
    customers = who_has(organization, [row.address_hash for row in shown])
    by_reason = everything.values_list("reason").annotate(count=Count("pk")).order_by()
    return Page(
        [Suppressed(row, customers.get(row.address_hash)) for row in shown],
        shown[-1].pk if len(rows) > PAGE else 0,
        dict(by_reason),
    )


_WHO: Final = f"""
    SELECT s.digest, c.id FROM surveys_customer c
    CROSS JOIN LATERAL (SELECT {addresses.HASH_SQL.format(key="c.email_key")} AS digest) s
    WHERE c.organization_id = %(organization)s AND c.suppression <> '' AND s.digest = ANY(%(digests)s)
"""


def who_has(organization: Organization, digests: Sequence[str]) -> dict[str, Customer]:
    """The customers with these addresses, by hash: looks through those who are suppressed."""
    if not digests:
        return {}
    scope: dict[str, Any] = addresses.hash_parameters(organization.pk) | {"digests": list(digests)}
    with connection.cursor() as cursor:
        cursor.execute(_WHO, scope)
        ids = dict(cursor.fetchall())
    people = Customer.objects.select_related("organization").in_bulk(ids.values())
    return {digest: people[pk] for digest, pk in ids.items() if pk in people}


# ── As files, and from files ─────────────────────────────────────────────────────────────────────────────────────────
class Exported(NamedTuple):
    """`address` is "" when no customer has it any more."""

    address: str
    digest: str
    reason: str
    source: str
    at: datetime


_EXPORT: Final = f"""
    SELECT coalesce(c.email, ''), s.address_hash, s.reason, s.source, s.at
    FROM surveys_suppression s
    LEFT JOIN (
        SELECT p.email, {addresses.HASH_SQL.format(key="p.email_key")} AS digest FROM surveys_customer p
        WHERE p.organization_id = %(organization)s AND p.suppression <> '' AND p.email_key IS NOT NULL
    ) c ON c.digest = s.address_hash
    WHERE s.organization_id = %(organization)s ORDER BY s.id
"""
_AT_ONCE: Final = 2_000


def everything(organization: Organization) -> Iterator[Exported]:
    """Oldest first, in the memory of a few rows."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_EXPORT, addresses.hash_parameters(organization.pk))
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from (Exported(*row) for row in rows)


def lists(organization: Organization, limit: int = 10) -> list[SuppressionList]:
    """Newest first."""
    found = SuppressionList.objects.filter(organization=organization).select_related("organization", "created_by")
    return list(found.order_by("-pk")[:limit])


def refused(found: SuppressionList) -> Iterator[SuppressionLine]:
    """In the order of the file."""
    mine = SuppressionLine.objects.filter(organization=found.organization_id, list=found).exclude(problem="")
    return mine.order_by("line").iterator(_AT_ONCE)
