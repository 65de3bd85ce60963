"""Mails with figures: the page's, once, only when there is something new."""

import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from surveys.accounts.models import Membership, Organization, SavedView
from surveys.analytics import queries, reactions
from surveys.analytics.actions import digests
from surveys.analytics.look import Look
from surveys.analytics.models import Digest, DigestIssue
from surveys.delivery.tasks import send_system
from surveys.outbox.models import Event
from tests.analytics.book import Book
from tests.analytics.leaving import MORNING, issued, mails, said_by_the_page, subscribed, view_of, with_people
from tests.helpers.reading import words
from tests.people import Person


@pytest.fixture
def book(alice: Person) -> Book:
    book = Book(alice.organization, seed=11)
    book.import_many(200)
    return book


def test_the_mail_says_what_the_page_says_and_ends_with_one_click(
    alice: Person, bob: Person, book: Book, mailoutbox: list[EmailMultiAlternatives], client: Client
) -> None:
    view = view_of(alice)
    issued(subscribed(bob, view), date(2024, 12, 31))

    digests.send_due(at=timezone.now())
    send_system()

    mail = mailoutbox[-1].message()
    assert mail["To"] == "bob@example.com"
    page = said_by_the_page(alice)
    assert page.keys() == {"score", "interval", "responses", "change"}
    text, html = mails()[0]["text"], words(mails()[0]["html"])
    assert f"Net Promoter Score: {page.pop('score')}\n" in text
    for figure in page.values():
        assert figure in text
        assert figure in html
    unsubscribe = mails()[0]["unsubscribe_url"]
    assert mail["List-Unsubscribe"] == f"<{unsubscribe}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = "/" + unsubscribe.split("/", 3)[3]
    assert client.get(path).status_code == 200
    assert Digest.objects.exists()  # a scanner that opens links ends nothing
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Digest.objects.exists()


def test_there_is_a_mail_only_when_something_is_new_and_never_twice(alice: Person, book: Book) -> None:
    digest = subscribed(alice, None, "daily")
    issued(digest, MORNING.date() - timedelta(days=2))
    new = sum(each.day == MORNING.date() - timedelta(days=1) for each in book.responses)
    assert new

    digests.send_due(at=MORNING)
    digests.send_due(at=MORNING)
    digests.send_due(at=MORNING + timedelta(days=30))
    digests.send_due(at=MORNING + timedelta(days=31))

    assert [issue.responses for issue in DigestIssue.objects.order_by("pk")][1:] == [new]
    assert len(mails()) == 1


def test_what_counts_only_after_the_mail_of_its_day_is_told_once_by_the_next(alice: Person, book: Book) -> None:
    digest = subscribed(alice, None, "daily")
    day = MORNING.date() - timedelta(days=1)
    late = sum(each.day == day for each in book.responses)
    assert late
    DigestIssue.objects.create(
        organization=digest.organization, digest=digest, first=day, last=day, responses=0, at=MORNING
    )

    for days in range(1, 4):
        digests.send_due(at=MORNING + timedelta(days=days))

    [mail] = mails()
    assert "0 new responses" in mail["text"]
    assert f"{late} of the days before began to count since the last mail." in words(mail["html"])
    assert DigestIssue.objects.latest("pk").responses == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_mail(alice: Person, book: Book) -> None:
    subscribed(alice, view_of(alice))

    def work(_worker: int) -> None:
        try:
            digests.send_due(at=MORNING)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work, range(4)))

    assert len(mails()) == DigestIssue.objects.count() == 1


def test_nobody_gets_figures_of_where_they_are_not(alice: Person, bob: Person, book: Book) -> None:
    """Who left, whose view is not shared any more, and who is in an organization that was stopped."""
    view = view_of(alice)
    subscribed(bob, view)
    SavedView.objects.update(is_shared=False)
    digests.send_due(at=MORNING)
    assert not Digest.objects.exists()

    subscribed(bob, None)
    reactions.end_digests(Event(organization=bob.organization, payload={"user": bob.membership.user_id}))
    assert not Digest.objects.exists()

    subscribed(bob, None)
    Organization.objects.update(suspended_at=MORNING)
    digests.send_due(at=MORNING)
    Organization.objects.update(suspended_at=None)
    Membership.objects.filter(pk=bob.membership.pk).delete()
    Digest.objects.update(next_at=MORNING)
    digests.send_due(at=MORNING)

    assert not Digest.objects.exists()
    assert not mails()


def test_one_that_cannot_be_made_keeps_nobody_from_theirs(
    alice: Person, bob: Person, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = subscribed(alice, view_of(alice)), subscribed(bob, None)
    read = queries.figures

    def figures(organization: Organization, look: Look, dimensions: Any) -> Any:
        if look.period.first == date(2025, 1, 1):
            raise OperationalError("canceling statement due to statement timeout")
        return read(organization, look, dimensions)

    monkeypatch.setattr(queries, "figures", figures)
    digests.send_due(at=MORNING)

    assert [issue.digest for issue in DigestIssue.objects.order_by("pk")] == [whole]
    broken.refresh_from_db()
    assert broken.next_at == MORNING + digests.FAILED
    monkeypatch.undo()
    digests.send_due(at=broken.next_at)
    assert DigestIssue.objects.filter(digest=broken).count() == 1


def test_it_goes_out_in_the_morning_of_the_organization(alice: Person) -> None:
    of = alice.organization
    of.time_zone, of.week_start = "Asia/Tokyo", 1
    evening = datetime(2026, 2, 27, 22, 30, tzinfo=UTC)  # Saturday, 7:30 in Tokyo

    assert digests.next_morning(of, "daily", evening) == datetime(2026, 2, 28, 22, 0, tzinfo=UTC)
    assert digests.next_morning(of, "weekly", evening) == datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
    assert digests.next_morning(of, "monthly", evening) == datetime(2026, 2, 28, 22, 0, tzinfo=UTC)


# ── Links ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_mail_about_another_page_has_that_pages_tables(alice: Person, book: Book) -> None:
    with_people(book)
    views = {
        page: view_of(alice, f"Of {page}", f"from=2025-01-01&to=2025-03-01&{own}", page=page)
        for page, own in (("segments", "per=p.plan&sort=name"), ("answered", ""), ("revenue", ""), ("changes", ""),
                          ("why", ""), ("compare", ""), ("drivers", ""))
    }  # fmt: skip
    for view in views.values():
        issued(subscribed(alice, view), date(2024, 12, 31))

    digests.send_due(at=timezone.now())

    sent = {mail["subject"].split(":")[0].removeprefix("Of "): mail for mail in mails()}
    assert sent.keys() == views.keys()
    there = alice.get(
        alice.url("analytics:export", page="segments", table="segments", form="csv") + f"?{views['segments'].query}"
    )
    _about, heading, *rows = csv.reader(io.StringIO(b"".join(there.streaming_content).decode()))  # type: ignore[attr-defined]
    told = [dict(zip(heading, row, strict=True)) for row in rows]
    listed = re.findall(r"^- (.+) · (.+) · .+ · .+ · (\d+)$", sent["segments"]["text"], flags=re.M)
    assert listed == [(row["Plan"], row["NPS"].replace("-", "−"), row["Responses"]) for row in told]
    for page, mail in sent.items():
        assert f"{alice.url(f'analytics:{page}')}?view={views[page].pk}" in mail["text"]
        assert "Miller" not in mail["text"]
