"""Responses as a file: every one that the feed shows, whatever happens to the workers that write it."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from python_calamine import CalamineWorkbook

from nps_app.local.process import Child
from surveys.accounts.models import Role
from surveys.analytics.actions import export_work, exports
from surveys.analytics.models import FigureExport, JobStatus
from surveys.customers.models import Property
from surveys.responses.models import Response, Tag
from tests import factories
from tests.helpers.waiting import wait_until
from tests.people import Person


@pytest.fixture
def answers(alice: Person) -> list[Any]:
    """Ten of them, one with a comment that a spreadsheet would run, one with a line break and a quote."""
    of = alice.organization
    Property.objects.create(organization=of, key="plan", label="Plan", type="text")
    campaign = factories.campaign(of, name="Pulse")
    comments = ['=HYPERLINK("https://evil.example")', 'Two\nlines, "quoted" – größer'] + [""] * 8
    made = []
    for number, comment in enumerate(comments):
        person = factories.customer(of, name=f"Person {number}", properties={"plan": "@Pro"})
        at = timezone.now() - timedelta(minutes=number % 3)
        made.append(factories.response(factories.invitation(campaign, person), number, comment, at=at))
    return made


def asked(person: Person, form: str = "csv", **query: Any) -> FigureExport:
    address = person.url("analytics:exports")
    assert person.post(address, {"form": form}, query_params=query).status_code == 302
    return FigureExport.objects.latest("pk")


def work(export: FigureExport, *, later: timedelta = timedelta(), slices: int = 1000) -> None:
    """With slices of three, as many of them as said."""
    left = iter(range(slices - 1))
    clock = lambda: timezone.now() + later  # noqa: E731
    export_work.write(export_id=export.pk, clock=clock, is_over=lambda: next(left, None) is None, size=3)


def content(person: Person, export: FigureExport) -> bytes:
    answer = person.post(person.url("analytics:exports_file", pk=export.pk))
    assert answer.status_code == 200
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert len(body) == int(answer["Content-Length"])
    return body


def rows(body: bytes) -> tuple[str, list[dict[str, str]]]:
    about, heading, *found = csv.reader(io.StringIO(body.decode("utf-8-sig")))
    return about[0], [dict(zip(heading, row, strict=True)) for row in found]


def test_the_file_holds_what_the_feed_shows_and_runs_nothing(alice: Person, answers: list[Any]) -> None:
    export = asked(alice, category="detractor")
    work(export)

    about, found = rows(content(alice, export))

    expected = sorted((each for each in answers if each.score <= 6), key=lambda each: (each.responded_at, each.pk))
    assert [row["Response"] for row in found] == [str(each.pk) for each in reversed(expected)]
    assert "Rows: 7" in about
    assert "Detractors" in about
    told = {row["Score"]: row for row in found}
    assert told["0"]["Comment"] == '\'=HYPERLINK("https://evil.example")'
    assert told["1"]["Comment"] == 'Two\nlines, "quoted" – größer'
    assert told["0"]["Plan"] == "'@Pro"
    assert told["3"]["Customer"] == "Person 3"
    assert told["3"]["Category"] == "Detractor"


def test_a_killed_worker_costs_nothing_and_a_late_one_does_nothing(alice: Person, answers: list[Any]) -> None:
    whole = asked(alice)
    work(whole)
    broken = asked(alice)
    work(broken, slices=1)
    FigureExport.objects.filter(pk=broken.pk).update(heartbeat_at=timezone.now())  # as if it were still at it
    work(broken)
    assert FigureExport.objects.get(pk=broken.pk).rows == 3  # nobody else takes it while it lives

    work(broken, later=timedelta(seconds=settings.LEASE_SECONDS + 1))

    assert rows(content(alice, broken))[1] == rows(content(alice, whole))[1]
    assert FigureExport.objects.get(pk=broken.pk).rows == 10


_MANY = """
    INSERT INTO surveys_response (organization_id, campaign_id, channel, language, score, comment, verdict, verdict_reasons, day,
                                  responded_at, updated_at)
    SELECT organization_id, campaign_id, channel, language, n %% 11, 'Number ' || n, verdict, verdict_reasons, day,
           responded_at - n * interval '1 second', updated_at
    FROM surveys_response, generate_series(1, %s) AS n WHERE id = %s
