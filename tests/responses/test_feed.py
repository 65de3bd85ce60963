"""The feed: what passes the filters, newest first, page by page."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from surveys.campaigns.models import Campaign
from surveys.customers.models import Property, PropertyType
from surveys.responses import queries
from surveys.responses.models import Response, Tag, Verdict
from tests import factories
from tests.people import Person

MONDAY = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def campaign(alice: Person) -> Campaign:
    Property.objects.create(
        organization=alice.organization, key="plan", label="Plan", type=PropertyType.TEXT, segmentable=True
    )
    return factories.campaign(alice.organization, "Pulse")


def answered(
    of: Campaign, score: int, comment: str = "", at: datetime = MONDAY, plan: str = "", **fields: Any
) -> Response:
    values = {"plan": plan} if plan else {}
    combination = factories.property_set(of.organization, **values)
    person = factories.customer(
        of.organization, property_set=combination, properties=values, language=fields.pop("language", "")
    )
    return factories.response(factories.invitation(of, person), score, comment, at=at, **fields)


def shown(person: Person, **query: Any) -> list[int]:
    """The responses on the page, by the links to them."""
    html = person.get(person.url("responses:feed"), query).content.decode()
    return [int(pk) for pk in re.findall(r'href="/o/[^/]+/responses/(\d+)/"', html)]


def test_newest_first_with_everything_that_a_colleague_wants_to_know(bob: Person, campaign: Campaign) -> None:
    old = answered(campaign, 3, "Too slow", plan="Free")
    new = answered(campaign, 10, at=MONDAY + timedelta(hours=1))
    assert shown(bob) == [new.pk, old.pk]
    html = bob.get(bob.url("responses:feed")).content.decode()
    for words in ("Too slow", "Detractor", "Promoter", "Plan: Free", "2 Jun 2025 12:00", "Pulse", str(old.customer)):
        assert words in html


def test_each_filter_lets_pass_what_it_says(alice: Person, campaign: Campaign) -> None:
    other = factories.campaign(alice.organization, "Onboarding")
    low = answered(campaign, 3, "The invoices are wrong", plan="Free")
    high = answered(campaign, 9, plan="Pro", at=MONDAY + timedelta(days=1), language="de")
    bare = answered(other, 8, "Fine", at=MONDAY + timedelta(days=2))
    robot = answered(campaign, 0, at=MONDAY + timedelta(days=3), verdict=Verdict.QUARANTINED)
    waits = answered(campaign, 1, at=MONDAY + timedelta(days=4), verdict=Verdict.PROVISIONAL, settles_at=MONDAY)

    assert shown(alice) == [bare.pk, high.pk, low.pk]
    assert shown(alice, state="quarantined") == [robot.pk]
    assert shown(alice, state="provisional") == [waits.pk]
    assert shown(alice, state="all") == [waits.pk, robot.pk, bare.pk, high.pk, low.pk]
    assert shown(alice, category="detractor") == [low.pk]
    assert shown(alice, score=[8, 9]) == [bare.pk, high.pk]
    assert shown(alice, campaign=other.pk) == [bare.pk]
    assert shown(alice, language="de") == [high.pk]
    assert shown(alice, channel="import") == []
    assert shown(alice, has_comment="0") == [high.pk]
    assert shown(alice, q="INVOICES") == [low.pk]
    assert shown(alice, **{"from": "2025-06-03", "to": "2025-06-03"}) == [high.pk]
    assert shown(alice, **{"p.plan": ["Free", "Pro"]}) == [high.pk, low.pk]
    assert shown(alice, **{"p.plan": "Free", "unset": "p.plan"}) == [bare.pk, low.pk]
    assert shown(alice, unset="p.plan") == [bare.pk]


def test_the_feed_goes_on_without_repeating_or_skipping(
    alice: Person, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 3)
    # Several at the same moment, across the end of a page.
    expected = [answered(campaign, 9, at=MONDAY + timedelta(minutes=number // 3)).pk for number in range(8)][::-1]
    address, seen = alice.url("responses:feed") + "?category=promoter", []
    while address:
        html = alice.get(address, headers={"hx-request": "true"}).content.decode()
        assert "<html" not in html
        seen += [int(pk) for pk in re.findall(r"responses/(\d+)/", html)]
        following = re.search(r'rel="next" href="([^"]+)"', html)
        address = alice.url("responses:feed") + following[1].replace("&amp;", "&") if following else ""
        assert not following or "category=promoter" in following[1]
    assert seen == expected


@pytest.mark.parametrize("after", ["x", "2025-06-02_1", "_", "2025-06-02T12:00:00+00:00_x", "\0"])
def test_a_cursor_that_was_not_made_here_is_the_first_page(alice: Person, campaign: Campaign, after: str) -> None:
    response = answered(campaign, 9)
    assert shown(alice, after=after) == [response.pk]


def test_the_number_of_statements_does_not_grow_with_the_rows(alice: Person, campaign: Campaign) -> None:
    answered(campaign, 9, "One", plan="Pro")
    shown(alice)  # the first request of a session notes where it comes from
    with CaptureQueriesContext(connection) as few:
        shown(alice)
    for number in range(12):
        answered(factories.campaign(alice.organization, f"C{number}"), number % 11, "More", plan=f"P{number}")
    with CaptureQueriesContext(connection) as many:
        assert len(shown(alice)) == 13
    assert len(many) == len(few)


def test_a_filter_that_came_with_a_link_stays_and_can_be_removed(alice: Person, campaign: Campaign) -> None:
    html = alice.get(alice.url("responses:feed"), {"p.plan": "Pro", "category": "promoter"}).content.decode()
    assert "Remove the filter Plan: Pro" in html
    assert 'href="?category=promoter"' in html
    assert '<input type="checkbox" name="p.plan" value="Pro" data-waits checked>' in html
    assert 'type="hidden" name="p.plan"' not in html


def test_what_pages_of_figures_can_be_narrowed_to_has_a_field_here_too(alice: Person, campaign: Campaign) -> None:
    for plan in ("Free", "Pro", "Team"):
        answered(campaign, 9, "Fine", plan=plan)
    tag = Tag.objects.create(organization=alice.organization, name="Callback", created_at=MONDAY)
    where = '{"all":[{"field":"score","op":"equals","value":9}]}'
    query: dict[str, Any] = {"p.plan": ["Free", "Pro"], "tag": tag.pk, "sentiment": "1", "score": "9", "where": where}
    html = alice.get(alice.url("responses:feed"), query).content.decode()
    for value, ending in (("Free", " checked"), ("Pro", " checked"), ("Team", "")):
        assert f'<input type="checkbox" name="p.plan" value="{value}" data-waits{ending}>' in html
    assert f'<input type="checkbox" name="tag" value="{tag.pk}" data-waits checked>' in html
    assert '<option value="1" selected>Positive</option>' in html
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="[^"]*">', html[: html.index("Remove all filters")])
    assert [name for name in hidden if name in ("score", "where", "tag", "sentiment", "p.plan")] == ["score", "where"]
    conditions = re.search(r'href="([^"]+/filter/[^"]*)"', html)
    assert conditions
    back = alice.get(conditions[1].replace("&amp;", "&")).content.decode()
    assert f'href="{alice.url("responses:feed")}?' in back


def test_a_condition_too_long_for_an_address_is_left_out_and_said(alice: Person, campaign: Campaign) -> None:
    """The feed writes the days of a preset out, so the address is written once more."""
    where = '{"all":[{"field":"name","op":"contains","value":"' + 7000 * "ü" + '"}]}'
    page = alice.get(alice.url("responses:feed"), {"period": "12m", "where": where}, follow=True)
    assert page.status_code == 200
    assert "was left out: expected something shorter" in page.content.decode()


def test_the_page_of_a_response_says_what_and_why(bob: Person, campaign: Campaign) -> None:
    reasons = [{"code": "several_scores", "rules": 1, "scores": 2, "seconds": 20}]
    response = answered(campaign, 4, "Hm", plan="Free", verdict=Verdict.QUARANTINED, verdict_reasons=reasons)
    html = bob.get(response.get_absolute_url()).content.decode()
    for words in ("Hm", "Detractor", "2 scores were opened within 20 seconds", "Free", str(response.customer), "Pulse"):
        assert words in html


def test_an_outsider_sees_neither_feed_nor_response(alice: Person, charlie: Person, campaign: Campaign) -> None:
    response = answered(campaign, 9, "Secret")
    assert charlie.get(response.get_absolute_url()).status_code == 404
    assert charlie.get(charlie.url("responses:detail", pk=response.pk)).status_code == 404
    assert charlie.get(alice.url("responses:feed")).status_code == 404
    assert shown(charlie, campaign=campaign.pk) == []


def test_a_feed_where_everything_is_settling_does_not_say_that_nobody_answered(bob: Person, campaign: Campaign) -> None:
    answered(campaign, 9, verdict=Verdict.PROVISIONAL, settles_at=MONDAY)
    html = bob.get(bob.url("responses:feed")).content.decode()
    assert "1 response is settling" in html
    assert "No responses yet" not in html
    assert 'href="?state=provisional"' in html


def test_the_language_of_an_answer_is_named(bob: Person, campaign: Campaign) -> None:
    html = bob.get(answered(campaign, 9, language="de").get_absolute_url()).content.decode()
    assert "<dd>German</dd>" in html
