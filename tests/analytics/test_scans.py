"""What is counted response by response in a task: exact, with progress, used again only as long as it holds."""

import random
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from surveys.accounts.models import SavedView
from surveys.analytics import tasks
from surveys.analytics.actions import digests, links, scans
from surveys.analytics.choices import choices
from surveys.analytics.counting import counts, funnels, scanning
from surveys.analytics.counting.scanning import Unfinished
from surveys.analytics.models import Digest, DigestIssue, InvitationCount, JobStatus, Scan, ScanDay
from surveys.analytics.upkeep import rollups
from surveys.core.filters import Filters
from surveys.core.periods import Period
from surveys.customers.actions import erasing
from surveys.customers.models import Property
from surveys.responses import filtering
from surveys.responses import queries as responses
from surveys.responses.models import Response
from tests.analytics.book import DAYS, FIRST, Book
from tests.people import Person

PERIOD = Period(FIRST, FIRST + timedelta(days=DAYS))
WEEKS = tuple(FIRST + timedelta(days=7 * week) for week in range(9))


@pytest.fixture
def book(alice: Person) -> Book:
    book = Book(alice.organization, seed=7)
    book.import_many(80)
    rollups.fold()
    return book


def understood(book: Book, query: str) -> Filters:
    known = choices(book.organization, sees_hidden=True).known
    filters = Filters.from_query(QueryDict(query))
    return filtering.understood(book.organization, filters, known, sees_hidden=True, at=timezone.now())


def counted(book: Book, filters: Filters) -> dict[tuple[int, str], list[int]]:
    return counts.scores(counts.Question(book.organization, PERIOD, filters, WEEKS))


def one_by_one(book: Book, filters: Filters) -> dict[tuple[int, str], list[int]]:
    cells: dict[tuple[int, str], list[int]] = {}
    for found in responses.matching(book.organization, filters.during(*PERIOD.ends)):
        week = sum(start <= found.day for start in WEEKS) - 1
        cells.setdefault((week, ""), [0] * 11)[found.score] += 1
    return cells


def scan_all() -> None:
    for scan in Scan.objects.filter(status=JobStatus.RUNNING).order_by("pk"):
        tasks.scan(scan.pk)


QUERIES = (
    "q=w",
    "q=because&sentiment=1",
    'where={"all":[{"field":"score","op":"at_least","value":5}]}',
    "language=de&has_comment=1",
)


def test_a_page_shows_how_far_the_count_is_and_then_its_figures(alice: Person, book: Book, settings: Any) -> None:
    settings.SCAN_INLINE = 10
    ends = {"from": "2025-01-01", "to": "2025-03-02", "q": "because"}
    total = responses.matching(book.organization, Filters(words="because")).count()
    url = alice.url("analytics:overview")

    first = alice.get(url, ends).content.decode()
    assert re.search(r"\b0 of \d+", first)
    assert f"{total} responses" not in first
    scan_all()
    polled = alice.get(url, ends, headers={"HX-Request": "true", "HX-Target": "scan"})

    assert polled["HX-Retarget"] == "#dashboard"
    assert f"{total} responses" in polled.content.decode()
    assert not Scan.objects.filter(organization=book.organization).exclude(status=JobStatus.DONE).exists()


@pytest.mark.parametrize("output", ["file", "report", "link"])
def test_what_is_no_page_says_that_it_is_counted_and_then_comes(
    alice: Person, book: Book, settings: Any, output: str
) -> None:
    """Files, sheets and the pages of strangers: nothing of them is there before all is counted."""
    total = responses.matching(book.organization, Filters(words="because")).count()
    address = address_of(alice, output)
    settings.SCAN_INLINE = 10

    first = alice.get(address)
    assert (first.status_code, first["Refresh"]) == (202, "4")
    assert "These figures are being counted" in first.content.decode()
    assert not re.search(rf"\b{total}\b.response", first.content.decode())
    for _round in range(4):  # only so many are counted at once
        scan_all()
        whole = alice.get(address)
        if whole.status_code != 202:
            break

    assert whole.status_code == 200
    body = b"".join(whole.streaming_content) if whole.streaming else whole.content  # type: ignore[attr-defined]
    assert re.search(rf"[ ,]{total}( response|,)", body.decode("utf-8-sig"))


