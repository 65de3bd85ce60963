"""Annotations: what happened, on the trend, with the score before and after."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Role
from surveys.analytics.look import Look
from surveys.analytics.models import Annotation
from surveys.analytics.overview.annotations import annotated
from surveys.core.filters import Filters
from surveys.core.nps import Split, Verdict
from surveys.core.periods import Period
from surveys.responses.models import Response
from tests import factories
from tests.analytics.book import Book
from tests.people import Person

TODAY = date(2025, 3, 1)


def write(person: Person, **data: Any) -> str:
    answer = person.post(person.url("analytics:annotations"), data, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_it_is_written_changed_taken_off_and_brought_back(alice: Person, bob: Person, charlie: Person) -> None:
    home, pulse = alice.url("analytics:overview"), factories.campaign(alice.organization, "Pulse")
    page = write(alice, text=" New  pricing ", day="2025-02-01", last_day="2025-02-03", campaign=pulse.pk, back=home)
    assert "It is on the trend now." in page
    found = Annotation.objects.get()
    assert (found.text, found.day, found.last_day) == ("New pricing", date(2025, 2, 1), date(2025, 2, 3))
    listed = bob.get(bob.url("analytics:annotations")).content.decode()
    assert "New pricing" in listed
    assert "<form" not in listed.split("<main")[1].split("</main")[0]
    assert bob.post(bob.url("analytics:annotations"), {"text": "x", "day": "2025-02-01"}).status_code == 403
    bob.becomes(Role.AGENT)
    bob.post(bob.url("analytics:annotation", pk=found.pk), {"text": "Prices", "day": "2025-02-01", "last_day": ""})
    found.refresh_from_db()
    assert (found.text, found.last_day, found.campaign) == ("Prices", None, None)
    after = bob.post(bob.url("analytics:annotation_delete", pk=found.pk), follow=True).content.decode()
    assert "“Prices” is not on the trend any more." in after
    alice.post(alice.url("analytics:annotation_restore", pk=found.pk))
    assert annotated(alice.organization, Look(Period(found.day, found.day), Filters()), TODAY)[0].annotation == found
    assert charlie.get(charlie.url("analytics:annotation", pk=found.pk)).status_code == 404
    assert "Prices" not in charlie.get(charlie.url("analytics:annotations")).content.decode()
    told = list(
        AuditEntry.objects.filter(action__startswith="annotation").order_by("id").values_list("action", flat=True)
    )
    assert told == [f"annotation.{what}" for what in ("added", "changed", "deleted", "restored")]


def test_what_cannot_be_is_said_and_nothing_typed_is_lost(alice: Person, charlie: Person) -> None:
    theirs = factories.campaign(charlie.organization)
    day = (timezone.now() + timedelta(days=9)).date()
    coming = day.isoformat()
    for data, said in (
        ({"day": coming}, f"{Period(day, day)} is still to come"),
        ({"day": "2025-02-05", "last_day": "2025-02-03"}, "It ends before it begins: 3 Feb 2025."),
        ({"day": "0999-02-05"}, "There were no answers in 999."),
        ({"day": "2025-02-05", "campaign": theirs.pk}, "Select a valid choice"),
    ):
        page = write(alice, text="A fine text", **data)
        assert said in page
        assert "A fine text" in page
    assert not Annotation.objects.exists()
    away = alice.post(alice.url("analytics:annotations"), {"text": "x", "day": "2025-02-01", "back": "//evil.example/"})
    assert away["Location"] == alice.url("analytics:annotations")


@pytest.fixture
def book(alice: Person) -> Book:
    book = Book(alice.organization, seed=3)
    book.import_many(400)
    return book


def test_the_score_before_and_after_is_that_of_as_many_days(alice: Person, book: Book) -> None:
    at = timezone.now()
    for day, last in ((date(2025, 1, 20), None), (date(2025, 2, 1), date(2025, 2, 3)), (date(2025, 2, 26), None)):
        Annotation.objects.create(
            organization=alice.organization, day=day, last_day=last, text="Release", created_at=at, updated_at=at
        )
    look = Look(Period(date(2025, 1, 1), TODAY), Filters())
    found = annotated(alice.organization, look, TODAY)
    for each, days in zip(found, (28, 26, 3), strict=True):
        assert each.before_days
        assert each.after_days
        assert each.before_days.days == each.after_days.days == days
        assert each.before == of_days(book, each.before_days)
        assert each.after == of_days(book, each.after_days)
        assert each.after_days.first > each.last
    assert {each.difference.verdict for each in found} <= set(Verdict)
    assert any(each.before.responses for each in found)
    page = alice.get(alice.url("analytics:overview"), {"from": "2025-01-01", "to": "2025-03-01"}).content.decode()
    assert page.count('class="flag"') == 3
    assert "in the 28 days before" in page


def of_days(book: Book, days: Period) -> Split:
    rows = Response.objects.counted().filter(organization=book.organization, day__range=days.ends)
    given = list(rows.values_list("score", flat=True))
    return Split.of_scores([given.count(score) for score in range(11)])
