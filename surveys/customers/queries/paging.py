"""Orders of the list and places in it. A page costs the same wherever it lies: each order is an index, each place a
row of it, and PostgreSQL goes on from there.

People who lack what the list is ordered by stand at its end, in either direction, newest first: an order has one part
or two, and each is read by an index of its own.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import F, Func, IntegerField, Value
from django.db.models.lookups import GreaterThan, LessThan

from surveys.core import places
from surveys.customers.models import Customer, CustomerQuerySet


@dataclass(frozen=True)
class Order:
    field: str
    goes_down: bool
    type: type
    may_lack: bool = False

    @property
    def turned(self) -> "Order":
        return Order(self.field, not self.goes_down, self.type, self.may_lack)


_NEWEST: Final = Order("id", True, int)
_ORDERS: Final = {
    "newest": _NEWEST,
    "name": Order("search_key", False, str),
    "score": Order("last_score", True, int, may_lack=True),
    "answer": Order("last_answered_at", True, datetime, may_lack=True),
}
ORDERS: Final = _ORDERS | {f"-{name}": order.turned for name, order in _ORDERS.items()}


@dataclass(frozen=True)
class Place:
    """A row of an order: what it is ordered by (None when the row lacks it) and its id."""

    value: Any
    pk: int

    def encoded(self) -> str:
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        return urlsafe_b64encode(json.dumps([value, self.pk]).encode()).decode()


def place_of(customer: Customer, sort: str) -> Place:
    return Place(getattr(customer, ORDERS[sort].field), customer.pk)


def decoded(text: str, sort: str) -> Place | None:
    """None for what `Place.encoded` did not make for this order."""
    order = ORDERS[sort]
    try:
        value, pk = json.loads(urlsafe_b64decode(text))
        if order.type is datetime and value is not None:
            value = places.moment(value) or ""
    except (ValueError, TypeError, RecursionError):
        return None
    return Place(value, pk) if _fits(value, pk, order) else None


def _fits(value: Any, pk: Any, order: Order) -> bool:
    is_right_type = type(value) is order.type or (value is None and order.may_lack)
    return is_right_type and type(pk) is int and abs(pk) < 2**63 and _is_storable(value)


def _is_storable(value: Any) -> bool:
    """PostgreSQL has neither NUL nor halves of characters."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    return not isinstance(value, int) or abs(value) < 2**63


def ordered(found: CustomerQuerySet, sort: str) -> CustomerQuerySet:
    """All of them in one go, for an export."""
    order = ORDERS[sort]
    first, last = F(order.field), F("id")
    if order.goes_down:
        return found.order_by(first.desc(nulls_last=order.may_lack or None), last.desc())
    return found.order_by(first.asc(nulls_last=order.may_lack or None), last.asc())


def behind(found: CustomerQuerySet, sort: str, place: Place | None, limit: int) -> list[Customer]:
    """The next rows after a place, or the first ones."""
    return _read(_parts(ORDERS[sort]), found, place, limit)


def before(found: CustomerQuerySet, sort: str, place: Place, limit: int) -> list[Customer]:
    """The rows just before a place, in the order of the list."""
    backwards = [(order.turned, lacks) for order, lacks in reversed(list(_parts(ORDERS[sort])))]
    return _read(iter(backwards), found, place, limit)[::-1]


Part = tuple[Order, bool | None]  # an order, and whether its people lack what `may_lack` speaks of


def _parts(order: Order) -> Iterator[Part]:
    if not order.may_lack:
        yield order, None
        return
    yield order, False
    yield Order("id", True, int), True


def _read(parts: Iterator[Part], found: CustomerQuerySet, place: Place | None, limit: int) -> list[Customer]:
    listed = list(parts)
    name = next((order.field for order, lacks in listed if lacks is False), "")
    rows: list[Customer] = []
    for order, lacks in _from(listed, place):
        people = found if lacks is None else found.filter(**{f"{name}__isnull": lacks})
        in_part = place if place is not None and lacks in (None, place.value is None) else None
        rows += _in_order(_beyond(people, order, in_part), order)[: limit - len(rows)]
        if len(rows) >= limit:
            break
    return rows


def _from(parts: list[Part], place: Place | None) -> list[Part]:
    """Without the parts that lie wholly on this side of the place."""
    if place is None or len(parts) == 1:
        return parts
    return parts if parts[0][1] == (place.value is None) else parts[1:]


def _in_order(found: CustomerQuerySet, order: Order) -> CustomerQuerySet:
    sign = "-" if order.goes_down else ""
    names = dict.fromkeys([order.field, "id"])
    return found.order_by(*(sign + name for name in names))


def _beyond(found: CustomerQuerySet, order: Order, place: Place | None) -> CustomerQuerySet:
    """Compared as a row of values, which an index on them serves; two comparisons joined by OR it does not."""
    if place is None:
        return found
    if order.field == "id":
        return found.filter(**{"id__lt" if order.goes_down else "id__gt": place.pk})
    compare = LessThan if order.goes_down else GreaterThan
    return found.filter(compare(_row(F(order.field), F("id")), _row(Value(place.value), Value(place.pk))))


def _row(*values: F | Value) -> Func:
    return Func(*values, function="ROW", output_field=IntegerField())
