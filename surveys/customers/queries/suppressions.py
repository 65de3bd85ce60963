"""Reads about addresses that must not be mailed. Only their hashes are stored: an address is shown while a customer has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import Count

from surveys.accounts.models import Organization
from surveys.customers import addresses
from surveys.customers.models import Customer, Suppression

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
