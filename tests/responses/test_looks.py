"""The pages in a real browser: a phone, no script, dark and light."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from surveys.accounts.models import Membership
from surveys.responses.models import ResponseRevision, Tag, Verdict
from tests import factories
from tests.helpers.looks import problems
from tests.helpers.processes import LiveApp
from tests.helpers.waiting import wait_until
from tests.people import Person
from tests.responses.mail import Mail
from tests.responses.questions import answers, asks

SignIn = Callable[[Page, object], None]


@pytest.fixture
def owner(live_app: LiveApp) -> Membership:
    return factories.organization(factories.user("alice@example.com"), "Acme")


@pytest.fixture
def posted(owner: Membership) -> Mail:
    campaign = factories.campaign(owner.organization)
    ada = factories.customer(owner.organization, "ada@example.com", name="Ada Okafor")
    return Mail(factories.invitation(campaign, ada))


@pytest.mark.parametrize("has_script", [True, False])
def test_ada_answers_on_her_phone_with_script_and_without(
    browser: Browser, live_app: LiveApp, posted: Mail, has_script: bool
) -> None:
    asks(posted.invitation.campaign)
    context = browser.new_context(
        base_url=live_app.url, viewport={"width": 320, "height": 640}, java_script_enabled=has_script
    )
    page = context.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(posted.link(3))
    assert len(requests) <= 3, requests
    expect(page.get_by_role("button", name="3", exact=True)).to_have_attribute("aria-pressed", "true")

    page.get_by_label("main reason").fill("It just works")
    page.get_by_role("group", name="How easy was it").get_by_text("6", exact=True).click()
    page.get_by_label("Hotline").check()
    if has_script:
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        assert (posted.response.comment, answers(posted)) == ("It just works", {"q1": 6, "q3": ["o2"]})
        page.get_by_label("mend first").fill("Invoices")
        page.get_by_label("main reason").focus()
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
        assert answers(posted)["q4"] == "Invoices"
    page.get_by_role("button", name="10", exact=True).click()
    expect(page.get_by_label("Whom would you tell?")).to_be_visible()
    expect(page.get_by_label("main reason")).to_have_value("It just works")
    expect(page.get_by_label("Hotline")).to_be_checked()
    page.get_by_label("Whom would you tell?").fill("Everybody")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Your answer is saved.")).to_be_visible()
    expect(page.get_by_role("link", name="Tell a friend")).to_be_visible()
    page.get_by_role("link", name="Do not ask me again").click()
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()

    assert (posted.response.score, posted.response.comment) == (10, "It just works")
    assert answers(posted) == {"q1": 6, "q3": ["o2"], "q5": "Everybody"} | ({"q4": "Invoices"} if has_script else {})
    assert context.cookies() == []
    context.close()


def test_a_visit_counts_by_what_its_page_tells_and_the_page_says_nothing_of_it(page: Page, posted: Mail) -> None:
    page.goto(posted.link(9))
    assert problems(page) == []
    page.mouse.move(40, 60)
    wait_until(lambda: posted.response.verdict == Verdict.CONFIRMED, what="counting a page that a hand moved on")
    assert {kind for kind, _score in posted.clicks} == {"click", "style", "seen"}
    expect(page.locator("a.trap")).to_have_count(1)
    assert page.evaluate("document.querySelector('a.trap').getClientRects()[0].width") <= 1
    page.get_by_label("main reason").focus()
    page.keyboard.press("Shift+Tab")  # the trap is not among the stops
    assert page.evaluate("document.activeElement.className") != "trap"


def test_the_customers_pages_have_no_fault_that_a_program_can_see(page: Page, posted: Mail) -> None:
    asks(posted.invitation.campaign)
    for address in (posted.link(3), posted.page, f"{posted.page}thanks/", posted.unsubscribe):
        page.goto(address)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert problems(page) == []
        if address == posted.page:
            page.get_by_role("button", name=re.compile("^(Send|Save)$")).click()  # it may count by now


def test_feed_and_response_have_no_fault_that_a_program_can_see(
    page: Page, posted: Mail, owner: Membership, sign_in_browser: SignIn
) -> None:
    at = timezone.now() - timedelta(hours=2)
    reasons = [{"code": "human_act", "rules": 1, "act": "change"}]
    response = factories.response(posted.invitation, 4, "Too slow on a long list.", at=at, verdict_reasons=reasons)
    ResponseRevision.objects.create(organization=owner.organization, response=response, score=9, at=timezone.now())
    robot = Mail(factories.invitation(posted.invitation.campaign, factories.customer(owner.organization)))
    tag = Tag.objects.create(organization=owner.organization, name="Billing", created_at=at)
    marks = {"excluded_at": at, "excluded_reason": "spam", "excluded_note": "Again", "tags": [tag.pk]}
    factories.response(robot.invitation, 0, "Junk", at=at, verdict=Verdict.QUARANTINED, **marks)
    factories.annotation(owner.organization, "Release", at.date())
    sign_in_browser(page, owner.user)
    alice = Person(owner)
    for address in (
        alice.url("responses:feed") + "?state=all",
        response.get_absolute_url(),
        alice.url("responses:bulk") + "?scope=all&state=all",
        alice.url("responses:tags"),
        alice.url("responses:tag", pk=tag.pk),
        alice.url("analytics:annotations"),
        alice.url("analytics:overview"),
    ):
        page.goto(address)
        assert problems(page) == []
