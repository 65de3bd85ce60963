"""Rollups built from nothing, at each size: responses a second, against one plain GROUP BY per dimension over the same rows.

The floor reads and counts, and writes nothing.
"""

from collections.abc import Iterator
from time import perf_counter
from typing import Final

from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.analytics.upkeep import rebuilding
from tests.bench import load
from tests.bench.load import Figure

_COUNTED: Final = "r.organization_id = %(organization)s AND r.verdict = 'confirmed' AND r.excluded_at IS NULL"
_SETS: Final = "JOIN surveys_propertyset p ON p.id = r.property_set_id"
_FLOOR: Final = [
    *(
        f"""SELECT count(*) FROM (SELECT campaign_id, day, {value}, score, count(*), count(*) FILTER (WHERE comment <> '')
            FROM surveys_response r WHERE {_COUNTED} GROUP BY 1, 2, 3, 4) AS cells"""
        for value in ("1", "language", "channel", "comment <> ''", "sentiment", "comment_language")
    ),
    *(
        f"""SELECT count(*) FROM (SELECT campaign_id, day, key, score, count(*), count(*) FILTER (WHERE comment <> '')
            FROM surveys_response r, unnest({column}) AS key WHERE {_COUNTED} GROUP BY 1, 2, 3, 4) AS cells"""
        for column in ("themes", "tags")
    ),
    *(
        f"""SELECT count(*) FROM (SELECT campaign_id, day, p.values ->> '{key}', score, count(*),
            count(*) FILTER (WHERE comment <> '')
            FROM surveys_response r {_SETS} WHERE {_COUNTED} GROUP BY 1, 2, 3, 4) AS cells"""
        for key in ("plan", "region", "size", "industry", "role", "bought_through", "vip")
    ),
]


def run() -> Iterator[Figure]:
    print(";\n".join(_FLOOR[:1] + _FLOOR[6:7] + _FLOOR[8:9]))
    for said, organization in load.organizations():
        yield _figure(said, organization)


def _figure(said: str, organization: Organization) -> Figure:
    ((count,),) = load.rows(
        "SELECT count(*) FROM surveys_response WHERE organization_id = %(organization)s", organization=organization.pk
    )
    floor = load.timed(lambda: [load.rows(statement, organization=organization.pk) for statement in _FLOOR])
    start = perf_counter()
    for _progress in rebuilding.rebuild(organization=organization, from_scratch=True, clock=timezone.now):
        pass
    taken = perf_counter() - start
    return {
        "name": f"rollup.rebuild at {said}",
        "value": count / taken,
        "unit": "responses/s",
        "floor": count / floor,
        "ratio": floor / taken,
        "target": ">= 0.3",
        "met": floor / taken >= 0.3,
    }
