"""The pages that show scores, in a real browser, of an organization with two months of answers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

import pytest
from playwright.sync_api import Locator, Page, expect

from surveys.accounts.models import Membership
from surveys.analytics.upkeep import rollups
from surveys.responses.models import Verdict
from tests import factories
from tests.analytics.book import Book
from tests.helpers.looks import problems
from tests.helpers.processes import LiveApp
from tests.people import Person

SignIn = Callable[[Page, object], None]
DAYS = "?from=2025-01-01&to=2025-03-01"


@dataclass(frozen=True)
class World:
    alice: Person
    book: Book

    def url(self, name: str, query: str = DAYS, **kwargs: int) -> str:
        return self.alice.url(name, **kwargs) + query


@pytest.fixture
def world(live_app: LiveApp) -> World:
    owner: Membership = factories.organization(factories.user("alice@example.com"), "Acme")
    book = Book(owner.organization, seed=11)
    book.import_many(150)
    rollups.fold()
    for number in range(12):
        answer = book.answer(book.invite())
        book.change(answer, "response.commented", comment=f"Reason {number}: {'x' * 90}")
    book.invite()
    return World(Person(owner), book)


@pytest.fixture
def window(page: Page, world: World, sign_in_browser: SignIn) -> Page:
    sign_in_browser(page, world.alice.membership.user)
    return page


def test_overview_looks_right_and_filters_stand_in_the_history(window: Page, world: World) -> None:
    window.goto(world.url("analytics:overview"))
    window.get_by_text("Show as table").first.click()
    assert problems(window) == []

    window.get_by_text("Filter and compare").click()
    window.get_by_label("Category").select_option("Promoters")
    expect(window.get_by_role("heading", name="Promoters", exact=True)).to_be_visible()
    expect(window).to_have_url(re.compile(r"category=promoter"))
    assert problems(window) == []

    window.go_back()
    expect(window.get_by_role("heading", name="Net Promoter Score", exact=True)).to_be_visible()
    expect(window).not_to_have_url(re.compile("category"))
    expect(window.get_by_label("Category")).to_have_value("")


def test_a_date_that_is_being_typed_sends_nothing(window: Page, world: World) -> None:
    """A browser reports a change for every digit of the year: 0002, 0020, 0202."""
    window.goto(world.url("analytics:overview"))
    window.get_by_text("Filter and compare").click()
    before, asked = window.url, []
    window.on("request", lambda request: asked.append(request.url) if "/o/" in request.url else None)
    for day in ("0002-02-01", "0202-02-01", "2025-02-01"):
        window.get_by_label("From", exact=True).fill(day)
    expect(window.get_by_label("From", exact=True)).to_have_value("2025-02-01")
    assert (asked, window.url) == ([], before)

    window.get_by_role("button", name="Apply").click()
    expect(window).to_have_url(re.compile("from=2025-02-01&to=2025-03-01"))
    expect(window.get_by_text("1 Feb – 1 Mar 2025", exact=True)).to_be_visible()


def links_with_counts(chart: Locator) -> list[tuple[str, int]]:
    """The areas of charts that lead somewhere, each with the number of responses that its tooltip promises."""
    found = chart.evaluate_all("""links => links.map(link => [
        link.getAttribute("href"), link.querySelector("title").textContent])""")
    return [(href, promised(title)) for href, title in found]


def promised(title: str) -> int:
    found = re.search(r"(\d+) responses?\b", title) or re.search(r": (\d+) \(", title)
    return int(found[1]) if found else 0


def test_what_a_chart_shows_is_what_its_links_lead_to(window: Page, world: World) -> None:
    window.goto(world.url("analytics:overview"))
    links = links_with_counts(window.locator("svg a:has(title)"))
    kinds = [kind for kind, _group in groupby(links, key=lambda link: re.sub(r"\d+", "", link[0]))]
    assert len(links) == 3 + 9 + 11, kinds  # categories, weeks, scores
    assert sum(count for _href, count in links) == 3 * 162
    for href, count in links:
        html = window.request.get(href).text()
        shown = re.search(r'class="count">(\d+) responses?<', html)
        assert shown, href
        assert int(shown[1]) == count, href

    bar = window.locator("svg a[href*='score=10']")
    count = links_with_counts(bar)[0][1]
    bar.click()
    expect(window.locator(".toolbar .count")).to_have_text(re.compile(rf"^{count} response"))
    expect(window.get_by_role("link", name="Remove the filter Score 10")).to_be_visible()
    assert problems(window) == []


def test_a_campaigns_results_and_a_response_look_right(window: Page, world: World) -> None:
    window.goto(world.url("analytics:campaign", pk=world.book.campaigns[0].pk))
    here = window.get_by_role("navigation", name="Main").locator("[aria-current=page]")
    expect(here).to_have_text("Campaigns")
    assert problems(window) == []

    answer = next(one for one in world.book.responses if one.comment and one.verdict == Verdict.CONFIRMED)
    window.goto(answer.get_absolute_url())
    expect(window.get_by_role("heading", name="Does it count?")).to_be_visible()
    assert problems(window) == []


def test_every_period_can_be_read_on_a_small_phone(window: Page, world: World) -> None:
    window.set_viewport_size({"width": 320, "height": 640})
    window.goto(world.url("analytics:overview"))
    periods = window.get_by_role("list", name="Period")
    assert periods.evaluate("list => list.scrollWidth <= list.clientWidth"), "a period is cut off"
    gap = """() => {
        const [from, to] = ["filter-from", "filter-to"].map(id => document.getElementById(id).getBoundingClientRect());
        return to.top >= from.bottom ? 99 : to.left - from.right;
    }"""
    assert window.evaluate(gap) >= 8, "From and To touch"
