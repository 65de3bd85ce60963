"""Importing a list of 100,000 (NPS_BENCH_ROWS=1000000 for a million): read, typed, folded, counted, merged.

Every figure calls what a worker calls; the floor stands beside it. Rows are rows of the file per second of all the
work between the uploaded file and the customers, the dry run included.
"""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from surveys.accounts.models import Membership
from surveys.customers import actions
from surveys.customers.importing.columns import Column
from surveys.customers.models import Customer, ImportJob
from tests import factories

ROWS: Final = int(os.environ.get("NPS_BENCH_ROWS", "100000"))
BULK_ROWS: Final = 20_000
ROUNDS: Final = 3
PIECE: Final = 1024 * 1024
AT: Final = datetime(2026, 1, 1, tzinfo=UTC)

Figure = dict[str, Any]

_COLUMNS = (
    "organization_id, email, name, language, time_zone, properties, suppression, created_at, updated_at,"
    " asked_count, answered_count"
)
_FLOOR = f"COPY surveys_customer ({_COLUMNS}) FROM STDIN (FORMAT csv, FORCE_NOT_NULL (suppression))"


def run() -> Iterator[Figure]:
    print(_FLOOR)
    times: dict[str, list[float]] = {"work": [], "again": [], "floor": [], "bulk": []}
    for number in range(ROUNDS):
        owner = _organization(f"work-{number}")
        times["work"].append(_timed(_imported(owner, ROWS)))
        times["again"].append(_timed(_imported(owner, ROWS)))
        times["floor"].append(_timed(_floor(_organization(f"floor-{number}"), ROWS)))
        times["bulk"].append(_timed(_bulk_create(_organization(f"bulk-{number}"), BULK_ROWS)))
    work, again, floor = (ROWS / median(times[name]) for name in ("work", "again", "floor"))
    bulk = BULK_ROWS / median(times["bulk"])
    yield _figure("import.rows", work, "rows/s", floor, 0.6)
    yield _figure("import.again", again, "rows/s", floor, 0.6)
    yield _figure("import.vs_bulk_create", work, "rows/s", bulk, 4)
    yield _memory()


def _figure(name: str, value: float, unit: str, floor: float, target: float) -> Figure:
    ratio = value / floor
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "floor": floor,
        "ratio": ratio,
        "target": f">= {target}",
        "met": ratio >= target,
    }


def _memory() -> Figure:
    """Peak memory of a worker's process; the floor is its peak at a tenth of the rows: it should be the same."""
    small, large = _peak(ROWS // 10), _peak(ROWS)
    return {
        "name": "import.memory",
        "value": large,
        "unit": "MB",
        "floor": small,
        "ratio": large / small,
        "target": "<= 200",
        "met": large <= 200,
    }


def _peak(rows: int) -> float:
    job = _uploaded(_organization(f"memory-{rows}"), rows)
    done = subprocess.run(
        [sys.executable, "-c", _WORKER, str(job.pk)], check=True, capture_output=True, text=True, env=os.environ
    )
    return float(done.stdout)


_WORKER = """
import re, sys
import django
django.setup()
from django.utils import timezone
from surveys.customers import actions
actions.work(job_id=int(sys.argv[1]), clock=timezone.now)
print(int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024)
"""


def _organization(name: str) -> Membership:
    return factories.organization(factories.user(f"{name}@example.com"), name)


def _rows(count: int) -> Iterator[str]:
    for i in range(count):
        plan = ("Free", "Pro", "Team", "Enterprise")[i % 4]
        email = f"{(i * 7919) % 1_000_003:06d}.person@company{i % 997}.example"
        yield f"{email},Person {i},en,Europe/Berlin,{plan},{i % 5000}.50,202{i % 6}-0{1 + i % 9}-11,{i % 40},yes\n"


def _pieces(count: int) -> Iterator[bytes]:
    text = io.StringIO("email,name,language,timezone,plan,mrr,signed_up,seats,trial\n")
    text.seek(0, io.SEEK_END)
    for row in _rows(count):
        text.write(row)
        if text.tell() >= PIECE:
            yield text.getvalue().encode()
            text = io.StringIO()
    yield text.getvalue().encode()


def _uploaded(owner: Membership, count: int) -> ImportJob:
    """Ready for a worker to check."""
    job = actions.upload(by=owner, file_name="bench.csv", pieces=_pieces(count), at=timezone.now())
    columns = [Column.restored(stored) for stored in job.columns]
    actions.choose_columns(job=job, choice=actions.Choice(columns), by=owner, at=timezone.now())
    return job


def _imported(owner: Membership, count: int) -> Callable[[], object]:
    job = _uploaded(owner, count)

    def work() -> None:
        actions.work(job_id=job.pk, clock=timezone.now)
        actions.start(job=job, by=owner, at=timezone.now())
        actions.work(job_id=job.pk, clock=timezone.now)
        job.refresh_from_db()
        assert (job.status, job.refused) == ("done", 0), job.error

    return work


def _typed(row: str) -> tuple[str, str, str, str, dict[str, Any]]:
    email, name, language, zone, plan, mrr, signed_up, seats, _trial = row.split(",")
    return (
        email,
        name,
        language,
        zone,
        {"plan": plan, "mrr": float(mrr), "signed_up": signed_up, "seats": int(seats), "trial": True},
    )


def _floor(owner: Membership, count: int) -> Callable[[], object]:
    """The same people, typed already, by COPY into the same table with its indexes."""
    text = io.StringIO()
    for row in _rows(count):
        email, name, language, zone, known = _typed(row)
        properties = str(known).replace("'", '""').replace("True", "true")
        text.write(f'{owner.organization_id},{email},{name},{language},{zone},"{properties}",,{AT},{AT},0,0\n')

    def copy() -> None:
        text.seek(0)
        with connection.cursor() as cursor:
            cursor.copy_expert(_FLOOR, text)

    return copy


def _bulk_create(owner: Membership, count: int) -> Callable[[], object]:
    """How Django's own upsert does it, in batches."""
    people = [
        Customer(
            organization=owner.organization,
            email=email,
            name=name,
            language=language,
            time_zone=zone,
            properties=properties,
            created_at=AT,
            updated_at=AT,
        )
        for email, name, language, zone, properties in map(_typed, _rows(count))
    ]
    changing = ["name", "language", "time_zone", "properties", "updated_at"]
    return lambda: Customer.objects.bulk_create(
        people,
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["organization", "email_key"],
        update_fields=changing,
    )


def _timed(work: Callable[[], object]) -> float:
    begin = perf_counter()
    work()
    return perf_counter() - begin
