"""The list of customers: who passes its filters, page by page."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Case, DateTimeField, DurationField, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Greatest, Lower, Trim
from django.utils.translation import gettext_lazy

from surveys.accounts.models import Organization
from surveys.core import nps
from surveys.core.choices import Category
from surveys.core.conditions import compiler
from surveys.core.conditions.catalogue import Catalogue
from surveys.core.conditions.tree import Group
from surveys.core.conditions.values import YEARS
from surveys.customers import list_filters, values
from surveys.customers.list_filters import NO_FILTERS, UNSET, ListFilters
from surveys.customers.models import Customer, CustomerQuerySet, Property, PropertySet, PropertyType, SuppressionReason
from surveys.customers.queries import conditions, paging
from surveys.customers.queries.counting import Count, count, count_all
from surveys.customers.queries.paging import Place
from surveys.customers.queries.segments import PREVIEW, Meaning, Size
from surveys.customers.values import Kind

PAGE: Final = 50
SORTS: Final = list_filters.SORTS
MOST_WORDS: Final = 6
SHORTEST_PART: Final = 3  # characters; trigrams find shorter ones at the beginning of a word only


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: after a place, before one, at a value (`start`) – or at the top."""

    after: str = ""
    before: str = ""
    start: str = ""


TOP: Final = Cursor()


@dataclass(frozen=True)
class Page:
    """A page of the list. `after` and `before` are the cursors of its neighbours, "" where there is none."""

    customers: list[Customer]
    after: str
    before: str
    matching: Count
    total: Count


def page(organization: Organization, filters: ListFilters = NO_FILTERS, *, at: datetime, cursor: Cursor = TOP) -> Page:
    """Fifty people; as many statements however many there are. Raises conditions.BadCondition.

    Each has `rests_until`: when the organization's throttle lets go of them, None when it does not hold them at `at`;
    and `wished_until`: when their own wish to be asked less often does.
    Whom the words name exactly – the address, the external ID – stand above the others.
    """
    found = matching(organization, filters, at=at)
    exact = _named(found, filters.words) if filters.words and cursor == TOP else []
    resting = _with_rest(found, organization, at)
    rows, after, before = _rows(resting, filters.sort, cursor, organization)
    if exact:
        pinned = list(resting.filter(pk__in=exact))
        rows = [*pinned, *(row for row in rows if row.pk not in exact)]
    total = count_all(Customer.objects.filter(organization=organization))
    narrowed = count(found) if filters.is_narrowed else total
    return Page(rows, after, before, narrowed, total)


def _rows(
    found: CustomerQuerySet, sort: str, cursor: Cursor, organization: Organization
) -> tuple[list[Customer], str, str]:
    """A page of rows and the cursors of its neighbours."""
    found = found.select_related("owner")
    end = paging.decoded(cursor.before, sort) if cursor.before else None
    if end is not None:
        rows = paging.before(found, sort, end, PAGE + 1)
        if len(rows) > PAGE:
            return rows[1:], _encoded(rows[-1], sort), _encoded(rows[1], sort)
    begin = paging.decoded(cursor.after, sort) if cursor.after else _start(cursor.start, sort, organization)
    rows = paging.behind(found, sort, None if end else begin, PAGE + 1)
    after = _encoded(rows[PAGE - 1], sort) if len(rows) > PAGE else ""
    is_top = end is not None or begin is None
    return rows[:PAGE], after, "" if is_top or not rows else _encoded(rows[0], sort)


def _encoded(customer: Customer, sort: str) -> str:
    return paging.place_of(customer, sort).encoded()


def _start(text: str, sort: str, organization: Organization) -> Place | None:
    """Just before the first row that what a person typed stands for; None when it says nothing in this order."""
    order = paging.ORDERS[sort]
    value = _START_READERS[order.type](text, organization) if text and order.field != "id" else None
    if value is None:
        return None
    return Place(_beyond_all(value) if order.goes_down else value, 0)


def _read_text(text: str, organization: Organization) -> str | None:
    return text.replace("\0", "").lower()[:100] or None


def _read_score(text: str, organization: Organization) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]|10", text) else None


def _read_day(text: str, organization: Organization) -> datetime | None:
    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day, time(), ZoneInfo(organization.time_zone)) if day.year in YEARS else None


_START_READERS: Final[dict[type, Any]] = {str: _read_text, int: _read_score, datetime: _read_day}


