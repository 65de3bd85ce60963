"""Organizations of the sizes that are measured, filled by the product's own `make_load`.

NPS_BENCH_RESPONSES=1M,10M   sizes, ascending
NPS_BENCH_KEEP=/some/folder  the database stays there, and the next run finds what is loaded already
"""

import os
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.analytics.models import JobStatus, Rebuild
from surveys.core.periods import Period, Preset
from surveys.management.commands.make_load import number
from surveys.samples.loading import filling
from tests import factories

SIZES: Final = [number(text) for text in os.environ.get("NPS_BENCH_RESPONSES", "10k,100k").split(",")]
ROUNDS: Final = 5

Figure = dict[str, Any]


def organizations() -> list[tuple[str, Organization]]:
    """Each size, as it is said, with its organization."""
    return [(said(size), _loaded(size)) for size in SIZES]


def said(size: int) -> str:
    return f"{size // 1_000_000}M" if size >= 1_000_000 else f"{size // 1000}k"


def _loaded(size: int) -> Organization:
    name = f"load-{size}"
    organization = Organization.objects.filter(slug=name).first()
    if organization is None:
        organization = factories.organization(factories.user(f"{name}@bench.example"), name).organization
    is_complete = Rebuild.objects.filter(organization=organization, status=JobStatus.DONE).exists()
    if not is_complete:
        for part in filling.fill(organization, responses=size, at=timezone.now(), quickly=True):
            print(f"  {said(size)} {part.what}: {part.seconds:.1f} s, {part.pace:,} rows/s", flush=True)
    return organization


def period(organization: Organization, preset: Preset = Preset.YEAR) -> Period:
    """It ends with the load, which may have been kept for a while."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(day) FROM surveys_scorecount WHERE organization_id = %s", [organization.pk])
        (last,) = cursor.fetchone()
    return Period.ending(last, preset)


def alternated(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Median seconds of each, measured in turns so that a noisy machine troubles all alike; the first turn warms up."""
    turns = [[timed(work) for work in works] for _ in range(rounds + 1)]
    return [median(column) for column in zip(*turns[1:], strict=True)]


def timed(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def rows(statement: str, **parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def faster(name: str, time: float, floor: float, target: float) -> Figure:
    return {
        "name": name,
        "value": 1000 * time,
        "unit": "ms",
        "floor": 1000 * floor,
        "ratio": floor / time,
        "target": f">= {target}",
        "met": floor / time >= target,
    }


def slower(name: str, time: float, floor: float, target: float) -> Figure:
    ratio = time / floor
    return {
        "name": name,
        "value": 1000 * time,
        "unit": "ms",
        "floor": 1000 * floor,
        "ratio": ratio,
        "target": f"<= {target}",
        "met": ratio <= target,
    }


def growth(name: str, times: list[tuple[str, float]], target: float) -> list[Figure]:
    """From each size to the next."""
    return [
        slower(f"{name}.growth {small} to {large}", time, before, target)
        for (small, before), (large, time) in pairwise(times)
    ]
