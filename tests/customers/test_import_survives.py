"""Lists are imported by real workers that are killed, that come twice, that come back from the dead."""

import io
import itertools
import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import xlsxwriter
from django.db import connection
from django.utils import timezone

from nps_app.local.process import Child
from surveys.customers import actions
from surveys.customers.importing import merging, staging
from surveys.customers.models import Customer, CustomerChange, ImportChunk, ImportJob, ImportRow
from surveys.outbox.nudges import nudge
from tests.customers.world import DATA, checked, choose, counts, imported, latest, upload, work
from tests.helpers.database import as_owner
from tests.helpers.waiting import wait_until
from tests.people import Person

StartWorker = Callable[..., Child]
PEOPLE = 2 * merging.SLICE + 5_000  # three slices
SHORT_LEASE = {"NPS_LEASE_SECONDS": 2}


HEADER = ["email", "name", "plan"]


def long_rows(people: int = PEOPLE) -> list[list[str]]:
    """Repeats of the first slice's people stand in the last slice, and some lines are wrong."""
    rows = [[f"person{i}@example.com", f"Person {i}", "Pro" if i % 2 else "Free"] for i in range(people)]
    return rows + [[f"PERSON{i}@example.com", "", "Team"] for i in range(100)] + [["nobody", "Nobody", "Free"]] * 7


def long_list(people: int = PEOPLE) -> str:
    return "\n".join(",".join(row) for row in [HEADER, *long_rows(people)])


def long_json_lines() -> str:
    return "\n".join(json.dumps(dict(zip(HEADER, row, strict=True))) for row in long_rows())


def long_workbook() -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate([HEADER, *long_rows()]):
        sheet.write_row(number, 0, row)
    book.close()
    return file.getvalue()


EXPECTED = {"new": PEOPLE, "repeated": 100, "refused": 7}


@pytest.fixture
def three_slices(monkeypatch: pytest.MonkeyPatch) -> int:
    """So many people are as many slices for this process as the long list is for a worker."""
    monkeypatch.setattr(merging, "SLICE", 2_000)
    return 3 * merging.SLICE


def state(job: ImportJob) -> ImportJob:
    job.refresh_from_db()
    return job


def revive(job: ImportJob) -> None:
    """What beat does once the dead worker's heartbeat is old."""
    wait_until(lambda: timezone.now() - (state(job).heartbeat_at or job.created_at) > timedelta(seconds=2))
    actions.sweep(at=timezone.now() + timedelta(hours=1))


@pytest.mark.parametrize(
    "made", [long_list, *(pytest.param(each, marks=pytest.mark.long) for each in (long_json_lines, long_workbook))]
)
def test_a_worker_killed_while_reading_and_while_merging_loses_and_doubles_nothing(
    alice: Person, celery_worker_process: StartWorker, made: Callable[[], bytes | str]
) -> None:
    upload(alice, made())
    job = latest(alice)
    worker = celery_worker_process(**SHORT_LEASE)
    choose(alice, job)
    wait_until(lambda: state(job).last_line > staging.BATCH)
    worker.kill9()
    assert state(job).status == "checking"
    assert not job.is_folded, "the kill came too late to prove anything"

    worker = celery_worker_process(**SHORT_LEASE)
    revive(job)
    wait_until(lambda: state(job).status == "checked", seconds=60)
    assert counts(job) == EXPECTED

    alice.post(alice.url("customers:import_start", pk=job.pk))
    wait_until(lambda: state(job).merged_line > 0)
    worker.kill9()
    assert state(job).status == "running", "the kill came too late to prove anything"
    assert 0 < job.new < PEOPLE
    assert Customer.objects.count() == job.new, "the cursor and the customers moved together"

    celery_worker_process(**SHORT_LEASE)
    revive(job)
    wait_until(lambda: state(job).status == "done", seconds=60)
    assert counts(job) == EXPECTED
    assert Customer.objects.count() == PEOPLE
    assert Customer.objects.filter(properties__plan="Team").count() == 100
    wait_until(lambda: not ImportRow.objects.exists() and not ImportChunk.objects.exists())


@pytest.mark.long
def test_a_worker_killed_while_undoing_takes_back_everything_once(
    alice: Person, celery_worker_process: StartWorker
) -> None:
    before = "email,name,plan\n" + "".join(f"person{i}@example.com,Before {i},Old\n" for i in range(0, 6_600, 3))
    imported(alice, before)
    job = imported(alice, "\n".join(",".join(row) for row in [HEADER, *long_rows()[:6_600]]))
    assert counts(job) == {"new": 4_400, "changed": 2_200}

    worker = celery_worker_process(**SHORT_LEASE)
    alice.post(alice.url("customers:import_undo", pk=job.pk))
    wait_until(lambda: state(job).undo_seen > 0)
    worker.kill9()
    assert state(job).status == "undoing", "the kill came too late to prove anything"
    assert Customer.objects.count() == 6_600 - job.removed, "the cursor and the customers moved together"
    assert Customer.objects.filter(name__startswith="Before").count() == job.restored

    celery_worker_process(**SHORT_LEASE)
    revive(job)
    wait_until(lambda: state(job).status == "undone", seconds=60)
    assert (job.removed, job.restored, job.kept) == (4_400, 2_200, 0)
    assert Customer.objects.count() == 2_200
    assert Customer.objects.filter(name__startswith="Before", properties__plan="Old").count() == 2_200
    assert CustomerChange.objects.filter(source="undo").count() == 2_200


