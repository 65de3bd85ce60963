"""Segments of a period, who answered, what people are worth: against what is counted one by one, and as pages."""

import random
import re
from fractions import Fraction
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.accounts.models import Role
from surveys.analytics.choices import choices
from surveys.analytics.counting import funnels, parting
from surveys.analytics.look import Look
from surveys.analytics.segments import segmenting
from surveys.analytics.segments.segment_words import beside
from surveys.analytics.upkeep import rollups
from surveys.core.contributions import verdicts
from surveys.core.filters import Filters
from surveys.core.nps import Difference, Split
from surveys.core.periods import Period
from surveys.customers.models import Property, PropertyType, Segment
from surveys.responses import queries as responses
from surveys.responses.models import Response
from tests import factories
from tests.analytics import book as books
from tests.analytics.book import DAYS, FIRST, Book
from tests.analytics.counted import rebuild
from tests.helpers.reading import words
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


@pytest.fixture
def book(alice: Person) -> Book:
    book = Book(alice.organization, seed=1)
    book.import_many(160)
    rollups.fold()
    for _ in range(40):
        book.something_happens()
    return book


def look(**query: str) -> Look:
    return Look.from_query(
        QueryDict("&".join(f"{name}={value}" for name, value in {**DAYS_OF, **query}.items())), FIRST
    )


def found(person: Person, per: str, asked: Look) -> segmenting.Segmented:
    known = {
        dimension.name: dimension for dimension in parting.dimensions(choices(person.organization, sees_hidden=True))
    }
    parted = parting.parted(person.organization, known[per], timezone.now())
    return segmenting.segmented(person.organization, asked, parted)


def split_of(given: list[Response]) -> Split:
    return Split.of_scores(books.histogram(given))


# ── Segments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_row_is_what_counting_its_responses_one_by_one_gives(alice: Person, book: Book) -> None:
    half = {"from": "2025-01-31", "to": "2025-03-01"}
    for per, more in (
        ("p.plan", {}),
        ("language", {"p.region": "EU"}),
        ("campaign", {}),
        ("campaign", {"p.plan": "Pro"}),
    ):
        query = {**half, **more}
        asked = look(**query)
        result = found(alice, per, asked)
        counted = Response.objects.counted().filter(organization=alice.organization).select_related("property_set")
        passing = [one for one in counted.order_by("pk") if books.passes(one, asked.filters)]
        now = [one for one in passing if one.day in asked.period]
        before = [one for one in passing if one.day in asked.compared]
        for row in result.rows:
            mine = [one for one in now if value(one, per) == row.value]
            assert row.counts == books.histogram(mine), row
            assert row.before == split_of([one for one in before if value(one, per) == row.value])
            assert row.contribution.others == split_of([one for one in now if value(one, per) != row.value])
            assert [split.responses for split in row.by_bucket] == [
                sum(bucket.first <= one.day <= bucket.last for one in mine) for bucket in result.buckets
            ]
        assert result.split == split_of(now)
        assert sum(row.contribution.points or 0 for row in result.rows) == 0
        changes = [Difference(row.split, row.before) for row in result.rows]
        assert [row.change_verdict for row in result.rows] == verdicts(changes)


def value(response: Response, per: str) -> str:
    return str(response.campaign_id) if per == "campaign" else books.value(response, per)


def test_a_saved_segment_has_the_answers_of_its_members_now(alice: Person) -> None:
    campaign = factories.campaign(alice.organization)
    Property.objects.create(organization=alice.organization, key="seats", label="Seats", type=PropertyType.NUMBER)
    big = {"all": [{"field": "p.seats", "op": "at_least", "value": 10}]}
    small = {"none": [{"field": "p.seats", "op": "at_least", "value": 10}]}
    for name, conditions in (("Big", big), ("Small or unknown", small)):
        Segment.objects.create(
            organization=alice.organization,
            name=name,
            conditions=conditions,
            created_at=timezone.now(),
            updated_at=timezone.now(),
        )
    for seats, score in ((50, 9), (20, 10), (3, 2), (None, 0)):
        person = factories.customer(alice.organization, properties={} if seats is None else {"seats": seats})
        invitation = factories.invitation(campaign, person)
        factories.response(invitation, score)
    rebuild(alice)

    today = Look.from_query(QueryDict("period=7d&per=segment"), timezone.now().date())
    rows = {row.label: row for row in found(alice, "segment", today).rows}
    assert {name: row.split for name, row in rows.items()} == {
        "Big": Split(2, 0, 0),
        "Small or unknown": Split(0, 0, 2),
    }
    assert [row.funnel and row.funnel.sent for row in rows.values()] == [2, 2]
    page = words(segments(alice, period="7d", per="segment"))
    assert "Members as they are now" in page
    assert "These segments overlap" in page


