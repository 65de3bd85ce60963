"""Customers over time: who moved between two periods, what made the score change, and who stands in each list."""

import json
import random
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.analytics.look import Look
from surveys.analytics.over_time import changes
from surveys.comments.models import Theme
from surveys.core import nps
from surveys.core.choices import Category
from surveys.core.filters import Filters
from surveys.core.periods import Period
from surveys.core.turnover import steps
from surveys.customers.models import Property, Segment
from surveys.responses.models import Tag
from tests import factories
from tests.analytics.people import tell
from tests.people import Person

TODAY = timezone.now().date()
NOW, BEFORE = TODAY - timedelta(days=10), TODAY - timedelta(days=100)  # in 90 days and in the 90 before


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize("seed", range(3))
def test_random_answers_give_the_matrix_and_the_steps_that_one_counts_by_hand(alice: Person, seed: int) -> None:
    """Several answers per person, on the same day too, nobody's answers, two campaigns, a filter on a property."""
    rng = random.Random(seed)
    Property.objects.create(organization=alice.organization, key="plan", label="Plan", type="text", segmentable=True)
    plans = {name: factories.property_set(alice.organization, plan=name) for name in ("Pro", "Free")}
    people = [
        factories.customer(alice.organization, property_set=plans[rng.choice(["Pro", "Free"])]) for _ in range(25)
    ]
    campaigns = [factories.campaign(alice.organization, name) for name in ("Pulse", "Yearly")]
    rows = []
    for campaign in campaigns:
        told = [(rng.choice([*people, None]), rng.randrange(11), days_ago(rng.randrange(190))) for _ in range(60)]
        rows += tell(campaign, told)
    for filters in (Filters(), Filters(properties=(("plan", ("Pro",)),)), Filters(campaign=campaigns[0].pk)):
        look = Look(Period(days_ago(89), TODAY), filters)
        passing = [
            row
            for row in rows
            if (not filters.campaign or row.campaign_id == filters.campaign)
            and (not filters.properties or row.property_set == plans["Pro"])
        ]
        found = changes.changes(alice.organization, look)
        before, now = ([r for r in passing if r.day in period] for period in (look.compared, look.period))
        last = [
            {r.customer_id: r.score for r in sorted(side, key=lambda r: (r.responded_at, r.pk)) if r.customer_id}
            for side in (before, now)
        ]
        both = last[0].keys() & last[1].keys()
        expected = Counter((last[0][pk], last[1][pk]) for pk in both)
        counts = enumerate(found.turnover.stayed.counts)
        assert {(b, n): k for b, row in counts for n, k in enumerate(row) if k} == dict(expected)
        worth = {Category.PROMOTER: 100, Category.PASSIVE: 0, Category.DETRACTOR: -100}
        scores = [Fraction(sum(worth[nps.classify(r.score)] for r in side), len(side)) for side in (before, now)]
        assert sum(step.points for _name, step in steps(found.turnover)) == scores[1] - scores[0]


def test_a_cell_opens_into_the_people_it_counts(alice: Person) -> None:
    campaign = factories.campaign(alice.organization)
    people = [factories.customer(alice.organization, name=f"Person {n:02}") for n in range(60)]
    tell(campaign, [(person, 9, BEFORE) for person in people] + [(people[0], 2, BEFORE - timedelta(days=1))])
    tell(campaign, [(person, 3 if n % 10 else 10, NOW) for n, person in enumerate(people)], comment="Too slow")
    page = alice.get(alice.url("analytics:changes"))
    cell = page.context["changes"].lines[0].cells[2]
    assert (cell.square.people, cell.square.share, cell.square.move) == (54, "90 %", "down")
    listed = alice.get(cell.url).context["people"]
    assert (listed.count, len(listed.rows)) == ("54 people", 50)
    rest = alice.get(listed.next_url).context["people"]
    names = [row.customer.name for row in [*listed.rows, *rest.rows]]
    assert sorted(names) == [f"Person {n:02}" for n in range(60) if n % 10]
    assert (rest.next_url, listed.rows[0].pair.before.score, listed.rows[0].pair.now.comment) == ("", 9, "Too slow")
    by_score = alice.get(alice.url("analytics:change_people") + "?was=9&is=10").context["people"]
    assert {row.customer.name for row in by_score.rows} == {f"Person {n:02}" for n in range(0, 60, 10)}
    page = alice.get(alice.url("analytics:change_people") + "?was=eleven&is=10&period=7d", follow=True)
    assert page.redirect_chain == [(alice.url("analytics:changes") + "?period=7d", 302)]
    assert "“was=eleven” was left out: expected a score" in page.content.decode()


