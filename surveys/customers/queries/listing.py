"""The list of customers, page by page."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Case, DateTimeField, ExpressionWrapper, F, IntegerField, Q, Value, When
from django.db.models.functions import Coalesce

from surveys.accounts.models import Organization
from surveys.customers.models import Customer, CustomerQuerySet

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


def page(organization: Organization, *, at: datetime, words: str = "", sort: str = "newest", after: str = "") -> Page:
    """Fifty people behind the cursor; three statements at most, however many there are.

    Each has `rests_until`: when the organization's throttle lets go of them, None when it does not hold them at `at`.
    """
    everybody = Customer.objects.filter(organization=organization)
    found = everybody.matching(words) if words else everybody
    resting = found.annotate(rests_until=_rests_until(timedelta(days=organization.throttle_days), at))
    rows = list(_behind(_ordered(resting, sort), sort, after)[: PAGE + 1])
    total = everybody.count()
    return Page(
        customers=rows[:PAGE],
        after=_cursor(rows[PAGE - 1]) if len(rows) > PAGE else "",
        matching=found.count() if words else total,
        total=total,
    )


def _rests_until(throttle: timedelta, at: datetime) -> Case:
    free_again = ExpressionWrapper(F("last_asked_at") + Value(throttle), output_field=DateTimeField())
    return Case(When(last_asked_at__gt=at - throttle, then=free_again), default=None)


def _ordered(found: CustomerQuerySet, sort: str) -> CustomerQuerySet:
    expression, goes_down = _SORTS[sort]
    sign = "-" if goes_down else ""
    return found.annotate(place=expression).order_by(f"{sign}place", f"{sign}pk")


def _behind(found: CustomerQuerySet, sort: str, after: str) -> CustomerQuerySet:
    """A cursor that was not made by `_cursor` for this sort is the first page."""
    try:
        place, pk = json.loads(urlsafe_b64decode(after))
        place = datetime.fromisoformat(place) if sort == "answer" else place
    except (ValueError, TypeError, RecursionError):
        return found
    if type(place) is not _PLACE_TYPES[sort] or type(pk) is not int or not _is_storable(place):
        return found
    beyond = "lt" if _SORTS[sort][1] else "gt"
    return found.filter(Q(**{f"place__{beyond}": place}) | Q(place=place, **{f"pk__{beyond}": pk}))


def _is_storable(place: Any) -> bool:
    """PostgreSQL has neither NUL nor halves of characters, and a time without a zone says nothing."""
    if isinstance(place, str):
        return "\0" not in place and not any("\ud800" <= character <= "\udfff" for character in place)
    return not isinstance(place, datetime) or place.tzinfo is not None


_PLACE_TYPES = {"newest": int, "name": str, "score": int, "answer": datetime}


def _cursor(last: Customer) -> str:
    place = last.place  # type: ignore[attr-defined]
    place = place.isoformat() if isinstance(place, datetime) else place
    return urlsafe_b64encode(json.dumps([place, last.pk]).encode()).decode()
