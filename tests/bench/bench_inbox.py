"""The inbox at ten thousand and at a million conversations (NPS_BENCH_CONVERSATIONS), against the barest SQL.

A page as the product reads it (fifty conversations with their people, the newest message of each, and how many there are)
against one `SELECT … LIMIT 51` by the same index; how many stand in each box; a word that is looked for in messages.
"""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any, Final

from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from surveys.accounts.models import Membership
from surveys.inbox import list_queries
from surveys.inbox.filters import InboxFilters
from tests import factories

LARGE: Final = int(os.environ.get("NPS_BENCH_CONVERSATIONS", "1000000"))
SMALL: Final = LARGE // 100
ROUNDS: Final = 5
DEEP: Final = 100  # the page that is read after as many before it
AT: Final = datetime(2026, 6, 1, tzinfo=UTC)

Figure = dict[str, Any]

# One of twenty is open, one of twenty waits; each has two messages.
_FILL: Final = """
    WITH people AS (
        INSERT INTO surveys_customer (organization_id, email, name, language, time_zone, properties, suppression, created_at,
            updated_at, asked_count, answered_count)
        SELECT %(organization)s, 'person' || n || '@company.example', 'Person ' || n, 'en', '', '{}', '', %(at)s, %(at)s, 0, 0
        FROM generate_series(1, %(count)s / 10) n RETURNING id
    ), numbered AS (SELECT array_agg(id) AS ids FROM people), made AS (
        INSERT INTO surveys_conversation (organization_id, customer_id, subject, status, close_reason, priority, assignee_id,
            score, opened_at, turn_at, due_at, touched_at, closed_at)
        SELECT %(organization)s, ids[1 + n %% cardinality(ids)], '',
               CASE n %% 20 WHEN 0 THEN 'open' WHEN 1 THEN 'waiting' ELSE 'closed' END,
               CASE WHEN n %% 20 > 1 THEN 'solved' ELSE '' END, 1, CASE WHEN n %% 3 > 0 THEN %(user)s END, n %% 11,
               began, CASE WHEN n %% 20 = 0 THEN began END, CASE WHEN n %% 20 = 0 THEN began + interval '8 hours' END,
               began + interval '1 day', CASE WHEN n %% 20 > 1 THEN began + interval '1 day' END
        FROM generate_series(1, %(count)s) n, numbered, LATERAL (SELECT %(at)s - (n::bigint * 7919 %% 900000) * interval '1 minute' AS began) b
        RETURNING id, opened_at
    )
    INSERT INTO surveys_message (organization_id, conversation_id, kind, text, html, quoted, mentions, from_address,
        is_from_another, is_automatic, message_id, key, at)
    SELECT %(organization)s, id, kind, 'What was written about matter ' || md5(id::text), '', '', '[]', '', false, false, '', '',
           opened_at + later * interval '1 hour'
    FROM made, (VALUES ('reply', 1), ('inbound', 2)) AS v(kind, later)
"""
_FLOOR: Final = """
    SELECT * FROM surveys_conversation WHERE organization_id = %s AND status = 'closed' ORDER BY touched_at DESC, id DESC LIMIT 51
"""
_FLOOR_DEEP: Final = """
    SELECT * FROM surveys_conversation WHERE organization_id = %s AND status = 'closed' AND (touched_at, id) < (%s, %s)
    ORDER BY touched_at DESC, id DESC LIMIT 51
"""
_FLOOR_WORD: Final = "SELECT conversation_id FROM surveys_message WHERE organization_id = %s AND text ILIKE %s"


def run() -> Iterator[Figure]:
    """As the owner's role, because VACUUM needs it."""
    small, large = _filled("small", SMALL), _filled("large", LARGE)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE surveys_conversation, surveys_message, surveys_customer")
    print(";\n".join([_FLOOR, _FLOOR_DEEP, _FLOOR_WORD]))
    yield _statements(small, large)
    yield from _pages(small, large)
    yield from _compared(
        "inbox.boxes",
        lambda: _sql(_FLOOR, large.organization_id),
        lambda: list_queries.box_counts(large),
        lambda: list_queries.box_counts(small),
        target=10,
    )
    yield from _compared(
        "inbox.word",
        lambda: _sql(_FLOOR_WORD, large.organization_id, "%0abcde%"),
        lambda: _page(large, "box=all&q=0abcde"),
        lambda: _page(small, "box=all&q=0abcde"),
        target=10,
    )


def _filled(name: str, count: int) -> Membership:
    by = factories.organization(factories.user(f"{name}-inbox@bench.example"), name)
    with transaction.atomic(), connection.cursor() as cursor:
        scope: dict[str, Any] = {"organization": by.organization_id, "user": by.user_id, "count": count, "at": AT}
        cursor.execute(_FILL, scope)
    return by


def _pages(small: Membership, large: Membership) -> Iterator[Figure]:
    for box in ("closed", "all", "open"):
        yield from _compared(
            f"inbox.{box}, page 1",
            lambda: _sql(_FLOOR, large.organization_id),
            lambda box=box: _page(large, f"box={box}"),  # type: ignore[misc]
            lambda box=box: _page(small, f"box={box}"),  # type: ignore[misc]
            target=10,
        )
    places = {by.pk: _deep(by) for by in (small, large)}
    place = list_queries.Place.decoded(places[large.pk], "newest")
    assert place is not None
    yield from _compared(
        f"inbox.closed, page {DEEP}",
        lambda: _sql(_FLOOR_DEEP, large.organization_id, place.at, place.pk),
        lambda: _page(large, "box=closed", places[large.pk]),
        lambda: _page(small, "box=closed", places[small.pk]),
        target=10,
    )


def _deep(by: Membership) -> str:
    after = ""
    for _number in range(DEEP - 1):
        after = _page(by, "box=closed", after).after
    return after


def _statements(small: Membership, large: Membership) -> Figure:
    """Of a page, whichever box: as many with few as with many."""

    def counted(by: Membership) -> int:
        with CaptureQueriesContext(connection) as seen:
            for box in ("closed", "all", "open"):
                _page(by, f"box={box}")
        return len(seen)

    few, many = counted(small), counted(large)
    name = "inbox, statements of three pages"
    figures = {"value": many, "unit": "", "floor": few, "ratio": many / few}
    return {"name": name, **figures, "target": "<= 1", "met": many <= few}


def _page(by: Membership, query: str, after: str = "") -> list_queries.Page:
    return list_queries.page(by, InboxFilters.from_query(QueryDict(query)), after, at=AT)


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
    turns = [[_timed(work) for work in (floor, large, small)] for _ in range(ROUNDS + 1)]
    floor_time, time, small_time = (median(column) for column in zip(*turns[1:], strict=True))
    yield _figure(f"{name} at {LARGE:,}", time, floor_time, target)
    yield _figure(f"{name}, growth ×100", time, small_time, 3)


def _timed(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _figure(name: str, time: float, floor: float, target: float) -> Figure:
    ratio = time / floor
    return {
        **{"name": name, "value": 1000 * time, "unit": "ms", "floor": 1000 * floor, "ratio": ratio},
        **{"target": f"<= {target:g}", "met": ratio <= target},
    }
