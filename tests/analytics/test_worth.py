"""Who answered and what people are worth: against what is counted one by one, and as pages."""

import random
from collections import defaultdict
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from surveys.analytics.choices import choices
from surveys.analytics.counting import parting
from surveys.analytics.look import Look
from surveys.analytics.segments import representation, revenue
from surveys.core.choices import Category
from surveys.core.filters import Filters
from surveys.core.nps import classify
from surveys.core.periods import Period
from surveys.customers.models import Property, PropertyType
from surveys.responses.models import Verdict
from tests import factories
from tests.analytics.book import Book
from tests.analytics.counted import rebuild
from tests.helpers.reading import words
from tests.people import Person

# ── Who answered ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def asked(alice: Person) -> Book:
    """Of Free 200 were asked and 40 answered badly, of Pro 100 and 60 answered well; of one plan nobody answered."""
    book = Book(alice.organization, seed=5)
    campaign = factories.campaign(alice.organization)
    for plan, sent, answered, scores in (("Free", 200, 40, (0, 9)), ("Pro", 100, 60, (10, 10, 7)), ("Edu", 20, 0, ())):
        kind = factories.property_set(alice.organization, plan=plan)
        for number in range(sent):
            person = factories.customer(alice.organization, property_set=kind)
            invitation = factories.invitation(campaign, person, timezone.now() - timedelta(days=2))
            if number < answered:
                factories.response(invitation, scores[number % len(scores)])
    rebuild(alice)
    return book


def test_the_score_is_weighed_to_those_who_were_asked(alice: Person, asked: Book) -> None:
    today = Look.from_query(QueryDict("period=7d"), timezone.now().date())
    known = next(one for one in parting.of_asks(choices(alice.organization, sees_hidden=True)) if one.name == "p.plan")
    result = representation.answered(alice.organization, today, parting.parted(alice.organization, known, book_at()))
    free, pro = Fraction(0), Fraction(200, 3)
    assert result.weighed.score == Fraction(200, 300) * free + Fraction(100, 300) * pro
    assert result.weighed.covered == Fraction(300, 320)
    assert result.split.score == Fraction(40)

    page = words(alice.get(alice.url("analytics:answered"), {"period": "7d"}).content.decode())
    assert "Left out, for even together they have fewer than 5 responses: Edu. They are 6 % of those invited." in page
    assert "Free 200 63 % 40 40 % 20 %" in page
    assert page.count("under-represented") == 1 + 1  # Free, and the note
    address = alice.url("analytics:export", page="answered", table="segments", form="csv")
    file = b"".join(alice.get(address, {"period": "7d"}).streaming_content)  # type: ignore[attr-defined]
    assert file.count(b"under-represented") == 1
    assert b"changed" not in file
    assert "Edu 20 6 % 0 0 % 0 %" in page
    refused = words(alice.get(alice.url("analytics:answered"), {"has_comment": "1"}).content.decode())
    assert "Not under a filter on the answer" in refused


def book_at() -> Any:
    return timezone.now()


# ── Revenue ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everyone_is_worth_what_counting_them_one_by_one_gives(alice: Person, charlie: Person) -> None:
    rng = random.Random(6)
    Property.objects.create(organization=alice.organization, key="spend", label="Spend", type=PropertyType.NUMBER)
    campaign, expected, squares = (
        factories.campaign(alice.organization),
        defaultdict[Any, Any](int),
        defaultdict[Any, Any](int),
    )
    for number in range(60):
        spend: Any = rng.choice([None, -5, 0, 10, "12", 99.5, 1000])
        person = factories.customer(alice.organization, properties={} if spend is None else {"spend": spend})
        kind = asks_and_answers(rng, campaign, person, number)
        is_number = isinstance(spend, int | float)
        state = "missing" if not is_number else "negative" if spend < 0 else "valued"
        if kind:
            expected[kind, state, "people"] += 1
            expected[kind, state, "worth"] += Fraction(str(spend)) if is_number else 0
            squares[kind] += Fraction(str(spend)) ** 2 if state == "valued" else 0
    Book(alice.organization, seed=6)
    period = Period(timezone.now().date() - timedelta(days=6), timezone.now().date())

    result = revenue.revenue(alice.organization, period, Filters(), "spend")
    assert {
        **{(*key, "people"): one.count for key, one in result.groups.items()},
        **{(*key, "worth"): one.total for key, one in result.groups.items()},
    } == dict(expected) | {key: 0 for key in expected if not expected[key]}
    for category in Category:
        assert result.of(category.value).squares == squares[category.value]
    stakes = revenue.most_at_stake(alice.organization, period, Filters(), "spend")
    assert [one.worth for one in stakes] == sorted((one.worth for one in stakes), reverse=True)
    assert sum((Fraction(one.worth) for one in stakes), Fraction(0)) == result.of("detractor").total
    assert revenue.revenue(charlie.organization, period, Filters(), "spend") == revenue.Revenue()
    chosen = revenue.revenue(alice.organization, period, Filters(has_comment=False), "spend")
    assert chosen.of("silent") == revenue.Revenue().of("silent")
    assert not chosen.is_asked_known


def asks_and_answers(rng: random.Random, campaign: Any, person: Any, number: int) -> str:
    """Asked up to three times, answered or not; returns what the person counts as."""
    last = ""
    fates = [rng.choice(["silence", "bounce", "answer", "robot"]) for _ in range(rng.choice([1, 2, 3]))]
    for turn, fate in enumerate(fates):
        sent = timezone.now() - timedelta(days=3, hours=turn)
        bounced = {"bounced_at": sent} if fate == "bounce" else {}
        invitation = factories.invitation(campaign, person, sent, occasion=f"wave:{number}-{turn}", **bounced)
        if fate in ("answer", "robot"):
            score = rng.randrange(11)
            at = timezone.now() - timedelta(hours=2 * len(fates) - turn)
            verdict = Verdict.CONFIRMED if fate == "answer" else Verdict.QUARANTINED
            factories.response(invitation, score, at=at, verdict=verdict)
            last = classify(score).value if fate == "answer" else last
    return last or ("unreached" if set(fates) == {"bounce"} else "silent")


def test_without_numbers_the_page_says_how_to_get_them(alice: Person, bob: Person) -> None:
    page = words(alice.get(alice.url("analytics:revenue")).content.decode())
    assert "No property with numbers yet" in page
    assert "To properties" in page
    assert "To properties" not in words(bob.get(bob.url("analytics:revenue")).content.decode())


def test_worth_that_a_role_may_not_see_is_neither_shown_nor_in_files(alice: Person, bob: Person) -> None:
    Property.objects.create(
        organization=alice.organization, key="arr", label="ARR", type=PropertyType.NUMBER, visible_to_agents=False
    )
    customer = factories.customer(alice.organization, properties={"arr": 123456})
    factories.response(factories.invitation(factories.campaign(alice.organization), customer), 3)
    assert "123,456" in words(alice.get(alice.url("analytics:revenue")).content.decode())
    assert "123,456" not in words(bob.get(bob.url("analytics:revenue"), {"worth": "arr"}).content.decode())
    file = alice.url("analytics:export", page="revenue", table="worth", form="csv")
    assert alice.get(file, {"worth": "arr"}).status_code == 404
