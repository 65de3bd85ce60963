"""Responses exported as CSV by the product's own job, at each size: rows a second against COPY, and memory.

export.rows    rows a second, from the order to the finished file, in chunks in the database
export.memory  megabytes that the process grew by at its peak
"""

import io
import resource
from collections.abc import Iterator
from time import perf_counter
from typing import Final

from django.db import connection
from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.analytics.actions import export_work
from surveys.analytics.models import FigureExport
from tests.bench import load
from tests.bench.load import Figure

# The same columns, plainly: nothing is made harmless for spreadsheets, nothing is translated, and nothing is stored.
_PROPERTIES: Final = ("plan", "region", "size", "industry", "role", "bought_through", "vip", "arr", "seats")
_FLOOR: Final = f"""
    COPY (SELECT r.id, r.day, to_char(r.responded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), r.score,
                 CASE WHEN r.score >= 9 THEN 'promoter' WHEN r.score >= 7 THEN 'passive' ELSE 'detractor' END,
                 r.comment, r.comment_language, r.sentiment, r.themes, r.tags, c.name, c.email, c.external_id, k.name,
                 r.channel, r.language, r.verdict,
                 {", ".join(f"coalesce(i.properties ->> '{key}', p.values ->> '{key}')" for key in _PROPERTIES)}
          FROM surveys_response r JOIN surveys_campaign k ON k.id = r.campaign_id
          LEFT JOIN surveys_customer c ON c.id = r.customer_id LEFT JOIN surveys_propertyset p ON p.id = r.property_set_id
          LEFT JOIN surveys_invitation i ON i.id = r.invitation_id
          WHERE r.organization_id = {{organization}} AND r.verdict = 'confirmed' AND r.excluded_at IS NULL
          ORDER BY r.responded_at DESC, r.id DESC) TO STDOUT (FORMAT csv)
"""


class _Nowhere(io.RawIOBase):
    def write(self, data: object) -> int:
        return len(data)  # type: ignore[arg-type]


def run() -> Iterator[Figure]:
    print(_FLOOR)
    for said, organization in load.organizations():
        floor = load.timed(lambda organization=organization: _copied(organization))  # type: ignore[misc]
        before = _peak()
        start = perf_counter()
        export = _exported(organization)
        taken = perf_counter() - start
        grown = _peak() - before
        yield {
            "name": f"export.rows at {said}",
            "value": export.rows / taken,
            "unit": "rows/s",
            "floor": export.rows / floor,
            "ratio": floor / taken,
            "target": ">= 0.4",
            "met": floor / taken >= 0.4,
        }
        yield {
            "name": f"export.memory at {said}",
            "value": grown,
            "unit": "MB",
            "floor": None,
            "ratio": None,
            "target": "<= 150",
            "met": grown <= 150,
        }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _copied(organization: Organization) -> None:
    with connection.cursor() as cursor:
        cursor.copy_expert(_FLOOR.format(organization=organization.pk), _Nowhere())


def _exported(organization: Organization) -> FigureExport:
    export = FigureExport.objects.create(organization=organization, created_at=timezone.now(), query="", form="csv")
    export_work.write(export_id=export.pk, clock=timezone.now, is_over=lambda: False)
    export.refresh_from_db()
    assert export.status == "done", export.error
    return export
