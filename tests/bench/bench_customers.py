"""The list of customers at ten thousand and at a million people (NPS_BENCH_CUSTOMERS), against the barest SQL.

A page as the product reads it (fifty people, their counts, who rests) against one `SELECT … LIMIT 51` by the same index;
a search against the bare trigram lookup; the file against `COPY … TO STDOUT`; an act on all against one UPDATE.
"""

import os
import resource
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.core import spreadsheets
from surveys.customers import list_columns, list_files, queries
from surveys.customers.list_filters import ListFilters
from surveys.customers.models import Customer, Property
from surveys.customers.queries import Cursor, lookup
from surveys.customers.queries.paging import Place
from tests import factories

LARGE: Final = int(os.environ.get("NPS_BENCH_CUSTOMERS", "1000000"))
SMALL: Final = LARGE // 100
ROUNDS: Final = 5
DEEP: Final = 0.5  # of the list: page 10,000 of a million people
MEGABYTE: Final = 1024

Figure = dict[str, Any]

_FIRST = [
    "Ada",
    "Grace",
    "Alan",
    "Edsger",
    "Barbara",
    "Linus",
    "Margaret",
    "Ken",
    "Radia",
    "Donald",
    "Frances",
    "John",
    "Katherine",
    "Tim",
    "Hedy",
    "Claude",
]
_LAST = [
    "Lovelace",
    "Hopper",
    "Turing",
    "Dijkstra",
    "Liskov",
    "Torvalds",
    "Hamilton",
    "Thompson",
    "Perlman",
    "Knuth",
    "Allen",
    "Backus",
    "Johnson",
    "Lee",
]
_FILL: Final = """
    INSERT INTO surveys_customer (organization_id, email, external_id, name, language, time_zone, properties,
        suppression, created_at, updated_at, last_asked_at, last_answered_at, last_score, asked_count, answered_count)
    SELECT %(organization)s, 'person' || n || '@company' || n %% 5000 || '.example', 'E-' || n,
           (%(first)s)[1 + n %% 16] || ' ' || (%(last)s)[1 + (n / 16) %% 14] || ' ' || substr(md5(n::text), 1, 4),
           (ARRAY['en', 'de', ''])[1 + n %% 3], '', jsonb_build_object('plan', (ARRAY['Free', 'Pro', 'Team'])[1 + n %% 3]),
           CASE WHEN n %% 50 = 0 THEN 'unsubscribed' ELSE '' END, %(at)s, %(at)s,
           CASE WHEN n %% 2 = 0 THEN %(at)s - (n %% 400) * interval '1 day' END,
           CASE WHEN n %% 4 = 0 THEN %(at)s - (n %% 400) * interval '1 day' END,
           CASE WHEN n %% 4 = 0 THEN n %% 11 END, 1, CASE WHEN n %% 4 = 0 THEN 1 ELSE 0 END
      FROM generate_series(1, %(customers)s) n
"""
_FLOOR_PAGE: Final = "SELECT * FROM surveys_customer WHERE organization_id = %s ORDER BY id DESC LIMIT 51"
_FLOOR_DEEP: Final = """
    SELECT * FROM surveys_customer WHERE organization_id = %s AND (search_key, id) > (%s, %s)
    ORDER BY search_key, id LIMIT 51
"""
# The rows, and how many there are up to the limit up to which the product counts.
_FLOOR_SEARCH: Final = """
    SELECT * FROM surveys_customer WHERE organization_id = %(organization)s AND search_key LIKE %(words)s
    ORDER BY id DESC LIMIT 51;
    SELECT count(*) FROM (SELECT 1 FROM surveys_customer WHERE organization_id = %(organization)s
                             AND search_key LIKE %(words)s LIMIT 10001) found
"""
# Who is named exactly, by address or by external ID.
_FLOOR_NAMED: Final = """
    SELECT * FROM surveys_customer WHERE organization_id = %s AND email_key = lower(%s)
    UNION ALL SELECT * FROM surveys_customer WHERE organization_id = %s AND external_id = %s
"""
_FLOOR_FILE: Final = """
    COPY (SELECT name, email, last_score, last_answered_at, suppression FROM surveys_customer WHERE organization_id = {}
           ORDER BY id DESC) TO STDOUT (FORMAT csv)
"""


def run() -> Iterator[Figure]:
    """As the owner's role, because VACUUM needs it."""
    small, large = _filled("small", SMALL), _filled("large", LARGE)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE surveys_customer")
    print(";\n".join([_FLOOR_PAGE, _FLOOR_DEEP, _FLOOR_SEARCH, _FLOOR_NAMED, _FLOOR_FILE]))
    yield from _pages(small, large)
    yield from _searches(small, large)
    yield from _lookups(small, large)
    yield from _files(large)
    yield from _twins(small, large)