def test_every_figure_of_segments_leads_to_as_many_responses_as_it_says(alice: Person, book: Book) -> None:
    feed, checked = alice.url("responses:feed") + "?", 0
    for per in ("p.plan", "campaign"):
        page = segments(alice, per=per, unit="month", **DAYS_OF)
        links = re.findall(r'href="([^"]+)"[^>]*>(?:<strong>[^<]*</strong> <small>)?(\d+)<', page)
        for link, count in links:
            if unescape(link).startswith(feed):
                request = alice.get(unescape(link)).wsgi_request
                filters = Filters.from_query(request.GET)
                assert not filters.problems
                assert responses.matching(alice.organization, filters).count() == int(count), link
                checked += 1
    assert checked >= 4 + 2 + 4 * 2  # rows of both, cells of the heat map


def test_pages_take_the_same_statements_for_few_responses_and_for_many(
    alice: Person, django_assert_num_queries: Any
) -> None:
    Property.objects.create(organization=alice.organization, key="spend", label="Spend", type=PropertyType.NUMBER)
    book = Book(alice.organization, seed=2)
    book.import_many(10)
    names = ("segments", "compare", "answered", "revenue")
    for name in names:
        alice.get(alice.url(f"analytics:{name}"), DAYS_OF)  # the first page of a session notes the browser
    few = {name: statements(alice, name) for name in names}
    book.import_many(600)
    rollups.fold()
    assert {name: statements(alice, name) for name in names} == few
    plan, theme = (parting.Parted(name, name) for name in ("p.plan", "theme"))
    with django_assert_num_queries(3):
        segmenting.segmented(alice.organization, look(), plan)
    with django_assert_num_queries(4):  # everyone, too, for themes overlap; nobody was asked by them
        segmenting.segmented(alice.organization, look(), theme)


