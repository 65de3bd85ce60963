"""A changed time zone: every stored day is the new clock's in the end, and the counts agree with the rows all the way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Organization, ZoneChange
from surveys.analytics import tasks
from surveys.analytics.upkeep import rezoning, rollups
from surveys.core.periods import local_day
from surveys.delivery.models import Invitation
from surveys.responses.models import Response
from tests import factories
from tests.accounts.test_settings import GENERAL
from tests.analytics.book import Book, gaps
from tests.people import Person

TOKYO = ZoneInfo("Asia/Tokyo")


def later() -> datetime:
    return timezone.now() + timedelta(seconds=rezoning.LATE_SECONDS + 1)


def finish(limit: int = rezoning.SLICE) -> None:
    while rezoning.work(at=later(), limit=limit):
        continue


def wrong_days(organization: Organization, zone: ZoneInfo) -> int:
    responses = Response.objects.filter(organization=organization)
    asks = Invitation.objects.filter(organization=organization, sent_at__isnull=False)
    return sum(row.day != local_day(row.responded_at, zone) for row in responses) + sum(
        row.sent_day != local_day(row.sent_at, zone) for row in asks if row.sent_at
    )


@pytest.fixture
def book(alice: Person) -> Book:
    book = Book(alice.organization, seed=11)
    for _ in range(40):
        book.something_happens()
    evening = datetime(2025, 3, 1, 20, tzinfo=ZoneInfo("UTC"))  # the next day in Tokyo
    for response in book.responses[:10]:
        Response.objects.filter(pk=response.pk).update(responded_at=evening)
    return book


def test_days_follow_a_new_time_zone_slice_by_slice_and_the_counts_with_them(alice: Person, book: Book) -> None:
    alice.post(alice.url("accounts:settings"), GENERAL | {"time_zone": "Asia/Tokyo"})
    assert wrong_days(alice.organization, TOKYO) > 10

    while rezoning.work(at=later(), limit=3):
        assert gaps(alice.organization) == [], "the counts lag behind the rows"
    rollups.fold()

    assert wrong_days(alice.organization, TOKYO) == 0
    assert gaps(alice.organization) == []
    change = ZoneChange.objects.get()
    assert (change.state, change.looked_at) == (ZoneChange.State.DONE, change.total)
    assert AuditEntry.objects.filter(details__changed__time_zone=["UTC", "Asia/Tokyo"]).exists()


def test_what_was_under_way_by_the_old_clock_is_found_when_it_is_there(alice: Person, book: Book) -> None:
    alice.post(alice.url("accounts:settings"), GENERAL | {"time_zone": "Asia/Tokyo"})
    tasks.rezone()
    assert ZoneChange.objects.get().phase == ZoneChange.Phase.LATECOMERS
    book.answer(book.invite())  # its days are not Tokyo's

    assert not rezoning.work(at=timezone.now()), "it is to wait for what is under way"
    finish()

    assert wrong_days(alice.organization, TOKYO) == 0
    assert gaps(alice.organization) == []


def test_dashboards_say_that_days_are_being_computed_anew(alice: Person, bob: Person, book: Book) -> None:
    alice.post(alice.url("accounts:settings"), GENERAL | {"time_zone": "Asia/Tokyo"})

    page = alice.get(alice.url("analytics:overview")).content.decode()

    assert "computed anew for the time zone Asia/Tokyo" in page
    assert f"{alice.url('accounts:settings')}#zone-change" in page
    theirs = bob.get(bob.url("analytics:overview")).content.decode()
    assert "computed anew" in theirs
    assert "#zone-change" not in theirs  # only who manages the organization may look there
    finish()
    assert "computed anew" not in alice.get(alice.url("analytics:overview")).content.decode()


def test_it_can_be_paused_continued_and_taken_back(alice: Person, book: Book) -> None:
    alice.post(alice.url("accounts:settings"), GENERAL | {"time_zone": "Asia/Tokyo"})
    rezoning.work(at=later(), limit=3)
    alice.post(alice.url("accounts:pause_zone"))
    assert not rezoning.work(at=later())
    assert "Go on" in alice.get(alice.url("accounts:settings")).content.decode()

    alice.post(alice.url("accounts:resume_zone"))
    assert rezoning.work(at=later(), limit=3)
    alice.post(alice.url("accounts:settings"), GENERAL | {"time_zone": "UTC"})
    finish()

    assert wrong_days(alice.organization, ZoneInfo("UTC")) == 0
    assert [change.state for change in ZoneChange.objects.order_by("id")] == ["replaced", "done"]
    assert alice.get(alice.url("accounts:zone_progress")).status_code == 286


@pytest.mark.django_db(transaction=True)
def test_people_answer_while_days_are_computed_by_two_workers() -> None:
    alice = Person(factories.organization(factories.user("alice@example.com"), "Acme"))
    books = [Book(alice.organization, seed) for seed in range(2)]
    for book in books:
        book.import_many(60)
    alice.post(alice.url("accounts:settings"), GENERAL | {"time_zone": "Asia/Tokyo"})

    def live(book: Book) -> None:
        for number in range(25):
            invitation = book.invite(is_sent=number % 2 == 0)
            book.answer(invitation)
            book.bounce(invitation) if number % 3 == 0 else book.unsubscribe(invitation)
            if number % 2:
                book.send([invitation])

    def compute() -> None:
        while rezoning.work(at=later(), limit=5):
            continue

    def apart(work: object) -> None:
        try:
            work()  # type: ignore[operator]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(apart, work) for work in (*(partial(live, book) for book in books), compute, compute)]
        for job in jobs:
            job.result(timeout=120)
    ZoneChange.objects.update(state=ZoneChange.State.RUNNING)
    finish()

    assert wrong_days(alice.organization, TOKYO) == 0
    assert gaps(alice.organization) == []