def _filled(name: str, customers: int) -> Organization:
    organization = factories.organization(factories.user(f"{name}-list@bench.example"), name).organization
    Property.objects.create(organization=organization, key="plan", label="Plan", type="text")
    scope: dict[str, Any] = {
        "organization": organization.pk,
        "customers": customers,
        "first": _FIRST,
        "last": _LAST,
        "at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FILL, scope)
    return organization


def _pages(small: Organization, large: Organization) -> Iterator[Figure]:
    yield from _compared(
        "list.page 1",
        lambda: _sql(_FLOOR_PAGE, large.pk),
        lambda: _page(large, ListFilters()),
        lambda: _page(small, ListFilters()),
        target=5,
    )
    by_name = ListFilters(sort="name")
    places = {organization: _midst(organization) for organization in (small, large)}
    yield from _compared(
        f"list.page {int(LARGE * DEEP) // queries.PAGE:,}",
        lambda: _sql(_FLOOR_DEEP, large.pk, places[large].value, places[large].pk),
        lambda: _page(large, by_name, Cursor(after=places[large].encoded())),
        lambda: _page(small, by_name, Cursor(after=places[small].encoded())),
        target=5,
    )


def _midst(organization: Organization) -> Place:
    by_name = Customer.objects.filter(organization=organization).order_by("search_key", "id")
    value, pk = by_name.values_list("search_key", "pk")[int(by_name.count() * DEEP)]
    return Place(value, pk)


def _searches(small: Organization, large: Organization) -> Iterator[Figure]:
    for label, words in (("rare", "knuth 0ab"), ("common", "ada"), ("nobody", "zzyzx"), ("two letters", "gr")):
        yield from _compared(
            f"list.search, {label}",
            lambda words=words: _search(large, words),  # type: ignore[misc]
            lambda words=words: _page(large, ListFilters(words=words)),  # type: ignore[misc]
            lambda words=words: _page(small, ListFilters(words=words)),  # type: ignore[misc]
            target=10,
        )


def _lookups(small: Organization, large: Organization) -> Iterator[Figure]:
    """While somebody is on the phone: less than 50 ms."""
    for words in ("person7@company7.example", "E-77"):
        yield from _compared(
            f"lookup, {words}",
            lambda words=words: _sql(_FLOOR_NAMED, large.pk, words, large.pk, words),  # type: ignore[misc]
            lambda words=words: lookup.found(large, words),  # type: ignore[misc]
            lambda words=words: lookup.found(small, words),  # type: ignore[misc]
            target=20,
        )
    for words in ("ada", "ad", "knuth", "zzyzx"):
        yield from _compared(
            f"lookup, {words}",
            lambda words=words: _search(large, words),  # type: ignore[misc]
            lambda words=words: lookup.found(large, words),  # type: ignore[misc]
            lambda words=words: lookup.found(small, words),  # type: ignore[misc]
            target=10,
        )


def _search(organization: Organization, words: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FLOOR_SEARCH, {"organization": organization.pk, "words": f"%{words}%"})


def _page(organization: Organization, filters: ListFilters, cursor: Cursor = queries.TOP) -> None:
    queries.page(organization, filters, at=timezone.now(), cursor=cursor)


def _sql(statement: str, *parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def _compared(
    name: str,
    floor: Callable[[], object],
    large: Callable[[], object],
    small: Callable[[], object],
    target: float,
) -> Iterator[Figure]:
    """The figure at the large size against its floor, and how it grows from the small one."""
    floor_time, time, small_time = _alternated(floor, large, small)
    yield _figure(f"{name} at {LARGE:,}", 1000 * time, "ms", 1000 * floor_time, time / floor_time, f"<= {target}")
    yield _figure(f"{name}, growth ×100", 1000 * time, "ms", 1000 * small_time, time / small_time, "<= 3")


def _files(large: Organization) -> Iterator[Figure]:
    columns = list_columns.chosen(None, list_columns.available([]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    floor_time, time = _alternated(lambda: _copied(large), lambda: _written(large, columns), rounds=1)
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / MEGABYTE
    yield _figure("list.export, CSV", LARGE / time, "rows/s", LARGE / floor_time, floor_time / time, ">= 0.05")
    yield _figure("list.export, memory", memory, "MB", None, memory / 150, "<= 1")


def _copied(organization: Organization) -> None:
    with connection.cursor() as cursor, open(os.devnull, "w") as nowhere:
        cursor.copy_expert(_FLOOR_FILE.format(organization.pk), nowhere)


def _written(organization: Organization, columns: list[list_columns.Column]) -> None:
    rows = queries.rows(organization, ListFilters(), fields=list_columns.fields(columns), at=timezone.now())
    for _piece in spreadsheets.FORMS["csv"].write(list_files.sheet(rows, columns, organization)):
        pass


def _twins(small: Organization, large: Organization) -> Iterator[Figure]:
    statement = "SELECT count(*) FROM surveys_customer WHERE organization_id = %s AND name LIKE %s"
    floor_time, time = _alternated(
        lambda: _sql(statement, large.pk, "%zz%"), lambda: queries.likely_twins(large), rounds=3
    )
    yield _figure(f"duplicates at {LARGE:,}", 1000 * time, "ms", 1000 * floor_time, time / floor_time, "<= 10")


def _alternated(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Median seconds of each, measured in turns so that a noisy machine troubles all alike; the first turn warms up."""
    turns = [[_timed(work) for work in works] for _ in range(rounds + 1)]
    return [median(column) for column in zip(*turns[1:], strict=True)]


def _timed(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _figure(name: str, value: float, unit: str, floor: float | None, ratio: float, target: str) -> Figure:
    sign, bound = target.split()
    met = ratio <= float(bound) if sign == "<=" else ratio >= float(bound)
    return {"name": name, "value": value, "unit": unit, "floor": floor, "ratio": ratio, "target": target, "met": met}
