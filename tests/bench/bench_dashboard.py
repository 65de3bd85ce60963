"""What pages of analytics and the feed cost, at each size, against the same figures in plain SQL.

Every figure calls what the product calls; the floor's SQL stands beside it. Each yields one dictionary:
name, value, unit, floor, ratio, target, met. Sizes and keeping the database: load.py.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from functools import partial
from statistics import median
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.analytics import choices, queries
from surveys.analytics.counting import counts, parting
from surveys.analytics.look import Look
from surveys.analytics.over_time import changes
from surveys.analytics.segments import segmenting
from surveys.core.filters import Filters
from surveys.core.periods import Period, Preset, Unit
from surveys.responses import queries as responses
from tests.bench import load
from tests.bench.load import Figure

TWO_PROPERTIES: Final = Filters(properties=(("plan", ("Pro",)), ("region", ("EU",))))
DEEP: Final = 1000  # pages

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
# Property by property out of JSON beside each answer, as a product without combinations would keep it.
_WITH_JSON = """
    CREATE UNLOGGED TABLE IF NOT EXISTS bench_json AS
    SELECT r.organization_id, r.day, r.score, p.values AS properties
    FROM surveys_response r JOIN surveys_propertyset p ON p.id = r.property_set_id
"""
_FLOOR_ADHOC = """
    SELECT properties ->> 'size', score, count(*) FROM bench_json
    WHERE organization_id = %(organization)s AND day BETWEEN %(before)s AND %(last)s
          AND properties ->> 'plan' = 'Pro' AND properties ->> 'region' = 'EU' GROUP BY 1, 2
"""
_LAST_SCORES = f"""
    SELECT DISTINCT ON (customer_id) customer_id, score FROM surveys_response
    WHERE {_COUNTED} AND customer_id IS NOT NULL AND day BETWEEN %(first)s AND %(last)s
    ORDER BY customer_id, responded_at DESC, id DESC
"""
_FLOOR_MIGRATION = f"""
    SELECT b.score, n.score, count(*)
    FROM ({_LAST_SCORES.replace("%(first)s AND %(last)s", "%(before)s AND %(first)s - 1")}) b
    FULL JOIN ({_LAST_SCORES}) n USING (customer_id) GROUP BY 1, 2
"""
_FLOOR_FEED = """
    SELECT r.*, c.name, c.email, k.name FROM surveys_response r
    LEFT JOIN surveys_customer c ON c.id = r.customer_id JOIN surveys_campaign k ON k.id = r.campaign_id
    WHERE r.organization_id = %(organization)s AND r.verdict = 'confirmed' AND r.excluded_at IS NULL
      AND (r.responded_at, r.id) < (%(at)s, %(id)s)
    ORDER BY r.responded_at DESC, r.id DESC LIMIT 51
"""
_PLACE = """
    SELECT responded_at, id FROM surveys_response r
    WHERE organization_id = %(organization)s AND verdict = 'confirmed' AND excluded_at IS NULL
    ORDER BY responded_at DESC, id DESC OFFSET %(rows)s LIMIT 1