def _beyond_all(value: Any) -> Any:
    """The first value after all that begin like this one."""
    if isinstance(value, str):
        return value + "\U0010ffff"
    return value + (timedelta(days=1) if isinstance(value, datetime) else 1)


def rows(
    organization: Organization, filters: ListFilters, *, fields: Collection[str], at: datetime
) -> Iterator[Customer]:
    """All who pass, with name, address and these fields, in the order of the list, in constant memory.

    Raises BadCondition at once.
    """
    found = _with_rest(matching(organization, filters, at=at), organization, at)
    found = found.select_related("owner") if "owner" in fields else found
    return paging.ordered(found.only("name", "email", *fields), filters.sort).iterator(chunk_size=2000)


def meaning(
    organization: Organization, filters: ListFilters, tree: Group, known: Catalogue, *, at: datetime
) -> Meaning:
    """Whom conditions hold for among those who pass the filters. Raises BadCondition, of the filters."""
    found = matching(organization, filters, at=at).meeting(compiler.compile_where(tree, known, "c", at))
    size = found.aggregate(customers=models.Count("pk"), with_address=models.Count("email"))
    return Meaning(Size(**size), tuple(found.order_by("-pk")[:PREVIEW]))


def misfits(organization: Organization, filters: ListFilters) -> list[str]:
    """In words, which values no property of its type can have: nobody passes such a filter."""
    declared = {known.key: known for known in Property.objects.filter(organization=organization)}
    asked = [(declared[key], value) for key, wanted in filters.properties if key in declared for value in wanted]
    return [
        _MISFITS[PropertyType(known.type)] % {"value": v, "name": known.label}
        for known, v in asked
        if v and _misfits(known, v)
    ]


_MISFITS: Final = {
    PropertyType.NUMBER: gettext_lazy("“%(value)s” is not a number, and %(name)s is one. Write it like 1234.5."),
    PropertyType.DATE: gettext_lazy("“%(value)s” is not a date, and %(name)s is one. Write it like 2026-03-31."),
    PropertyType.BOOLEAN: gettext_lazy("“%(value)s” is neither yes nor no, and %(name)s is one of them."),
}


def _misfits(known: Property, value: str) -> bool:
    if known.type == PropertyType.DATE:
        return not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII) or not values.fits(Kind.DATE, value)
    return known.type != PropertyType.TEXT and isinstance(_stored(known, value), str)


def _with_rest(found: CustomerQuerySet, organization: Organization, at: datetime) -> CustomerQuerySet:
    throttle = timedelta(days=organization.throttle_days)
    free_again = ExpressionWrapper(F("last_asked_at") + Value(throttle), output_field=DateTimeField())
    return found.annotate(wish=_WISH).annotate(
        rests_until=Case(When(last_asked_at__gt=at - throttle, then=free_again), default=None),
        wished_until=Case(When(wish__gt=at, then=F("wish")), default=None),
    )


# What they chose on their preference page; null without a wish.
_WISHED_GAP: Final = ExpressionWrapper(F("rest_days") * Value(timedelta(days=1)), output_field=DurationField())
_AFTER_GAP: Final = ExpressionWrapper(F("last_asked_at") + _WISHED_GAP, output_field=DateTimeField())
_WISH: Final = Greatest(F("resting_until"), Case(When(rest_days__gt=0, then=_AFTER_GAP)), output_field=DateTimeField())


# ── Who passes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def matching(organization: Organization, filters: ListFilters, *, at: datetime) -> CustomerQuerySet:
    """In no order. Raises conditions.BadCondition when `where` or the segment cannot be understood."""
    found = Customer.objects.filter(organization=organization)
    if filters.words:
        found = _with_words(found, filters.words)
    found = found.filter(
        *_by_mail(organization, filters.mail, at),
        *_by_category(filters.category),
        *_ever("last_asked_at", filters.asked),
        *_ever("last_answered_at", filters.answered),
        *_by_owner(filters.owner),
    )
    if filters.language is not None:
        found = found.filter(language=filters.language)
    if filters.properties:
        found = _with_properties(found, organization, filters)
    if filters.where or filters.segment is not None:
        found = conditions.meeting(found, organization, filters, at=at)
    return found


