"""Reads about customers: the list, one person, lists that were imported."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import F, IntegerField, Q, Value
from django.db.models.functions import Coalesce

from surveys.accounts.models import Organization
from surveys.customers.models import Customer, CustomerQuerySet, ImportJob, ImportRefusal, Property

PAGE = 50
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

_SCORE = Coalesce("last_score", Value(-1), output_field=IntegerField())
_ANSWERED = Coalesce("last_answered_at", Value(_LONG_AGO))

# What each sort orders by, and whether it goes down; the id settles ties in the same direction.
_SORTS: dict[str, tuple[Any, bool]] = {
    "newest": (F("pk"), True),
    "name": (F("search_key"), False),
    "score": (_SCORE, True),
    "answer": (_ANSWERED, True),
}
SORTS = tuple(_SORTS)


@dataclass(frozen=True)
class Page:
    """A page of the list. `after` is the cursor of the next page, "" on the last."""

    customers: list[Customer]
    after: str
    matching: int
    total: int


def page(organization: Organization, *, words: str = "", sort: str = "newest", after: str = "") -> Page:
    """Fifty people behind the cursor; three statements at most, however many there are."""
    everybody = Customer.objects.filter(organization=organization)
    found = everybody.matching(words) if words else everybody
    rows = list(_behind(_ordered(found, sort), sort, after)[: PAGE + 1])
    total = everybody.count()
    return Page(
        customers=rows[:PAGE],
        after=_cursor(rows[PAGE - 1]) if len(rows) > PAGE else "",
        matching=found.count() if words else total,
        total=total,
    )


def _ordered(found: CustomerQuerySet, sort: str) -> CustomerQuerySet:
    expression, goes_down = _SORTS[sort]
    sign = "-" if goes_down else ""
    return found.annotate(place=expression).order_by(f"{sign}place", f"{sign}pk")


def _behind(found: CustomerQuerySet, sort: str, after: str) -> CustomerQuerySet:
    """A cursor that was not made by `_cursor` for this sort is the first page."""
    try:
        place, pk = json.loads(urlsafe_b64decode(after))
        place = datetime.fromisoformat(place) if sort == "answer" else place
    except (ValueError, TypeError):
        return found
    if type(place) is not _PLACE_TYPES[sort] or type(pk) is not int:
        return found
    beyond = "lt" if _SORTS[sort][1] else "gt"
    return found.filter(Q(**{f"place__{beyond}": place}) | Q(place=place, **{f"pk__{beyond}": pk}))


_PLACE_TYPES = {"newest": int, "name": str, "score": int, "answer": datetime}


def _cursor(last: Customer) -> str:
    place = last.place  # type: ignore[attr-defined]
    place = place.isoformat() if isinstance(place, datetime) else place
    return urlsafe_b64encode(json.dumps([place, last.pk]).encode()).decode()


def declared_properties(organization: Organization) -> list[Property]:
    return list(Property.objects.filter(organization=organization))


@dataclass(frozen=True)
class Fact:
    """A property as a person reads it."""

    label: str
    value: Any
    type: str


def properties_of(customer: Customer) -> list[Fact]:
    """The set properties in their declared order."""
    declared = declared_properties(customer.organization)
    return [Fact(p.label, customer.properties[p.key], p.type) for p in declared if p.key in customer.properties]


def imports(organization: Organization) -> list[ImportJob]:
    """The latest lists, newest first."""
    return list(ImportJob.objects.filter(organization=organization).select_related("created_by").order_by("-pk")[:20])


def first_refusals(job: ImportJob, limit: int = 20) -> list[ImportRefusal]:
    return list(ImportRefusal.objects.filter(organization=job.organization, job=job).order_by("line")[:limit])


def refusals(job: ImportJob) -> Iterator[ImportRefusal]:
    """All of them by line, in constant memory."""
    return ImportRefusal.objects.filter(organization=job.organization, job=job).order_by("line").iterator(2000)
