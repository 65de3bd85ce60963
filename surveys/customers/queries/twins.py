"""Rows that are likely the same person."""

from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.accounts.models import Organization
from surveys.customers.models import Customer

MOST: Final = 30  # groups of each kind


@dataclass(frozen=True)
class Twins:
    """Two of a group, the first and the last added; `count` is how many the group has."""

    why: str | Promise
    first: Customer
    last: Customer
    count: int


# One look at all rows, in memory: about a second for a million people, a hundredth for ten thousand.
_ALIKE: Final = """
    SELECT min(id), max(id), count(*) FROM surveys_customer
     WHERE organization_id = %s AND {there} GROUP BY {key} HAVING count(*) > 1 ORDER BY max(id) DESC LIMIT %s
"""
_SIGNS: Final = (
    (
        _("Same name, same domain"),
        "name <> '' AND email_key IS NOT NULL",
        "lower(name), split_part(email_key, '@', 2)",
    ),
    (_("External IDs differ in case only"), "external_id IS NOT NULL", "lower(external_id)"),
)


def likely_twins(organization: Organization) -> list[Twins]:
    """The latest groups of each kind. Six statements, however many there are."""
    found: dict[tuple[int, int], tuple[str | Promise, int]] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        for why, there, key in _SIGNS:
            cursor.execute(_ALIKE.format(there=there, key=key), [organization.pk, MOST])
            for first, last, count in cursor.fetchall():
                found.setdefault((first, last), (why, count))
    ids = {pk for pair in found for pk in pair}
    people = Customer.objects.filter(organization=organization).in_bulk(ids)
    return [Twins(why, people[first], people[last], count) for (first, last), (why, count) in found.items()]


def alike(customer: Customer) -> list[Customer]:
    """Who might be the same person as this one: by name, or by external ID; at most ten, by index."""
    others = Customer.objects.filter(organization=customer.organization_id).exclude(pk=customer.pk)
    signs = Q(pk__in=[])
    if customer.name:
        signs |= Q(search_key__startswith=Lower(Value(f"{customer.name} ")))
    if customer.external_id:
        signs |= Q(external_id__in={customer.external_id.lower(), customer.external_id.upper()})
    return list(others.filter(signs).order_by("pk")[:10])
