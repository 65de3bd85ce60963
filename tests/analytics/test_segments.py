"""Segments of a period: rows against rows counted one by one, and the page that shows them."""

import random
import re
from html import unescape
from typing import Any

import pytest

from surveys.analytics import funnels, rollups
from surveys.core.filters import Filters
from surveys.core.periods import Period
from tests.analytics.book import DAYS, FIRST, Book
from tests.people import Person

DAYS_OF = {"from": "2025-01-01", "to": "2025-03-01"}
WHOLE = Period(FIRST, FIRST.replace(month=3, day=1))


@pytest.mark.parametrize("filters", [Filters(), Filters(language="de"), Filters(properties=(("region", ("EU",)),))])
def test_the_asked_of_each_segment_are_those_of_a_question_about_it_alone(alice: Person, filters: Filters) -> None:
    rng = random.Random(1)
    book = Book(alice.organization, seed=1)
    invitations = [book.invite() for _ in range(50)]
    for invitation in rng.sample(invitations, 25):
        book.answer(invitation)
    rollups.fold(limit=40)
    for invitation in rng.sample(invitations, 10):
        book.bounce(invitation)
    assert WHOLE.days == DAYS
    for dimension, values in (("p.plan", ("", "Pro", "Team", "Free")), ("language", ("", "en", "de"))):
        found = funnels.by_dimension(alice.organization, WHOLE, filters, dimension)
        assert found is not None
        alone = {
            value: funnels.funnel(alice.organization, WHOLE, filters.by_dimension(dimension, value)) for value in values
        }
        if filters.language and dimension == "language":
            alone = {"de": alone["de"]}
        assert found == {value: funnel for value, funnel in alone.items() if funnel and funnel.sent}, dimension


def segments(person: Person, **query: Any) -> str:
    answer = person.get(person.url("analytics:segments"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def book(alice: Person) -> Book:
    book = Book(alice.organization, seed=1)
    book.import_many(160)
    rollups.fold()
    for _ in range(40):
        book.something_happens()
    return book