def address_of(person: Person, output: str) -> str:
    if output == "link":
        wish = links.Wish("Board", 7, shows_comments=False)
        made = links.make_link(view=view_of(person), wish=wish, by=person.membership, at=timezone.now())
        return reverse("shared:view", args=[made[1]])
    if output == "file":
        keys = {"page": "overview", "table": "score", "form": "csv"}
        return person.url("analytics:export", **keys) + f"?{ASKED}"
    return person.url("analytics:report") + f"?{ASKED}"


ASKED = "from=2025-01-01&to=2025-03-02&q=because"


def view_of(person: Person) -> SavedView:
    at, of = timezone.now(), person.organization
    user = person.membership.user
    fields = {"page": "overview", "query": ASKED, "created_at": at, "updated_at": at}
    return SavedView.objects.create(organization=of, user=user, name="Because", **fields)


def test_a_mail_waits_for_its_figures_and_goes_out_as_soon_as_they_are_counted(
    alice: Person, book: Book, settings: Any
) -> None:
    settings.SCAN_INLINE = 10
    at, of = timezone.now(), {"organization": book.organization}
    whose = {"user": alice.membership.user, "view": view_of(alice)}
    digest = Digest.objects.create(**of, **whose, frequency="daily", created_at=at, next_at=at)
    DigestIssue.objects.create(**of, digest=digest, responses=1, first=FIRST, last=FIRST, at=at)

    for _until_counted in range(4):
        digests.send_due(at=at)
        digest.refresh_from_db()
        if digest.next_at != at + digests.UNFINISHED:
            break
        assert not DigestIssue.objects.exclude(delivery_id=None).exists()
        scan_all()
        at = digest.next_at
    assert _until_counted

    issue = DigestIssue.objects.exclude(delivery_id=None).get()
    after = Filters(words="because").during(FIRST + timedelta(days=1), None)
    assert issue.responses == responses.matching(book.organization, after).count()
    assert digest.next_at == digests.next_morning(book.organization, "daily", at)


def test_what_was_counted_is_used_again_until_something_changes(book: Book, settings: Any) -> None:
    """Whatever happens to responses, and whenever it is folded: what stands is never wrong."""
    settings.SCAN_INLINE = 0
    asked = [understood(book, query) for query in QUERIES[:2]]
    for filters in asked:
        with pytest.raises(Unfinished) as unfinished:
            counted(book, filters)
        scans.ask(unfinished.value.missing, at=timezone.now())
    scan_all()
    assert all(counted(book, filters) == one_by_one(book, filters) for filters in asked)
    rng, stale = random.Random(3), 0
    for _ in range(25):
        book.something_happens()
        if rng.random() < 0.4:
            rollups.fold(limit=rng.choice((1, 3, 1000)))
        for filters in asked:
            try:
                settings.SCAN_INLINE = 0
                counted(book, filters)
            except Unfinished:
                stale += 1
            settings.SCAN_INLINE = 10**9
            assert counted(book, filters) == one_by_one(book, filters)
    assert stale  # otherwise nothing was tried
    assert ScanDay.objects.filter(scan__digest=scanning.Wanted(book.organization, "answers", asked[0]).digest).exists()


def test_a_comment_that_is_rewritten_is_noticed(book: Book, settings: Any) -> None:
    """Its counts stay what they were; what is found in it does not."""
    settings.SCAN_INLINE = 0
    filters = understood(book, "q=because")
    with pytest.raises(Unfinished) as unfinished:
        counted(book, filters)
    scans.ask(unfinished.value.missing, at=timezone.now())
    scan_all()
    before = sum(map(sum, counted(book, filters).values()))
    some = next(found for found in book.responses if found.comment == "Because" and found.is_counted)

    book.change(some, "response.commented", comment="Slow")

    settings.SCAN_INLINE = 10**9
    assert sum(map(sum, counted(book, filters).values())) == before - 1