def test_a_filter_on_the_score_looks_at_the_later_answer_only(alice: Person) -> None:
    campaign = factories.campaign(alice.organization)
    ada, ben = factories.customer(alice.organization), factories.customer(alice.organization)
    tell(campaign, [(ada, 9, BEFORE), (ben, 9, BEFORE), (ada, 4, NOW), (ben, 9, NOW)])
    page = alice.get(alice.url("analytics:changes") + "?category=detractor")
    assert page.context["changes"].found.migration.by_category[Category.PROMOTER, Category.DETRACTOR] == 1
    assert page.context["changes"].people == 1
    assert "What the change is made of" not in page.content.decode()


def test_the_page_says_whether_they_changed(alice: Person) -> None:
    """Forty loyal people of whom twenty fell: changed. The same twenty times two people: too few to say."""
    campaign = factories.campaign(alice.organization)
    people = [factories.customer(alice.organization) for _ in range(40)]
    tell(campaign, [(person, 10, BEFORE) for person in people])
    tell(campaign, [(person, 3 if n < 20 else 10, NOW) for n, person in enumerate(people)])
    page = alice.get(alice.url("analytics:changes"))
    assert page.context["changes"].verdict[0] == "Changed."
    assert "changed beyond chance" in page.context["changes"].shares
    assert [(row.label, row.points) for row in page.context["changes"].steps] == [
        ("Score before", "100.0"),
        ("The same people changed their minds", "−100.0"),
        ("Score now", "0.0"),
    ]
    few = alice.get(alice.url("analytics:changes") + f"?from={NOW}&to={NOW}&campaign=999999")
    assert "Nobody answered in both periods" in few.content.decode()


def test_recoveries_and_falls_are_latest_answers_of_the_period(alice: Person) -> None:
    campaign = factories.campaign(alice.organization)
    cleo, dan, eve, fay = (factories.customer(alice.organization, name=name) for name in ("Cleo", "Dan", "Eve", "Fay"))
    tell(campaign, [(cleo, 2, days_ago(400)), (cleo, 9, NOW), (dan, 9, BEFORE), (dan, 7, NOW)])
    tell(
        campaign, [(eve, 9, BEFORE), (eve, 1, days_ago(20)), (eve, 10, NOW), (fay, 10, days_ago(300)), (fay, 3, BEFORE)]
    )

    def names(page: str, query: str = "") -> list[str]:
        return [row.customer.name for row in alice.get(alice.url(page) + query).context["people"].rows]

    assert names("analytics:recoveries") == ["Eve", "Cleo"]  # Eve's fall is over
    assert names("analytics:falls") == ["Dan"]
    assert names("analytics:falls", "?period=12m") == ["Dan", "Fay"]
    assert names("analytics:falls", "?period=12m&category=detractor") == ["Fay"]


def test_the_watch_ends_after_90_days_or_with_a_recovery(alice: Person) -> None:
    organization = alice.organization
    campaign = factories.campaign(organization)
    names = ("Gil", "Hal", "Ida", "Jon", "Kim")
    gil, hal, ida, jon, kim = (factories.customer(organization, name=name) for name in names)
    tag = Tag.objects.create(organization=organization, name="called", created_at=timezone.now())
    tell(campaign, [(gil, 6, days_ago(90)), (hal, 0, days_ago(91)), (kim, 8, days_ago(5))])
    tell(campaign, [(ida, 3, days_ago(40)), (jon, 3, days_ago(40))], tags=[tag.pk], comment="Slow")
    tell(campaign, [(ida, 9, days_ago(9)), (jon, 7, days_ago(8))])
    page = alice.get(alice.url("analytics:watch"))
    rows = page.context["people"].watched
    assert [(row.customer.name, row.left, row.watched.has_answered, row.tags) for row in rows] == [
        ("Jon", 50, True, ["called"]),
        ("Gil", 0, False, []),
    ]
    assert "ends today" in page.content.decode()


