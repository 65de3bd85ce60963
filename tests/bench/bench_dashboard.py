"""Dashboards at a million responses (NPS_BENCH_RESPONSES=10000000 for ten), against the same figures in plain SQL.

Every figure calls what the product calls; the floor's SQL stands beside it. Each yields one dictionary:
name, value, unit, floor, ratio, target, met.
"""

import os
from collections.abc import Callable, Iterator
from datetime import date
from statistics import median
from time import perf_counter
from typing import Any, Final

from django.db import connection

from surveys.accounts.models import Organization
from surveys.analytics import counts, queries
from surveys.analytics.look import Look
from surveys.core.filters import Filters
from surveys.core.periods import Period, Preset
from tests import factories
from tests.bench import load

RESPONSES: Final = int(os.environ.get("NPS_BENCH_RESPONSES", "1000000"))
SMALLER: Final = RESPONSES // 10
ROUNDS: Final = 5
PERIOD: Final = Period.ending(load.LAST, Preset.YEAR)
TWO_PROPERTIES: Final = Filters(properties=(("plan", ("Pro",)), ("region", ("EU",))))

Figure = dict[str, Any]

_COVERING = """
    CREATE INDEX bench_covering ON surveys_response (organization_id, day) INCLUDE (score, property_set_id)
    WHERE verdict = 'confirmed' AND excluded_at IS NULL
"""
_COUNTED = "organization_id = %(organization)s AND verdict = 'confirmed' AND excluded_at IS NULL"
_FLOOR_OVERVIEW = [
    # score and histogram of the period and of the one before
    f"""SELECT score, count(*) FROM surveys_response
        WHERE {_COUNTED} AND day BETWEEN %(first)s AND %(last)s GROUP BY 1""",
    f"""SELECT score, count(*) FROM surveys_response
        WHERE {_COUNTED} AND day BETWEEN %(before)s AND %(first)s GROUP BY 1""",
    # trend by month
    f"""SELECT date_trunc('month', day), score, count(*) FROM surveys_response
        WHERE {_COUNTED} AND day BETWEEN %(first)s AND %(last)s GROUP BY 1, 2""",
    # one segment table
    f"""SELECT p.values ->> 'plan', r.score, count(*) FROM surveys_response r
        JOIN surveys_propertyset p ON p.id = r.property_set_id
        WHERE r.{_COUNTED} AND r.day BETWEEN %(first)s AND %(last)s GROUP BY 1, 2""",
]
_WITH_JSON = """
    CREATE TABLE bench_json AS
    SELECT r.organization_id, r.day, r.score, p.values AS properties
    FROM surveys_response r JOIN surveys_propertyset p ON p.id = r.property_set_id
"""
_FLOOR_ADHOC = """
    SELECT score, count(*) FROM bench_json
    WHERE organization_id = %(organization)s AND day BETWEEN %(first)s AND %(last)s
          AND properties ->> 'plan' = 'Pro' AND properties ->> 'region' = 'EU' GROUP BY 1
"""


def run() -> Iterator[Figure]:
    """As the owner's role, because the floors need an index and a table of their own."""
    small, large = _loaded("small", SMALLER), _loaded("large", RESPONSES)
    with connection.cursor() as cursor:
        for statement in (_COVERING, _WITH_JSON, "VACUUM ANALYZE"):
            cursor.execute(statement)
    print(";\n".join([*_FLOOR_OVERVIEW, _FLOOR_ADHOC]))
    yield from _overview(small, large)
    yield _adhoc(large)


def _loaded(name: str, responses: int) -> Organization:
    organization = factories.organization(factories.user(f"{name}@bench.example"), name).organization
    load.load(organization, responses)
    load.build_rollups(organization)
    return organization


def _overview(small: Organization, large: Organization) -> Iterator[Figure]:
    floor = lambda: [_sql(statement, large) for statement in _FLOOR_OVERVIEW]  # noqa: E731
    floor_time, time, small_time = _alternated(floor, lambda: _figures(large), lambda: _figures(small))
    yield _faster("dashboard.overview", time, floor_time, target=50)
    growth = time / small_time
    yield {
        "name": f"dashboard.growth ×10 to {RESPONSES:,}",
        "value": 1000 * time,
        "unit": "ms",
        "floor": 1000 * small_time,
        "ratio": growth,
        "target": "<= 1.3",
        "met": growth <= 1.3,
    }


def _adhoc(large: Organization) -> Figure:
    question = counts.Question(large, PERIOD, TWO_PROPERTIES)
    floor_time, time = _alternated(lambda: _sql(_FLOOR_ADHOC, large), lambda: counts.scores(question))
    return _faster("dashboard.adhoc", time, floor_time, target=20)


def _figures(organization: Organization) -> None:
    queries.figures(organization, Look(PERIOD, Filters()), queries.dimensions(organization))


def _sql(statement: str, organization: Organization) -> list[Any]:
    days: dict[str, date] = {"first": PERIOD.first, "last": PERIOD.last, "before": PERIOD.previous.first}
    with connection.cursor() as cursor:
        cursor.execute(statement, {"organization": organization.pk, **days})
        return cursor.fetchall()


def _alternated(*works: Callable[[], object]) -> list[float]:
    """Median seconds of each, measured in turns so that a noisy machine troubles all alike; the first turn warms up."""
    turns = [[_timed(work) for work in works] for _ in range(ROUNDS + 1)]
    return [median(column) for column in zip(*turns[1:], strict=True)]


def _timed(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _faster(name: str, time: float, floor: float, target: int) -> Figure:
    return {
        "name": f"{name} at {RESPONSES:,}",
        "value": 1000 * time,
        "unit": "ms",
        "floor": 1000 * floor,
        "ratio": floor / time,
        "target": f">= {target}",
        "met": floor / time >= target,
    }