def test_a_worker_may_die_after_any_slice(book: Book, settings: Any) -> None:
    settings.SCAN_INLINE = 0
    filters = understood(book, QUERIES[2])
    with pytest.raises(Unfinished) as unfinished:
        counted(book, filters)
    (scan,) = scans.ask(unfinished.value.missing, at=timezone.now())
    slices = iter([False, False, True])  # then its time is over
    scans.work(scan_id=scan.pk, clock=timezone.now, is_over=lambda: next(slices), size=5)
    found = ScanDay.objects.filter(scan=scan).count()
    assert 0 < found < Response.objects.filter(organization=book.organization).values("day").distinct().count()
    Scan.objects.filter(pk=scan.pk).update(heartbeat_at=timezone.now())  # another worker has it
    scans.work(scan_id=scan.pk, clock=timezone.now, is_over=lambda: False, size=5)
    assert ScanDay.objects.filter(scan=scan).count() == found
    later = timezone.now() + timedelta(seconds=settings.LEASE_SECONDS + 1)  # and died
    settings.SCAN_PATIENCE_SECONDS = 10**6
    scans.work(scan_id=scan.pk, clock=lambda: later, is_over=lambda: False, size=5)
    assert counted(book, filters) == one_by_one(book, filters)


def test_a_count_that_nobody_waits_for_stops_and_goes_on_when_somebody_does(book: Book, settings: Any) -> None:
    settings.SCAN_INLINE = 0
    filters = understood(book, QUERIES[3])
    with pytest.raises(Unfinished) as unfinished:
        counted(book, filters)
    (scan,) = scans.ask(unfinished.value.missing, at=timezone.now() - timedelta(hours=1))
    tasks.scan(scan.pk)
    scan.refresh_from_db()
    assert scan.status == JobStatus.CANCELLED

    scans.ask(unfinished.value.missing, at=timezone.now())
    scan_all()
    assert counted(book, filters) == one_by_one(book, filters)