def _with_words(found: CustomerQuerySet, words: str) -> CustomerQuerySet:
    """Every word; or the external ID as a whole.

    Whose ID it is, is asked first: joined by OR to the words it would make PostgreSQL look for these in everybody's
    customers, and not in the organization's.
    """
    has_words = Q()
    for word in words.split()[:MOST_WORDS]:
        has_words &= _has_word(word)
    named = found.filter(external_id=words).values_list("pk", flat=True).first()
    return found.filter(has_words if named is None else has_words | Q(pk=named))


def _has_word(word: str) -> Q:
    """A part of name or address; one or two characters only where a word begins, for that is what the index can find."""
    if len(word) >= SHORTEST_PART:
        return Q(search_key__contains=Lower(Value(word)))
    return Q(search_key__regex=Lower(Value(f"(^| ){re.escape(word)}")))


def _named(found: CustomerQuerySet, words: str) -> list[int]:
    exactly = Q(email_key=Lower(Trim(Value(words)))) | Q(external_id=words)
    return list(found.filter(exactly).order_by("pk").values_list("pk", flat=True)[:2])


def _by_mail(organization: Organization, mail: str, at: datetime) -> list[Q]:
    resting = Q(last_asked_at__gt=at - timedelta(days=organization.throttle_days))
    addressed = Q(suppression="", email__isnull=False)
    return {
        "": [],
        "may": [addressed, Q(last_asked_at__isnull=True) | ~resting, _is_free(at)],
        "resting": [addressed, resting],
        "less_often": [Q(rest_days__gt=0) | Q(resting_until__gt=at)],
        "no_address": [Q(email__isnull=True)],
        "suppressed": [~Q(suppression="")],
        **{reason: [Q(suppression=reason)] for reason in SuppressionReason.values},
    }[mail]


def _is_free(at: datetime) -> Q:
    """No wish of theirs holds them."""
    rested = Q(resting_until__isnull=True) | Q(resting_until__lte=at)
    days_over = Q(rest_days=0) | Q(last_asked_at__isnull=True) | Q(last_asked_at__lte=Value(at) - _WISHED_GAP)
    return rested & days_over


def _by_category(category: str) -> list[Q]:
    if category == "none":
        return [Q(last_score__isnull=True)]
    scores = [score for score in nps.SCALE if category and nps.classify(score) is Category(category)]
    return [Q(last_score__gte=min(scores), last_score__lte=max(scores))] if scores else []


def _ever(field: str, wanted: str) -> list[Q]:
    return [Q(**{f"{field}__isnull": wanted == "never"})] if wanted else []


def _by_owner(owner: str) -> list[Q]:
    if owner == "none":
        return [Q(owner__isnull=True)]
    return [Q(owner_id=int(owner))] if owner else []


def _with_properties(found: CustomerQuerySet, organization: Organization, filters: ListFilters) -> CustomerQuerySet:
    declared = {known.key: known for known in Property.objects.filter(organization=organization)}
    for key, wanted in filters.properties:
        known = declared.get(key)
        found = found.filter(_has_one_of(organization, known, wanted)) if known else found.none()
    return found


def _has_one_of(organization: Organization, known: Property, chosen: tuple[str, ...]) -> Q:
    """By the property set where there is one: an index finds rare values."""
    if known.segmentable:
        sets = PropertySet.objects.filter(organization=organization)
        lacks = ~Q(values__has_key=known.key) if UNSET in chosen else Q(pk__in=[])
        has = Q(**{f"values__{known.key}__in": [value for value in chosen if value != UNSET]})
        in_sets = Q(property_set__in=sets.filter(has | lacks).values("pk"))
        return in_sets | Q(property_set=None) if UNSET in chosen else in_sets
    wanted = Q(pk__in=[])
    for value in chosen:
        stored = _stored(known, value)
        wanted |= ~Q(properties__has_key=known.key) if value == UNSET else Q(properties__contains={known.key: stored})
    return wanted


def _stored(known: Property, value: str) -> Any:
    """A value of an address as the property stores it; what does not fit its type matches nobody."""
    if known.type == PropertyType.BOOLEAN:
        return {"true": True, "yes": True, "false": False, "no": False}.get(value.lower(), value)
    if known.type == PropertyType.NUMBER and re.fullmatch(r"-?\d{1,30}(\.\d{1,30})?", value, re.ASCII):
        return float(value) if "." in value else int(value)
    return value