@pytest.mark.long
def test_an_import_pauses_and_goes_on_where_it_was(alice: Person, celery_worker_process: StartWorker) -> None:
    job = checked(alice, long_list())
    celery_worker_process()
    alice.post(alice.url("customers:import_start", pk=job.pk))
    wait_until(lambda: state(job).merged_line > 0)
    alice.post(alice.url("customers:import_pause", pk=job.pk))
    assert state(job).status == "paused", "the pause came too late to prove anything"
    assert "Paused. What is done stays done." in alice.get(job.get_absolute_url()).content.decode()
    actions.sweep(at=timezone.now() + timedelta(hours=1))
    done = state(job).merged_line
    work(job)
    assert (job.status, job.merged_line) == ("paused", done), "nobody goes on by themselves"

    alice.post(alice.url("customers:import_resume", pk=job.pk))
    wait_until(lambda: state(job).status == "done", seconds=60)
    assert counts(job) == EXPECTED
    assert Customer.objects.count() == PEOPLE


def test_a_worker_takes_the_messy_list_from_upload_to_done(alice: Person, celery_worker_process: StartWorker) -> None:
    celery_worker_process()
    upload(alice, (DATA / "customers-messy.csv").read_bytes())
    job = latest(alice)
    choose(alice, job)
    for _ in range(5):
        nudge("surveys.customers.tasks.work_on_import", job.pk)
    wait_until(lambda: state(job).status == "checked")
    alice.post(alice.url("customers:import_start", pk=job.pk))
    for _ in range(5):
        nudge("surveys.customers.tasks.work_on_import", job.pk)
    wait_until(lambda: state(job).status == "done")

    assert counts(job) == {"new": 209, "repeated": 3, "refused": 11, "blank": 1}
    assert Customer.objects.count() == 209


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_was_thought_dead_can_do_nothing_more(alice: Person, three_slices: int) -> None:
    job = checked(alice, long_list(three_slices))
    alice.post(alice.url("customers:import_start", pk=job.pk))
    asleep, awake = threading.Event(), threading.Event()
    ticks = itertools.count(1)

    def sleepy_clock() -> datetime:
        if next(ticks) == 6:  # the first slice is committed, the second has begun
            asleep.set()
            assert awake.wait(60)
        return timezone.now()

    first = in_thread(lambda: actions.work(job_id=job.pk, clock=sleepy_clock))
    assert asleep.wait(30)
    later = timezone.now() + timedelta(hours=1)
    second = in_thread(lambda: actions.work(job_id=job.pk, clock=lambda: later))
    second.join(60)
    assert state(job).status == "done", "the second worker went on where the first was"
    awake.set()
    first.join(60)

    assert counts(state(job)) == EXPECTED | {"new": three_slices}
    assert Customer.objects.count() == three_slices


def in_thread(work: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_after_a_crash_of_postgresql_the_list_is_read_again(alice: Person, three_slices: int) -> None:
    """The staging table is unlogged: a crash empties it."""
    job = checked(alice, long_list(three_slices))
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE surveys_importrow")

    alice.post(alice.url("customers:import_start", pk=job.pk))
    work(job)
    assert (job.status, counts(job)) == ("done", EXPECTED | {"new": three_slices})


@pytest.mark.django_db(transaction=True)
def test_two_lists_with_the_same_people_at_once(alice: Person, three_slices: int) -> None:
    jobs = [checked(alice, long_list(three_slices)), checked(alice, long_list(three_slices))]
    for job in jobs:
        alice.post(alice.url("customers:import_start", pk=job.pk))

    def begin(job: ImportJob) -> threading.Thread:
        return in_thread(lambda: actions.work(job_id=job.pk, clock=timezone.now))

    for thread in [begin(job) for job in jobs]:
        thread.join(120)

    assert [state(job).status for job in jobs] == ["done", "done"]
    assert Customer.objects.count() == three_slices
    assert sum(job.new for job in jobs) == three_slices
    assert sum(job.unchanged for job in jobs) == three_slices


def test_a_job_that_stops_again_and_again_is_given_up_with_a_reason(alice: Person) -> None:
    upload(alice, "email\nada@example.com\n")
    job = latest(alice)
    choose(alice, job)
    ImportJob.objects.filter(pk=job.pk).update(tries=5)

    work(job)

    assert job.status == "failed"
    assert "5 times" in job.error
