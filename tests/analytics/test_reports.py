"""The report: the page's figures on paper."""

from datetime import date
from html import unescape

import pytest
from django.utils import timezone

from surveys.analytics.models import Annotation
from tests.analytics.book import Book
from tests.analytics.leaving import QUERY, said_by_the_page
from tests.helpers.reading import words
from tests.people import Person


@pytest.fixture
def book(alice: Person) -> Book:
    book = Book(alice.organization, seed=11)
    book.import_many(200)
    return book


def test_the_report_has_the_pages_figures_and_the_sections_that_were_chosen(alice: Person, book: Book) -> None:
    address = alice.url("analytics:report") + f"?{QUERY}"

    whole = words(alice.get(address).content.decode())
    short = alice.get(address + "&show=score&show=method&show=nonsense").content.decode()

    for figure in said_by_the_page(alice).values():
        assert figure in whole
    assert "Customers over time" in whole
    assert 'id="trend-heading"' not in short
    assert 'id="score-title"' in short
    assert "show=nonsense" in unescape(short)


def test_the_report_tells_what_happened_and_steps_from_levels(alice: Person, book: Book) -> None:
    now = timezone.now()
    Annotation.objects.create(
        organization=alice.organization, day=date(2025, 2, 1), text="Prices rose", created_at=now, updated_at=now
    )
    nobody = words(alice.get(alice.url("analytics:report") + "?period=7d").content.decode())
    whole = words(alice.get(alice.url("analytics:report") + f"?{QUERY}").content.decode())

    assert "Nobody answered in both periods" in nobody
    assert "The same people, then and now" not in nobody
    assert "Prices rose" in whole
