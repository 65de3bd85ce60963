"""People answer, counts are folded, repaired and read, all at once, on real connections."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event
from time import monotonic

import pytest
from django.db import connection, transaction

from surveys.accounts.models import Organization
from surveys.analytics.counting import counts
from surveys.analytics.models import InvitationCount, ScoreDelta
from surveys.analytics.upkeep import rollups
from surveys.core.filters import NO_FILTERS
from surveys.core.nps import Split
from surveys.core.periods import Period
from surveys.delivery.models import Invitation
from surveys.outbox import actions as outbox
from surveys.responses.models import Response
from tests import factories
from tests.analytics.book import DAYS, FIRST, Book, gaps

PERIOD = Period(FIRST, FIRST.replace(year=FIRST.year + 1))


def apart(work: Callable[[], None]) -> None:
    """On a connection of its own, closed afterwards."""
    try:
        work()
    finally:
        connection.close()


@pytest.fixture
def organization(transactional_db: None) -> Organization:
    return factories.organization(factories.user("alice@example.com"), "Acme").organization


def read(organization: Organization) -> Split:
    cells = counts.scores(counts.Question(organization, PERIOD, NO_FILTERS))
    return Split.of_scores(cells.get((0, ""), [0] * 11))


def test_whatever_happens_at_once_the_counts_are_a_recount(organization: Organization) -> None:
    """Three lives go on while two fold and one repairs: nothing waits, is missed or counted twice."""
    books = [Book(organization, seed) for seed in range(3)]
    over = Event()

    def live(book: Book) -> None:
        for _ in range(50):
            book.something_happens()

    def fold() -> None:
        while not over.is_set():
            rollups.fold(limit=7)

    def repair() -> None:
        while not over.is_set():
            for piece in rollups.slices(organization.pk):
                rollups.repair(piece)

    with ThreadPoolExecutor(6) as pool:
        others = [pool.submit(apart, work) for work in (fold, fold, repair)]
        lives = [pool.submit(apart, partial(live, book)) for book in books]
        try:
            for life in lives:
                life.result(timeout=120)
        finally:
            over.set()
        for other in others:
            other.result(timeout=60)

    assert gaps(organization) == []
    rollups.fold()
    assert gaps(organization) == []
    assert not ScoreDelta.objects.exists()
    assert read(organization).responses == Response.objects.counted().count()


def test_a_reader_never_sees_a_delta_twice_or_not_at_all(organization: Organization) -> None:
    """Every transaction adds one promoter and one detractor, so any honest reading has as many of both."""
    book = Book(organization, seed=1)
    over = Event()

    def answer_in_pairs() -> None:
        try:
            for _ in range(150):
                _one_promoter_one_detractor(book)
        finally:
            over.set()

    def fold() -> None:
        while not over.is_set():
            rollups.fold(limit=5)

    seen: list[Split] = []

    def look() -> None:
        while not over.is_set():
            seen.append(read(organization))

    with ThreadPoolExecutor(3) as pool:
        for work in [pool.submit(apart, part) for part in (answer_in_pairs, fold, look)]:
            work.result(timeout=120)

    assert PERIOD.days > DAYS
    assert len({split.responses for split in seen}) > 10, "the reader saw the book grow"
    assert [split for split in seen if split.promoters != split.detractors] == []
    assert read(organization) == Split(promoters=150, detractors=150)


def _one_promoter_one_detractor(book: Book) -> None:
    pair = [book.row(), book.row()]
    pair[0].score, pair[1].score = 10, 0
    with transaction.atomic():
        rows = Response.objects.bulk_create(pair)
        keys = [row.pk for row in rows]
        outbox.publish("responses.imported", book.campaigns[0], at=book.at, responses=keys)


def test_two_who_repair_at_once_do_not_repair_twice(organization: Organization) -> None:
    book = Book(organization, seed=2)
    Response.objects.bulk_create([book.row() for _ in range(200)])
    pieces = rollups.slices(organization.pk)
    together = Barrier(2)

    def repair() -> None:
        for piece in pieces:
            together.wait(timeout=60)
            rollups.repair(piece)

    with ThreadPoolExecutor(2) as pool:
        for work in [pool.submit(apart, repair) for _ in range(2)]:
            work.result(timeout=120)

    assert gaps(organization) == []


def test_folding_waits_its_turn_and_nobody_notices(organization: Organization) -> None:
    Book(organization, seed=3).import_many(20)

    def fold_in_vain() -> int:
        try:
            return rollups.fold()
        finally:
            connection.close()

    with transaction.atomic(), connection.cursor() as cursor, ThreadPoolExecutor(1) as pool:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [rollups.FOLD_LOCK])
        assert pool.submit(fold_in_vain).result(timeout=60) == 0

    assert ScoreDelta.objects.exists()
    assert read(organization).responses == 20


def test_an_answer_that_overtakes_the_note_that_its_message_was_sent_is_in_the_funnel(
    organization: Organization,
) -> None:
    """Both transactions are open at once, and neither sees the other's rows until it has committed."""
    book = Book(organization, seed=4)
    invitation = book.invite(is_sent=False)
    answer_over = Event()

    def answer() -> None:
        try:
            book.answer(Invitation.objects.get(pk=invitation.pk))
        finally:
            answer_over.set()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            book.send([invitation])
            answering = pool.submit(apart, answer)
            _until(lambda: answer_over.is_set() or _somebody_waits_for_a_lock())
        answering.result(timeout=60)

    rollups.fold()
    assert InvitationCount.objects.get(organization=organization, dimension="").answered == 1
    assert gaps(organization) == []


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def _until(happened: Callable[[], bool]) -> None:
    deadline = monotonic() + 60
    while not happened():
        assert monotonic() < deadline
