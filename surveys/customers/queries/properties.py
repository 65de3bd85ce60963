"""Reads about properties: what they are filled with, and what changing one would do."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import Count, QuerySet

from surveys.accounts.models import Organization
from surveys.core import readable
from surveys.customers import values
from surveys.customers.models import Property, PropertyType, PropertyUse, PropertyWork
from surveys.customers.values import Kind

SAMPLE: Final = 20_000  # customers that the page of properties looks at, at most
_TELLING: Final = 100  # so many of a sample must have a property, or shares of its values say nothing
_TOP: Final = 5  # values shown of each property
_WORTH_SHOWING: Final = 0.01  # of those who have any
MOST_VALUES_LOOKED_AT: Final = 10_000  # distinct ones, of a property whose type is going to change
_EXAMPLES: Final = 20


def percent(share: float, *, is_sample: bool) -> str:
    """In words that hold: all and nothing of a sample are not all and nothing of everyone."""
    whole = round(100 * share)
    if whole < 1 and (share > 0 or is_sample):
        return "< 1 %"
    return "> 99 %" if whole > 99 and (share < 1 or is_sample) else f"{whole} %"


@dataclass(frozen=True)
class TopValue:
    """`said` is the share for people, "" where too few were looked at to tell."""

    text: str  # as people read it
    share: float  # of those who have any
    said: str


@dataclass(frozen=True)
class Described:
    """A property with what stands in it. `filled` is a share of the customers; `distinct` counts within the sample."""

    property: Property
    filled: float
    said: str  # how many have it
    distinct: int
    top: tuple[TopValue, ...]
    used: int


@dataclass(frozen=True)
class Overview:
    properties: list[Described]
    customers: int
    looked_at: int

    @property
    def is_sample(self) -> bool:
        return self.looked_at < self.customers


# Every n-th customer by id: spread over the whole history of the list, and found without reading the others' rows.
_SPREAD = """
WITH sample AS MATERIALIZED (
    SELECT properties FROM surveys_customer WHERE organization_id = %(org)s AND id %% %(every)s = 0
), counted AS (
    SELECT p.key, p.value, count(*) AS n FROM sample, jsonb_each(properties) p GROUP BY 1, 2
), ranked AS (
    SELECT key, value, n, sum(n) OVER (PARTITION BY key) AS filled, count(*) OVER (PARTITION BY key) AS distinct_values,
           row_number() OVER (PARTITION BY key ORDER BY n DESC, value) AS place
      FROM counted
)
SELECT key, value, n, filled, distinct_values, (SELECT count(*) FROM sample) FROM ranked WHERE place <= %(top)s
 ORDER BY key, place
