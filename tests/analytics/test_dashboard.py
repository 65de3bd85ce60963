"""The dashboards of Alice's organization, read over HTTP."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.utils import timezone

from surveys.accounts.models import Role
from surveys.analytics import words as say
from surveys.analytics.upkeep import rollups
from surveys.campaigns.models import Status
from surveys.core.filters import Filters
from surveys.core.periods import Comparison
from surveys.core.proportions import Rate
from surveys.customers.models import Property, PropertyType
from surveys.responses import queries as responses
from surveys.responses.models import Verdict
from tests import factories
from tests.analytics.book import Book
from tests.helpers.reading import words
from tests.people import Person

STATEMENTS = 33
DAYS = {"from": "2025-01-01", "to": "2025-03-01"}


@pytest.fixture
def book(alice: Person) -> Book:
    """Sixty days of an organization's life, partly folded."""
    book = Book(alice.organization, seed=1)
    book.import_many(120)
    rollups.fold()
    for _ in range(30):
        book.something_happens()
    return book


def overview(person: Person, **query: Any) -> str:
    return text(person.get(person.url("analytics:overview"), query))


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def untold(page: str) -> str:
    """Without what forms prove themselves by: it differs each time."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)


def test_the_score_is_that_of_the_responses_of_the_period(alice: Person, book: Book) -> None:
    answers = [response for response in book.responses if response.is_counted]
    points = sum((answer.score >= 9) - (answer.score <= 6) for answer in answers)
    expected = round(100 * points / len(answers))

    page = words(overview(alice, **DAYS))

    assert f"Net Promoter Score {'−' if expected < 0 else ''}{abs(expected)} " in page
    assert f"{len(answers)} responses" in page


def feed_links(page: str, feed: str) -> set[str]:
    return {unescape(link) for link in re.findall(r'href="([^"]+)"', page) if link.startswith(feed)}


def test_every_figure_leads_to_as_many_responses_as_it_says(alice: Person, book: Book) -> None:
    """Each row of each table carries its count and the address of the feed that shows these responses."""
    page = overview(alice, **DAYS, by="p.plan", **{"p.region": "EU"})
    feed = alice.url("responses:feed")
    checked = 0
    for row in re.findall(r"<tr>.*?</tr>|<li>.*?</li>", page, re.DOTALL):
        links = feed_links(row, feed)
        counts = re.findall(r'(?:class="number"[^>]*>|</a><span>|class="row-link"[^>]*>)\s*(\d+)\b(?! %)', row)
        if len(links) != 1 or not counts:
            continue
        request = alice.get(links.pop()).wsgi_request
        filters = Filters.from_query(request.GET)
        assert not filters.problems
        assert responses.matching(alice.organization, filters).count() == int(counts[-1]), row
        checked += 1
    assert checked >= 3 + 11 + 4 + 9  # categories, scores, plans (one of them: none), weeks


def test_a_page_takes_the_same_number_of_statements_for_ten_responses_and_for_a_thousand(
    alice: Person, django_assert_num_queries: Any
) -> None:
    book = Book(alice.organization, seed=2)
    book.import_many(10)
    overview(alice, **DAYS)  # the first page of a session notes the browser
    # session, user, membership, organizations; head 1; choices 5, offers and views 4; figures 8; notes 2, their campaigns 1; attention 9; themes 5
    with django_assert_num_queries(STATEMENTS):
        overview(alice, **DAYS)
    book.import_many(1000)
    rollups.fold()
    with django_assert_num_queries(STATEMENTS):
        overview(alice, **DAYS)


def test_nobody_answered_shows_no_score(alice: Person) -> None:
    campaign = factories.campaign(alice.organization, status=Status.LIVE)
    invitation = factories.invitation(campaign, factories.customer(alice.organization))
    factories.response(invitation, 9, verdict=Verdict.PROVISIONAL)
    page = words(overview(alice))
    assert "Net Promoter Score —" in page
    assert "No counted responses in this period." in page
    assert "No counted responses here" in page
    assert "Nobody answered" not in page.replace("Nobody answered in the period before", "")
    assert "1 response is settling" in page


def test_few_responses_are_called_too_few(alice: Person) -> None:
    book = Book(alice.organization, seed=3)
    book.import_many(29)
    assert "too few to be sure" in words(overview(alice, **DAYS)).split("Trend")[0]
    book.import_many(1)
    assert "29 responses" not in words(overview(alice, **DAYS)).split("Trend")[0]
    assert "· too few to be sure" not in words(overview(alice, **DAYS)).split("Trend")[0]


def answered(alice: Person, scores: dict[int, list[int]]) -> None:
    """Scores by how many days ago they were given."""
    book = Book(alice.organization, seed=4)
    for days, given in scores.items():
        for score in given:
            response = book.row()
            response.day, response.score = timezone.now().date() - timedelta(days=days), score
            response.save()
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)


def test_a_trend_cut_finer_than_there_are_answers_for_says_so(alice: Person) -> None:
    answered(alice, {days: [9] for days in range(40)})
    hint = "Cut by week instead"
    assert hint in words(overview(alice, period="90d", unit="day"))
    assert hint not in words(overview(alice, period="90d"))
    answered(alice, {days: [9] * 30 for days in range(30)})
    assert hint not in words(overview(alice, period="90d", unit="day"))


@pytest.mark.parametrize(
    ("before", "now", "sentence"),
    [
        ([9] * 30, [0] * 30, "−200 Changed since the period before"),
        ([9] * 30, [9] * 30, "100 No evidence of change since the period before"),
        ([9] * 30, [0] * 29, "−100 Too few to be sure of a change. The period before"),
        ([9], [9], "had a score of 100 from 1 response."),
        ([], [9], "100 Nobody answered in the period before ("),
        ([9], [], "— The period before ("),
    ],
)
def test_a_change_is_told_in_a_sentence_and_as_a_figure_only_with_evidence(
    alice: Person, before: list[int], now: list[int], sentence: str
) -> None:
    answered(alice, {1: now, 8: before})
    assert sentence in words(overview(alice, period="7d")).split("95 % interval")[0]


def test_filters_and_period_stand_in_the_address_and_narrow_the_page(alice: Person, book: Book) -> None:
    chosen = {**DAYS, "campaign": str(book.campaigns[0].pk), "category": "promoter", "p.plan": "Pro"}
    filters = Filters(campaign=book.campaigns[0].pk, properties=(("plan", ("Pro",)),))
    promoters = sum(
        response.score >= 9
        for response in responses.matching(alice.organization, filters).filter(day__gte="2025-01-01")
    )
    page = words(overview(alice, **chosen))
    assert f"{promoters} response" in page
    assert "no response rate of their own" in page
    assert "Plan: Pro" in page


def test_what_an_address_says_wrongly_is_named(alice: Person, book: Book) -> None:
    page = words(
        overview(
            alice,
            **{
                "from": "2025-02-30",
                "to": "9999-12-31",
                "unit": "fortnight",
                "period": "9d",
                "score": "12",
                "by": "p.x",
            },
        )
    )
    for mistake in ("from=2025-02-30", "unit=fortnight", "period=9d", "score=12", "by=p.x"):
        assert f"“{mistake}” was left out" in page
    assert "“to=9999-12-31” was left out: expected a day like 2025-03-31, from 1970 to 2199." in page


def test_htmx_gets_the_changing_part_and_a_clean_address(alice: Person, book: Book) -> None:
    url = alice.url("analytics:overview")
    query = {**DAYS, "campaign": "", "category": "", "compare": "previous"}
    part = alice.get(url, query, headers={"HX-Request": "true"})
    whole = alice.get(url, query)
    assert "<html" not in text(part)
    assert "<html" in text(whole)
    assert part["HX-Push-Url"] == f"{url}?from=2025-01-01&to=2025-03-01"
    assert "HX-Request" in part["Vary"]
    assert "HX-Request" in whole["Vary"]
    title, rest = untold(text(part)).split("</title>", 1)
    assert title.split("<title>")[1].split() == text(whole).split("<title>")[1].split("</title>")[0].split()
    assert rest.strip() in untold(text(whole))


def test_a_campaign_has_its_own_page_and_cannot_be_talked_out_of_it(alice: Person, book: Book) -> None:
    pulse, onboarding = book.campaigns
    page = alice.get(alice.url("analytics:campaign", pk=pulse.pk), {**DAYS, "campaign": str(onboarding.pk)})
    own = responses.matching(alice.organization, Filters(campaign=pulse.pk)).count()
    assert f"{own} responses" in words(text(page))


def test_the_funnel_and_the_response_rate_are_over_those_delivered(alice: Person) -> None:
    book = Book(alice.organization, seed=5)
    invitations = [book.invite() for _ in range(10)]
    for invitation in invitations[:2]:
        book.bounce(invitation)
    for invitation in invitations[2:6]:
        book.answer(invitation)
    page = words(overview(alice, **DAYS))
    assert "Response rate 50 %" in page
    assert "Invited 10 100 % Delivered 8 80 % Answered 4 40 %" in page


def test_a_new_organization_is_led_to_its_first_score(alice: Person) -> None:
    assert "Four steps to your first score" in overview(alice)
    factories.customer(alice.organization)
    page = overview(alice)
    assert page.count('class="done"') == 1
    assert alice.url("campaigns:list") in page


def test_the_first_steps_lead_a_role_only_where_it_may_act(alice: Person, bob: Person) -> None:
    bob.becomes(Role.ANALYST)
    of_owner, of_analyst = overview(alice), overview(bob)

    assert "To customers" in of_owner
    assert "To campaigns" in of_owner
    assert "Four steps to your first score" in of_analyst
    assert of_analyst.count("Owners and admins do this.") == 3
    assert "To customers" not in of_analyst
    assert "To campaigns" not in of_analyst


def test_the_days_are_those_of_the_organization(alice: Person, time_machine: Any) -> None:
    Book(alice.organization, seed=6).import_many(1)
    alice.organization.time_zone = "Pacific/Auckland"
    alice.organization.save()
    time_machine.move_to("2025-03-01T22:00:00Z", tick=False)
    alice.force_login(alice.membership.user)
    assert "24 Feb – 2 Mar 2025" in words(overview(alice, period="7d"))


def test_bob_sees_what_alice_sees_and_charlie_nothing(alice: Person, bob: Person, charlie: Person, book: Book) -> None:
    figures = re.compile(r"(\d+) responses?\b")
    assert figures.findall(words(overview(bob, **DAYS))) == figures.findall(words(overview(alice, **DAYS)))
    assert charlie.get(alice.url("analytics:overview")).status_code == 404
    assert charlie.get(alice.url("analytics:campaign", pk=book.campaigns[0].pk)).status_code == 404
    assert charlie.get(charlie.url("analytics:campaign", pk=book.campaigns[0].pk)).status_code == 404


@pytest.mark.parametrize("choice", [{"category": "detractor"}, {"score": ["3", "4"]}])
def test_responses_chosen_by_their_score_are_counted_and_have_no_score(
    alice: Person, book: Book, choice: dict[str, Any]
) -> None:
    query = QueryDict(urlencode(choice, doseq=True))
    chosen = Filters.from_query(query).during(date(2025, 1, 1), date(2025, 3, 1))
    count = responses.matching(alice.organization, chosen).count()
    among = responses.matching(alice.organization, chosen.of_any_score).count()
    markup = overview(alice, **DAYS, **choice, by="p.plan")
    page = words(markup)

    heading = "Detractors" if "category" in choice else "Scores 3, 4"
    assert f"{heading} {count} {round(100 * count / among)} % of {among} responses in this period." in page
    assert f"{heading} by Plan" in page
    for meaningless in ("95 % interval", "evidence", "Changed", "−100", "Promoters 0"):
        assert meaningless not in page.split("Newest comments")[0], meaningless
    links = feed_links(markup.split("Newest comments")[0], alice.url("responses:feed") + "?")
    counts = {
        responses.matching(alice.organization, Filters.from_query(alice.get(link).wsgi_request.GET)).count()
        for link in links
    }
    assert max(counts) == among


def test_values_are_said_like_everywhere_else(alice: Person) -> None:
    trial = {"label": "trial_account", "type": PropertyType.BOOLEAN, "segmentable": True}
    Property.objects.create(organization=alice.organization, key="trial", **trial)
    book = Book(alice.organization, seed=1)
    for value in ("true", "false"):
        response = book.row()
        response.property_set = factories.property_set(alice.organization, trial=value)
        response.save()
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)

    page = words(overview(alice, **DAYS, by="p.trial", **{"p.trial": ["true", "false"]}))
    assert "Score by Trial account" in page
    assert "Trial account: No, Yes" in page or "Trial account: Yes, No" in page
    assert "false" not in page
    feed = words(text(alice.get(alice.url("responses:feed"), {"p.trial": "false"})))
    assert "Trial account: No" in feed
    assert "false" not in feed


def test_a_property_that_does_not_exist_is_named_and_left_out(alice: Person, book: Book) -> None:
    everything = len([response for response in book.responses if response.is_counted])
    page = words(overview(alice, **DAYS, **{"p.planet": "Mars", 'p."': "1", "unset": "p.moon"}))
    for name in ("p.planet", 'p."', "p.moon"):
        assert f"“{name}” was left out" in page
    assert f"{everything} responses" in page
    assert "“p.planet” was left out" in words(text(alice.get(alice.url("responses:feed"), {"p.planet": "Mars"})))


def test_the_days_of_a_preset_stand_in_the_form_and_keep_it(alice: Person, book: Book) -> None:
    today = timezone.now().date()
    first = today - timedelta(days=29)
    page = overview(alice, period="30d")
    assert f'name="from" value="{first}"' in page
    assert f'name="to" value="{today}"' in page
    url, sent = alice.url("analytics:overview"), {"period": "30d", "from": str(first), "to": str(today)}
    assert alice.get(url, sent, headers={"HX-Request": "true"})["HX-Push-Url"] == f"{url}?period=30d"
    other = {**sent, "from": str(first - timedelta(days=1))}
    assert "from=" in alice.get(url, other, headers={"HX-Request": "true"})["HX-Push-Url"]


def test_a_period_that_has_not_begun_says_so(alice: Person, book: Book) -> None:
    page = words(overview(alice, **{"from": "2199-01-01", "to": "2199-01-31"}))
    assert "This period has not begun" in page
    assert "1–31 Jan 2199" in page


def test_filters_are_folded_away_but_while_one_chooses_and_what_is_chosen_can_be_taken_out(
    alice: Person, book: Book
) -> None:
    for query, said in (
        ({"period": "7d"}, ""),
        ({"category": "promoter"}, "Promoters"),
        ({"has_comment": "0"}, "Without a comment"),
    ):
        page = overview(alice, **query)
        assert '<details class="more filters">' in page
        assert re.findall(r'<a class="button small" href="([^"?]+)"[^>]*>([^<]+) <svg', page) == (
            [(alice.url("analytics:overview"), said)] if said else []
        )
    choosing = {"HX-Request": "true", "HX-Trigger": "filters"}
    part = alice.get(alice.url("analytics:overview"), {"category": "promoter"}, headers=choosing)
    assert '<details class="more filters" open>' in part.content.decode()


def test_the_results_of_a_campaign_belong_to_campaigns(alice: Person, book: Book) -> None:
    page = text(alice.get(alice.url("analytics:campaign", pk=book.campaigns[0].pk)))
    here = re.findall(r'<a href="([^"]+)"[^>]*aria-current="page"', page)
    assert here == [alice.url("campaigns:list")]
    assert '<details class="more filters">' in page


def test_a_lower_rate_is_no_fall_as_long_as_those_asked_may_answer() -> None:
    now, before = Rate(100, 500), Rate(150, 500)
    over = say.rates(now, before, Comparison.PREVIOUS, is_open=False)
    still = say.rates(now, before, Comparison.PREVIOUS, is_open=True)
    rose = say.rates(before, now, Comparison.YEAR, is_open=True)
    alike = say.rates(now, Rate(105, 500), Comparison.PREVIOUS, is_open=False)
    few = say.rates(Rate(1, 20), before, Comparison.PREVIOUS, is_open=False)
    assert over
    assert still
    assert rose
    assert alike
    assert few
    assert (over.figure, over.direction, over.interval) == ("−10 points", "down", "17 % to 24 %")
    assert (still.figure, still.verdict) == ("", "Too early to say whether it changed")
    assert (rose.figure, rose.direction) == ("+10 points", "up")
    assert "30 %" in over.sentence
    assert (alike.figure, alike.verdict) == ("", "No evidence of change")
    assert few.verdict == "Too few to be sure of a change."
    assert say.rates(Rate(0, 0), before, Comparison.PREVIOUS, is_open=False) is None