def test_who_is_done_wakes_the_next_of_its_organization(
    book: Book, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    """They are counted one after the other, and nobody waits for a sweep."""
    settings.SCAN_INLINE = 0
    for word in ("because", "never"):
        with pytest.raises(Unfinished) as unfinished:
            counted(book, Filters(words=word))
        scans.ask(unfinished.value.missing, at=timezone.now())
    first, second = Scan.objects.filter(status=JobStatus.RUNNING).order_by("asked_at")
    with django_capture_on_commit_callbacks() as woken:
        tasks.scan(first.pk)
    assert [each.args for each in woken if each.args == (scans.COUNT, second.pk)] == [(scans.COUNT, second.pk)]


@pytest.mark.django_db(transaction=True)
def test_counts_of_one_organization_go_on_one_after_the_other(alice: Person, settings: Any) -> None:
    """While one is counted the others let go, so that a curious organization does not take all workers."""
    book = Book(alice.organization, seed=7)
    book.import_many(20)
    settings.SCAN_INLINE = 0
    with pytest.raises(Unfinished) as unfinished:
        counted(book, Filters(words="because"))
    (scan,) = scans.ask(unfinished.value.missing, at=timezone.now())
    with transaction.atomic():
        assert scans._is_alone(scan)  # as whoever counts another one
        with ThreadPoolExecutor(1) as other:
            other.submit(elsewhere, scan.pk).result()
    scan.refresh_from_db()
    assert (scan.status, scan.seen, scan.heartbeat_at) == (JobStatus.RUNNING, 0, None)

    tasks.scan(scan.pk)
    assert counted(book, Filters(words="because")) == one_by_one(book, Filters(words="because"))


def elsewhere(pk: int) -> None:
    """As another worker."""
    try:
        tasks.scan(pk)
    finally:
        connection.close()


def test_one_organization_has_only_so_many_counts_at_once(book: Book, settings: Any) -> None:
    settings.SCAN_INLINE = 0
    for number in range(scans.MOST_AT_ONCE + 3):
        with pytest.raises(Unfinished) as unfinished:
            counted(book, Filters(words=f"word{number}"))
        scans.ask(unfinished.value.missing, at=timezone.now())
    assert Scan.objects.filter(organization=book.organization).count() == scans.MOST_AT_ONCE


def test_who_asks_for_the_same_counts_the_other_way_round_waits_and_is_no_deadlock(book: Book, settings: Any) -> None:
    """All who ask hold the rows in one order."""
    settings.SCAN_INLINE = 0
    missing: list[scanning.Missing] = []
    for word in ("one", "other"):
        with pytest.raises(Unfinished) as unfinished:
            counted(book, Filters(words=word))
        missing += unfinished.value.missing
    scans.ask(missing, at=timezone.now())
    held = []
    for asked in (missing, missing[::-1]):
        with CaptureQueriesContext(connection) as statements:
            scans.ask(asked, at=timezone.now())
        held.append([each["sql"] for each in statements if "FOR UPDATE" in each["sql"]])
    assert len(held[0]) == 2
    assert held[0] == held[1]


def test_who_was_asked_is_counted_in_the_same_way(alice: Person, book: Book, settings: Any) -> None:
    """A condition about the person passes on both sides of a response rate; one about the answer has none."""
    invitations = [book.invite() for _ in range(40)]
    for invitation in invitations[::2]:
        book.answer(invitation)
    rollups.fold()
    person = understood(book, 'where={"all":[{"field":"p.plan","op":"one_of","value":["Pro","Team"]}]}')
    answer = understood(book, QUERIES[2])
    expected = [
        ask for ask in invitations if (ask.property_set and ask.property_set.values.get("plan")) in ("Pro", "Team")
    ]
    settings.SCAN_INLINE = 0
    with pytest.raises(Unfinished) as unfinished:
        funnels.funnel(alice.organization, PERIOD, person)
    scans.ask(unfinished.value.missing, at=timezone.now())
    scan_all()
    found = funnels.funnel(alice.organization, PERIOD, person)
    assert found
    assert (found.sent, found.answered) == (len(expected), sum(hasattr(ask, "response") for ask in expected))
    assert funnels.funnel(alice.organization, PERIOD, answer) is None


def test_what_was_counted_is_counted_anew_when_those_who_were_asked_are_erased(book: Book, settings: Any) -> None:
    """Their scores go on counting, and nobody knows any more what they were when they were asked."""
    Property.objects.create(organization=book.organization, key="tier", label="Tier", type="text")
    for _ in range(30):
        book.answer(book.invite())
    rollups.fold()
    filters = understood(book, 'where={"all":[{"field":"p.tier","op":"one_of","value":["Gold"]}]}')
    settings.SCAN_INLINE = 0

    def figures() -> tuple[dict[tuple[int, str], list[int]], int]:
        for ask in (lambda: counted(book, filters), lambda: funnels.funnel(book.organization, PERIOD, filters)):
            with pytest.raises(Unfinished) as unfinished:
                ask()
            scans.ask(unfinished.value.missing, at=timezone.now())
        scan_all()
        funnel = funnels.funnel(book.organization, PERIOD, filters)
        assert funnel
        return counted(book, filters), funnel.sent

    before, asked = figures()
    gold = Response.objects.filter(invitation__properties__tier="Gold").order_by("pk")[:5]
    people = list(gold.values_list("invitation__customer", flat=True))
    erasing.erase(organization=book.organization, ids=people, at=timezone.now())
    after, still_asked = figures()
    assert after == one_by_one(book, filters) != before
    assert still_asked == asked - len(people)
    rows = InvitationCount.objects.count()
    rollups.fold()
    assert figures() == (after, still_asked)
    assert InvitationCount.objects.count() == rows