def test_files_hold_what_the_lists_hold_and_only_for_who_may_take_people_out(alice: Person, bob: Person) -> None:
    campaign = factories.campaign(alice.organization)
    ada = factories.customer(alice.organization, name="Ada")
    tell(campaign, [(ada, 9, BEFORE), (ada, 2, NOW)], comment="Why so slow")
    for table in ("falls", "watch", "people"):
        address = alice.url("analytics:export", page="people", table=table, form="csv") + "?was=promoter&is=detractor"
        told = b"".join(alice.get(address)).decode()
        assert {"Ada", "Why so slow"} <= set(told.replace("\r\n", ",").split(",")), table
        assert bob.get(address.replace(alice.organization.slug, bob.organization.slug)).status_code == 403
    matrix = alice.url("analytics:export", page="changes", table="migration", form="csv")
    assert "Promoters,Detractors,1,100,1.0" in b"".join(alice.get(matrix)).decode()


def test_a_page_asks_as_much_for_one_as_for_many(alice: Person) -> None:
    campaign = factories.campaign(alice.organization)

    def asked(page: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert alice.get(alice.url(page)).status_code == 200
        return len(found)

    pages = ("analytics:changes", "analytics:recoveries", "analytics:falls", "analytics:watch")
    owner = alice.membership.user
    told = [factories.customer(alice.organization, owner=owner) for _ in range(3)]
    tell(campaign, [(person, 9 * (n % 2), BEFORE) for n, person in enumerate(told)])
    tell(campaign, [(person, 9 - 9 * (n % 2), NOW) for n, person in enumerate(told)])
    asked(pages[0])  # what a worker asks once is asked now
    few = {page: asked(page) for page in pages}
    told = [factories.customer(alice.organization, owner=owner) for _ in range(30)]
    tell(campaign, [(person, 9 * (n % 2), BEFORE) for n, person in enumerate(told)])
    tell(campaign, [(person, 9 - 9 * (n % 2), NOW) for n, person in enumerate(told)])
    assert {page: asked(page) for page in pages} == few


def test_every_kind_of_filter_holds_on_every_page(alice: Person) -> None:
    """Words, a theme, a tag, a feeling, a condition and a saved segment, alone and together: Ada passes, Ben does not."""
    organization = alice.organization
    campaign = factories.campaign(organization)
    ada, ben = (
        factories.customer(organization, name=name, language=language)
        for name, language in (("Ada", "de"), ("Ben", "en"))
    )
    tag = Tag.objects.create(organization=organization, name="called", created_at=timezone.now())
    theme = Theme.objects.create(
        organization=organization, name="Speed", origin="own", created_at=timezone.now(), updated_at=timezone.now()
    )
    about = {"comment": "Far too slow 100 %", "sentiment": -1, "tags": [tag.pk], "themes": [theme.pk]}
    tell(campaign, [(ada, 9, BEFORE), (ada, 3, NOW)], **about)
    tell(campaign, [(ben, 9, BEFORE), (ben, 3, NOW)])
    conditions = {"all": [{"field": "customer.language", "op": "one_of", "value": ["de"]}]}
    members = {"all": [{"field": "language", "op": "one_of", "value": ["de"]}]}
    segment = Segment.objects.create(
        organization=organization, name="A", conditions=members, created_at=timezone.now(), updated_at=timezone.now()
    )
    chosen = {
        "q": "slow 100 %",
        "theme": theme.pk,
        "tag": tag.pk,
        "sentiment": -1,
        "where": json.dumps(conditions),
        "segment": segment.pk,
    }
    for filters in [*({name: value} for name, value in chosen.items()), chosen]:
        query = f"?{urlencode(filters)}"
        found = alice.get(alice.url("analytics:changes") + query)
        assert found.context["page"].problems == []
        assert found.context["changes"].people == 1, query
        for page in ("analytics:falls", "analytics:watch", "analytics:risk", "analytics:change_people"):
            people = alice.get(alice.url(page) + query + "&was=promoter&is=detractor").context["people"]
            assert people.count == "1 person", (page, query)