def statements(person: Person, name: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        person.get(person.url(f"analytics:{name}"), {**DAYS_OF, "l": "p.plan=Pro", "r": "language=de"})
    return len(captured)


def test_rows_are_sorted_found_and_summed_up(alice: Person) -> None:
    book = Book(alice.organization, seed=3)
    for number in range(15):
        for _ in range(number + 1):
            response = book.row()
            response.property_set = factories.property_set(alice.organization, plan=f"Plan {number:02}")
            response.score = 10 if number % 2 else 0
            response.save()
    rebuild(alice)

    page = segments(alice, per="p.plan", sort="size", **DAYS_OF)
    named = re.findall(r"Look at these alone[^>]*>([^<]+)<", page)
    assert named == [f"Plan {number:02}" for number in range(14, 2, -1)]
    assert "The other 3 together" in words(page)
    assert "Show all 15 segments" in words(page)
    moved = re.findall(r"Look at these alone[^>]*>([^<]+)<", segments(alice, per="p.plan", rows="all", **DAYS_OF))
    assert moved[:2] == ["Plan 13", "Plan 14"]  # largest, and opposite
    assert re.findall(r"Look at these alone[^>]*>([^<]+)<", segments(alice, find="plan 07", **DAYS_OF)) == ["Plan 07"]
    assert "No segment has “nowhere” in its name." in words(segments(alice, find="nowhere", **DAYS_OF))
    strange = words(segments(alice, per="p.moon", sort="luck", category="promoter", **DAYS_OF))
    for mistake in ("“per=p.moon” was left out", "“sort=luck” was left out", "The filter on the score was left out"):
        assert mistake in strange


def test_the_sentence_of_a_row_has_its_numbers(alice: Person) -> None:
    book = Book(alice.organization, seed=4)
    for plan, score, count in (("Free", 0, 25), ("Pro", 10, 75)):
        for _ in range(count):
            response = book.row()
            response.property_set, response.score = factories.property_set(alice.organization, plan=plan), score
            response.save()
    rebuild(alice)
    assert (
        "Free gives 25 % of the responses and scores −100, the others 100: that is −37.5 points of the overall score of 50 "
        "(share × (score − overall)). If it scored like the others, the overall score would be 100, a move of +50.0."
    ) in words(segments(alice, per="p.plan", **DAYS_OF))
    assert beside(Fraction(509, 10), Fraction(2, 5)) == "50.9"  # a move that whole points would not show
    assert (beside(Fraction(-4, 100), 0), beside(Fraction(-509, 10), 1)) == ("0.0", "−51")


# ── Side by side ─────────────────────────────────────────────────────────────────────────────────────────────────────


def compared(person: Person, query: str) -> str:
    answer = person.get(f"{person.url('analytics:compare')}?from=2025-01-01&to=2025-03-01&{query}")
    assert answer.status_code == 200
    return words(answer.content.decode())


def test_any_two_filters_stand_side_by_side(alice: Person, book: Book) -> None:
    counted = [*Response.objects.counted().filter(organization=alice.organization).order_by("pk")]
    pro = [one for one in counted if value(one, "p.plan") == "Pro"]
    german = [one for one in counted if one.language == "de"]
    page = compared(alice, "l=p.plan%3DPro&r=language%3Dde")
    assert f"{len(pro)} responses" in page
    assert f"{len(german)} responses" in page
    assert f"{len([one for one in pro if one.language == 'de'])} responses are on both sides" in page
    apart = compared(alice, "l=p.plan%3DPro&r=p.plan%3DTeam")
    assert "on both sides" not in apart
    assert "Plan: Pro" in apart
    assert "“p.moon” was left out" in compared(alice, "l=p.moon%3DPro&r=")
    assert "Plan: " in compared(alice, "")  # the two largest


TABLES = {
    "segments": ["segments", "over-time", "change", "same-mix"],
    "compare": ["scores", "trend", "themes"],
    "answered": ["scores", "segments"],
    "revenue": ["scores", "worth", "at-stake"],
}


def test_every_table_leaves_as_a_file(alice: Person) -> None:
    Property.objects.create(organization=alice.organization, key="spend", label="Spend", type=PropertyType.NUMBER)
    customer = factories.customer(alice.organization, properties={"spend": 70}, owner=alice.membership.user)
    factories.response(factories.invitation(factories.campaign(alice.organization), customer), 3, "Too slow")
    rebuild(alice)
    for page, tables in TABLES.items():
        shown = alice.get(alice.url(f"analytics:{page}")).content.decode()
        for table in tables:
            file = alice.url("analytics:export", page=page, table=table, form="csv")
            assert file in shown or table in ("themes", "change"), table  # there are none
            assert alice.get(file).status_code == 200, table
    answer = alice.get(alice.url("analytics:export", page="revenue", table="at-stake", form="csv"))
    at_stake = answer.getvalue().decode()
    assert ",Owner\r\n" in at_stake
    assert f",{customer.owner}\r\n" in at_stake


def test_what_not_everybody_may_see_tells_the_others_nothing(alice: Person, bob: Person) -> None:
    """Neither as a filter, nor as segments, nor in a file or a mail: by figures one could find out who has what."""
    books.Book(alice.organization, seed=5).import_many(150)
    Property.objects.filter(key="plan").update(visible_to_agents=False, label="Secret plan")
    bob.becomes(Role.AGENT)
    days = "from=2025-01-01&to=2025-03-01"
    response = Response.objects.filter(property_set__values__plan="Pro").latest("day")
    pages: list[tuple[str, dict[str, Any]]] = [
        *(
            (name, {})
            for name in ("overview", "segments", "answered", "changes", "why", "drivers", "compare", "report")
        ),
        ("responses:feed", {}),
        ("responses:detail", {"pk": response.pk}),
        ("export", {"page": "overview", "table": "segments", "form": "csv"}),
        ("export", {"page": "segments", "table": "segments", "form": "csv"}),
    ]
    for name, keys in pages:
        told = []
        for person in (alice, bob):
            address = person.url(name if ":" in name else f"analytics:{name}", **keys)
            answer = person.get(
                f"{address}?{days}&by=p.plan&per=p.plan&l=p.plan%3DPro&r=p.plan%3DFree&p.plan=Pro&p.plan=Free"
            )
            assert answer.status_code == 200, name
            told.append((b"".join(answer) if answer.streaming else answer.content).decode())
        assert "Secret plan" in told[0], name
        assert "Secret plan" not in told[1], name
        assert name == "responses:detail" or "was left out" in told[1], name