"""


def run() -> Iterator[Figure]:
    sizes = load.organizations()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_json")
        cursor.execute(_WITH_JSON)
        cursor.execute("VACUUM ANALYZE bench_json")
    print(";\n".join([*_FLOOR_OVERVIEW, _FLOOR_ADHOC, _FLOOR_MIGRATION, _FLOOR_FEED]))
    yield from _measured("dashboard.overview", sizes, _overview, load.faster, target=50, growth=1.3)
    yield from _vs_django_nps(sizes)
    yield from _measured("dashboard.adhoc", sizes, _adhoc, load.faster, target=20, growth=10)
    yield from _measured("dashboard.adhoc segments", sizes, _adhoc_segments, load.faster, target=1, growth=10)
    yield from _measured("dashboard.migration", sizes, _migration, load.slower, target=1.5, growth=10)
    yield from _measured("feed.page 1", sizes, partial(_feed, pages=0), load.slower, target=5, growth=1.2)
    yield from _measured(f"feed.page {DEEP}", sizes, partial(_feed, pages=DEEP), load.slower, target=5, growth=1.2)


Pair = tuple[Callable[[], object], Callable[[], object]]  # the floor, the product


def _measured(
    name: str,
    sizes: list[tuple[str, Organization]],
    works: Callable[[Organization], Pair],
    figure: Callable[[str, float, float, float], Figure],
    *,
    target: float,
    growth: float,
) -> Iterator[Figure]:
    """All sizes in turns, too: what grows is then not what the machine did meanwhile."""
    pairs = [works(organization) for _said, organization in sizes]
    times = load.alternated(*(work for pair in pairs for work in pair))
    for (said, _organization), floor_time, taken in zip(sizes, times[::2], times[1::2], strict=True):
        yield figure(f"{name} at {said}", taken, floor_time, target)
    taken_by_size = [(said, taken) for (said, _organization), taken in zip(sizes, times[1::2], strict=True)]
    yield from load.growth(name, taken_by_size, growth)


def _days(organization: Organization, period: Period) -> dict[str, Any]:
    return {
        "organization": organization.pk,
        "first": period.first,
        "last": period.last,
        "before": period.previous.first,
    }


def _overview(organization: Organization) -> Pair:
    period = load.period(organization)
    days = _days(organization, period)
    return (
        lambda: [load.rows(statement, **days) for statement in _FLOOR_OVERVIEW],
        lambda: queries.figures(
            organization, Look(period, Filters()), choices.choices(organization, sees_hidden=True).dimensions
        ),
    )


def _vs_django_nps(sizes: list[tuple[str, Organization]]) -> Iterator[Figure]:
    """A year's score and its trend by week, at the largest size up to a million: more would take the peer minutes."""
    said, organization = [each for each, size in zip(sizes, load.SIZES, strict=True) if size <= 1_000_000][-1]
    period = load.period(organization)
    look = Look(period, Filters(), chosen_unit=Unit.WEEK)
    taken = median(load.timed(lambda: queries.result(organization, look)) for _ in range(load.ROUNDS))
    command = [sys.executable, "-m", "tests.bench.django_nps_peer", *map(str, (organization.pk, *period.ends))]
    floor = float(subprocess.run(command, capture_output=True, check=True).stdout)
    yield load.faster(f"dashboard.vs_django_nps at {said}", taken, floor, target=200)


def _adhoc(organization: Organization) -> Pair:
    period = load.period(organization)
    return (
        partial(load.rows, _FLOOR_ADHOC, **_days(organization, period) | {"before": period.first}),
        lambda: counts.scores(counts.Question(organization, period, TWO_PROPERTIES)),
    )


def _adhoc_segments(organization: Organization) -> Pair:
    """The whole table: by month, with the period before and with who was asked, which the floor leaves out."""
    period = load.period(organization)
    size = next(found for found in choices.choices(organization, sees_hidden=True).dimensions if found.name == "p.size")
    parted = parting.parted(organization, size, timezone.now())
    return (
        partial(load.rows, _FLOOR_ADHOC, **_days(organization, period)),
        lambda: segmenting.segmented(organization, Look(period, TWO_PROPERTIES), parted),
    )


def _migration(organization: Organization) -> Pair:
    period = load.period(organization, Preset.QUARTER)
    return (
        partial(load.rows, _FLOOR_MIGRATION, **_days(organization, period)),
        lambda: changes.changes(organization, Look(period, Filters())),
    )


def _feed(organization: Organization, pages: int) -> Pair:
    """Behind so many pages of fifty, or half of what there is: as the button "Show more" asks for it, without the count."""
    end = datetime.combine(load.period(organization).last, time.max, tzinfo=UTC)
    at, pk = end, 2**62
    if pages:
        (total,) = load.rows("SELECT count(*) FROM surveys_response WHERE organization_id = %(o)s", o=organization.pk)[
            0
        ]
        ((at, pk),) = load.rows(_PLACE, organization=organization.pk, rows=min(50 * pages, total // 2))
    after = f"{at.isoformat()}_{pk}" if pages else ""
    return (
        partial(load.rows, _FLOOR_FEED, organization=organization.pk, at=at, id=pk),
        lambda: responses.page(organization, Filters(), after, is_counted=not pages),
    )