"""


def overview(organization: Organization) -> Overview:
    """Exact up to SAMPLE customers, beyond that from an even sample of about so many; four statements."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM surveys_customer WHERE organization_id = %s", [organization.pk])
        (customers,) = cursor.fetchone()
        cursor.execute(_SPREAD, {"org": organization.pk, "every": max(1, customers // SAMPLE), "top": _TOP})
        rows = cursor.fetchall()
    found: dict[str, list[tuple[Any, ...]]] = {}
    for key, *figures in rows:
        found.setdefault(key, []).append(tuple(figures))
    looked_at = rows[0][-1] if rows else customers
    declared = Property.objects.filter(organization=organization).annotate(used=Count("uses"))
    declared = declared.order_by("position", "pk")  # grouping drops the usual order
    looked_at = min(customers, looked_at)
    is_sample = looked_at < customers
    described = [_described(each, found.get(each.key, []), looked_at, is_sample=is_sample) for each in declared]
    return Overview(described, customers, looked_at)


def _described(declared: Property, rows: list[tuple[Any, ...]], looked_at: int, *, is_sample: bool) -> Described:
    used: int = declared.used  # type: ignore[attr-defined]
    if not rows:
        return Described(declared, 0.0, percent(0, is_sample=is_sample), 0, (), used)
    _value, _n, filled, distinct, _sample = rows[0]
    tells = not is_sample or filled >= _TELLING
    shares = ((value, n / int(filled)) for value, n, *_rest in rows)
    top = tuple(
        TopValue(
            readable.property_value(declared.type, loaded(value)),
            share,
            percent(share, is_sample=is_sample) if tells else "",
        )
        for value, share in shares
        if share >= _WORTH_SHOWING
    )
    has = int(filled) / max(looked_at, 1)
    return Described(declared, has, percent(has, is_sample=is_sample), distinct, top, used)


def property_uses(found: Property) -> list[PropertyUse]:
    uses = PropertyUse.objects.filter(organization_id=found.organization_id, property=found)
    return list(uses.order_by("user_kind", "user_id"))


def latest_work(organization: Organization) -> list[PropertyWork]:
    return list(PropertyWork.objects.filter(organization=organization).select_related("created_by").order_by("-pk")[:5])


# ── What changing one would do ───────────────────────────────────────────────────────────────────────────────────────


def loaded(stored: str) -> Any:
    """JSON as the database writes it; numbers with a part keep all their digits."""
    return json.loads(stored, parse_float=Decimal)


def as_json(value: Any) -> str:
    """The reverse of `loaded`, of a single value."""
    return format(value, "f") if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def as_text(value: Any) -> str:
    """A stored value as a list would write it, for reading it as another type."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else as_json(value)


def converted(value: Any, kind: Kind) -> str | None:
    """The value as JSON of the kind's type; None when it cannot be read so. What has that type already stays."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool) and kind.type == PropertyType.NUMBER:
        return as_json(value)
    text = as_text(value).strip()
    try:
        return values.as_json(kind)(text) if text else None
    except values.Refused:
        return None


@dataclass(frozen=True)
class Conversion:
    """Customers whose value becomes one of the new type, and those whose value would be lost, with examples.

    `is_partial`: there are more distinct values than were looked at.
    """

    converts: int
    lost: int
    examples: tuple[tuple[str, int], ...]
    is_partial: bool = False

    @property
    def customers(self) -> int:
        return self.converts + self.lost


_VALUES = """
SELECT properties -> %(key)s, count(*) FROM surveys_customer
 WHERE organization_id = %(org)s AND properties ? %(key)s GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(most)s
"""


def conversion(found: Property, kind: Kind) -> Conversion:
    """What changing the type would do, by the values that stand there now. Changes nothing."""
    scope: dict[str, Any] = {"org": found.organization_id, "key": found.key, "most": MOST_VALUES_LOOKED_AT + 1}
    with connection.cursor() as cursor:
        cursor.execute(_VALUES, scope)
        rows = [(loaded(value), count) for value, count in cursor.fetchall()]
    looked_at = rows[:MOST_VALUES_LOOKED_AT]
    lost = [(as_text(value), count) for value, count in looked_at if converted(value, kind) is None]
    total = sum(count for _value, count in looked_at)
    lost_count = sum(count for _value, count in lost)
    return Conversion(total - lost_count, lost_count, tuple(lost[:_EXAMPLES]), len(rows) > len(looked_at))


@dataclass(frozen=True)
class Meeting:
    """Customers by which of two properties they have."""

    only_first: int
    only_second: int
    same: int
    different: int


_MEETING = """
SELECT count(*) FILTER (WHERE properties ? %(first)s AND NOT properties ? %(second)s),
       count(*) FILTER (WHERE properties ? %(second)s AND NOT properties ? %(first)s),
       count(*) FILTER (WHERE properties -> %(first)s = properties -> %(second)s),
       count(*) FILTER (WHERE properties -> %(first)s <> properties -> %(second)s)
  FROM surveys_customer WHERE organization_id = %(org)s AND properties ?| ARRAY[%(first)s, %(second)s]
"""


def meeting(first: Property, second: Property) -> Meeting:
    with connection.cursor() as cursor:
        cursor.execute(_MEETING, {"org": first.organization_id, "first": first.key, "second": second.key})
        return Meeting(*cursor.fetchone())


@dataclass(frozen=True)
class Spread:
    """How many values a property has (counted up to the limit of a comparison and one more), and the longest."""

    distinct: int
    longest: int


_DISTINCT = """
SELECT count(*), coalesce(max(length(value)), 0) FROM (
    SELECT DISTINCT properties ->> %(key)s AS value FROM surveys_customer
     WHERE organization_id = %(org)s AND properties ? %(key)s LIMIT %(most)s) found
"""


def spread(found: Property, most: int) -> Spread:
    with connection.cursor() as cursor:
        cursor.execute(_DISTINCT, {"org": found.organization_id, "key": found.key, "most": most + 1})
        return Spread(*cursor.fetchone())


def filled(found: Property) -> int:
    """Customers who have it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM surveys_customer WHERE organization_id = %s AND properties ? %s",
            [found.organization_id, found.key],
        )
        return int(cursor.fetchone()[0])


def mergeable(found: Property) -> QuerySet[Property]:
    """Those that it could become one with: the others of its type."""
    others = Property.objects.filter(organization_id=found.organization_id, type=found.type)
    return others.exclude(pk=found.pk)


COMPARABLE: Final = (PropertyType.TEXT, PropertyType.BOOLEAN)