"""


@pytest.mark.long
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_worker_killed_between_two_slices_loses_and_doubles_no_row(
    alice: Person, answers: list[Any], celery_worker_process: Callable[..., Child], form: str
) -> None:
    """A real worker, by kill -9, while the row of the file is held so that it cannot begin its second slice."""
    with connection.cursor() as cursor:
        cursor.execute(_MANY, [export_work.SLICE + 100, answers[0].pk])
    first = celery_worker_process(queues="default", concurrency=1, NPS_LEASE_SECONDS=2)
    export = asked(alice, form)
    _kill_between_slices(export, first)
    left = FigureExport.objects.get(pk=export.pk)
    assert (left.status, left.rows) == (JobStatus.RUNNING, export_work.SLICE)

    celery_worker_process(queues="default", concurrency=1, NPS_LEASE_SECONDS=2)
    wait_until(lambda: _is_forsaken(export), what="the end of the lease")
    export_work.sweep(at=timezone.now() + timedelta(hours=1))
    wait_until(lambda: FigureExport.objects.get(pk=export.pk).status == JobStatus.DONE, seconds=60, what="the file")

    body = content(alice, export)
    told = [row["Response"] for row in rows(body)[1]] if form == "csv" else _of_book(body)
    newest = Response.objects.order_by("-responded_at", "-pk").values_list("pk", flat=True)
    assert told == [str(pk) for pk in newest]


def _kill_between_slices(export: FigureExport, worker: Child) -> None:
    """Whoever waits for the row gets it between two of the worker's steps: without a pause none of them is missed."""
    deadline, rows = timezone.now() + timedelta(seconds=60), 0
    while rows < export_work.SLICE and timezone.now() < deadline:
        with transaction.atomic():
            rows = FigureExport.objects.select_for_update().get(pk=export.pk).rows
            if rows >= export_work.SLICE:
                worker.kill9()


def _is_forsaken(export: FigureExport) -> bool:
    stale = timezone.now() - timedelta(seconds=2)
    return FigureExport.objects.forsaken(stale).filter(pk=export.pk).exists()


def _of_book(body: bytes) -> list[str]:
    heading, *found = CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0).to_python()
    return [str(int(row[heading.index("Response")])) for row in found]  # type: ignore[arg-type]


def test_a_workbook_has_the_same_rows_as_numbers_and_plain_text(alice: Person, answers: list[Any]) -> None:
    export = asked(alice, "xlsx")
    work(export)

    book = CalamineWorkbook.from_filelike(io.BytesIO(content(alice, export)))

    heading, *found = book.get_sheet_by_index(0).to_python()
    comments = {row[heading.index("Score")]: row[heading.index("Comment")] for row in found}
    assert len(comments) == 10
    assert comments[0.0] == '=HYPERLINK("https://evil.example")'
    assert ["Rows", "10"] in book.get_sheet_by_name("About").to_python()


def test_files_are_for_those_who_may_export_can_be_stopped_and_go_by_themselves(
    alice: Person, bob: Person, answers: list[Any]
) -> None:
    export = asked(alice)
    work(export)
    bob.becomes(Role.AGENT)
    assert bob.post(bob.url("analytics:exports_file", pk=export.pk)).status_code == 403
    assert bob.get(bob.url("analytics:exports")).status_code == 403
    bob.becomes(Role.ADMIN)
    assert len(rows(content(bob, export))[1]) == 10

    stopped = asked(alice, state="all")
    work(stopped, slices=1)
    alice.post(alice.url("analytics:exports_stop", pk=stopped.pk))
    work(stopped, later=timedelta(hours=1))
    assert FigureExport.objects.get(pk=stopped.pk).status == JobStatus.CANCELLED
    assert not stopped.chunks.exists()

    export_work.sweep(at=timezone.now() + timedelta(days=settings.EXPORT_KEEP_DAYS, hours=2))
    assert not FigureExport.objects.exists()


@pytest.mark.parametrize("slices", [0, 1])
def test_a_file_is_never_of_more_than_was_chosen(alice: Person, answers: list[Any], slices: int) -> None:
    """The tag that was chosen goes before the first slice, and between slices: the page says why there is no file."""
    tag = Tag.objects.create(organization=alice.organization, name="vip", created_at=timezone.now())
    Response.objects.filter(pk__in=[each.pk for each in answers[:4]]).update(tags=[tag.pk])
    export = asked(alice, tag=tag.pk)
    if slices:
        work(export, slices=slices)
    tag.delete()

    work(export, later=timedelta(hours=1))

    export.refresh_from_db()
    assert (export.status, export.rows) == (JobStatus.FAILED, 3 * slices)
    assert not export.chunks.exists()
    page = alice.get(alice.url("analytics:exports")).content.decode()
    assert f"“{export.query}” was left out" in page
    assert "all responses" not in page


def test_files_are_few_at_once_and_the_oldest_go(alice: Person, bob: Person) -> None:
    bob.becomes(Role.ADMIN)
    for score in range(exports.MOST_AT_ONCE):
        asked(alice, score=score)
    page = bob.post(bob.url("analytics:exports"), {"form": "csv"}, query_params={"score": 9}, follow=True)
    assert "3 files are being written already." in page.content.decode()
    assert FigureExport.objects.count() == exports.MOST_AT_ONCE

    FigureExport.objects.update(status=JobStatus.DONE)
    made = [exports.start_export(query=f"q={n}", form="csv", by=bob.membership, at=timezone.now()) for n in range(2)]
    FigureExport.objects.update(status=JobStatus.DONE)
    for n in range(2, exports.MOST_KEPT):
        made.append(exports.start_export(query=f"q={n}", form="csv", by=bob.membership, at=timezone.now()))
        FigureExport.objects.update(status=JobStatus.DONE)
    assert list(FigureExport.objects.order_by("pk")) == made


def test_two_presses_make_one_file(alice: Person) -> None:
    first = exports.start_export(query="score=9", form="csv", by=alice.membership, at=timezone.now())
    second = exports.start_export(query="score=9", form="csv", by=alice.membership, at=timezone.now())
    assert first == second
