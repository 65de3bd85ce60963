"""Campaigns in a real browser: edits that would be lost, and names that nobody thought of."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Dialog, Page, expect

from surveys.campaigns.models import Campaign, Status, Wording
from surveys.customers.models import Property
from tests import factories
from tests.helpers import looks
from tests.people import Person

SignIn = Callable[[Page, object], None]
WIDTHS = (1280, 375, 320)


@pytest.fixture
def draft(alice: Person, page: Page, sign_in_browser: SignIn) -> Campaign:
    sign_in_browser(page, alice.membership.user)
    return factories.campaign(alice.organization, "Autumn pulse")


@pytest.fixture
def asked(page: Page) -> list[str]:
    """What the browser asked before it left a page; it stays."""
    questions: list[str] = []

    def stay(dialog: Dialog) -> None:
        questions.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    return questions


def test_leaving_unsaved_words_asks_first_and_leaving_saved_ones_does_not(
    alice: Person, page: Page, draft: Campaign, asked: list[str]
) -> None:
    page.goto(alice.url("campaigns:message", pk=draft.pk))
    page.get_by_label("Subject").fill("A better subject")
    expect(page.frame_locator("iframe").get_by_text("A better subject")).to_be_visible()  # the preview is no saving
    page.get_by_role("link", name="Customers").click()
    assert asked == ["beforeunload"]
    expect(page.get_by_label("Subject")).to_have_value("A better subject")

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").get_by_text("Saved.")).to_be_visible()
    page.get_by_role("link", name="Customers").click()
    expect(page.get_by_role("heading", name="Customers", exact=True)).to_be_visible()
    assert asked == ["beforeunload"]


def test_leaving_an_unsaved_audience_asks_first(alice: Person, page: Page, draft: Campaign, asked: list[str]) -> None:
    page.goto(alice.url("campaigns:audience", pk=draft.pk))
    expect(page.get_by_role("button", name="Add an exclusion")).to_be_visible()
    page.get_by_role("button", name="Add a condition").click()
    expect(page.get_by_label("About")).to_be_visible()
    expect(page.locator(".htmx-added")).to_have_count(0)  # only then does htmx listen to it
    page.get_by_label("About").select_option("last_asked")
    expect(page.get_by_label("Comparison")).to_be_visible()
    page.get_by_role("link", name="Customers").click()
    assert asked == ["beforeunload"]

    expect(page.locator(".htmx-added")).to_have_count(0)
    page.get_by_label("Comparison").select_option("not_set")
    expect(page.get_by_label("Value")).to_have_count(0)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").get_by_text("Saved.")).to_be_visible()
    page.get_by_role("link", name="Customers").click()
    expect(page.get_by_role("heading", name="Customers", exact=True)).to_be_visible()
    assert asked == ["beforeunload"]


def test_boxes_ticked_one_after_the_other_stay_and_a_narrow_link_is_frowned_upon(
    alice: Person, page: Page, draft: Campaign
) -> None:
    page.goto(alice.url("campaigns:questions", pk=draft.pk))
    page.get_by_role("button", name="Add a link").click()
    shown_to = page.get_by_role("group", name="Shown to")
    expect(shown_to.get_by_label("Passives")).to_be_checked()
    frown = page.get_by_text("Not everybody is shown this link")
    expect(frown).to_be_hidden()
    shown_to.get_by_label("Passives").uncheck()
    shown_to.get_by_label("Detractors").uncheck()
    expect(frown).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(shown_to.get_by_label("Detractors")).not_to_be_checked()
    shown_to.get_by_label("Passives").check()
    shown_to.get_by_label("Detractors").check()
    expect(frown).to_be_hidden()


LONG = "Donaudampfschifffahrtsgesellschaftskapitaensmuetzenabzeichenverordnungsentwurfsbegutachtungsstelle-X"


@pytest.fixture
def long_words(alice: Person, page: Page, sign_in_browser: SignIn) -> list[str]:
    """A company whose every name is one word of a hundred characters; the addresses of its pages."""
    company = alice.organization
    type(company).objects.filter(pk=company.pk).update(name=LONG, sender_name=LONG, postal_address=LONG * 2)
    Property.objects.create(organization=company, key="plan", label=LONG[:60], type="text", segmentable=True)
    plan = factories.property_set(company, plan=LONG)
    ada = factories.customer(
        company, f"{LONG[:60]}@{LONG[:60]}.example", name=LONG, properties={"plan": LONG}, property_set=plan
    )
    audience = {"all": [{"field": "p.plan", "op": "one_of", "value": [LONG]}]}
    draft = factories.campaign(company, LONG, audience=audience)
    live = factories.campaign(
        company, LONG, Status.LIVE, wave=1, launched_at=timezone.now(), status_reason=LONG, audience=audience
    )
    labels = {"low_label": LONG[:40], "high_label": LONG[:40]}
    Wording.objects.update(subject=LONG, intro=LONG, question=LONG, comment_prompt=LONG, thanks_promoter=LONG, **labels)
    response = factories.response(factories.invitation(live, ada), 3, LONG * 3)
    factories.customer(company, suppression="bounced", name=LONG, properties={"plan": LONG}, property_set=plan)
    sign_in_browser(page, alice.membership.user)
    steps = ["detail", "message", "audience", "check"]
    return [
        alice.url("analytics:overview"),
        alice.url("responses:feed") + f"?campaign={live.pk}&p.plan={LONG}",
        response.get_absolute_url(),
        alice.url("customers:list"),
        ada.get_absolute_url(),
        alice.url("customers:edit", pk=ada.pk),
        alice.url("campaigns:list"),
        *(alice.url(f"campaigns:{step}", pk=draft.pk) for step in steps),
        alice.url("campaigns:detail", pk=live.pk),
        alice.url("campaigns:cancel", pk=live.pk),
        alice.url("analytics:campaign", pk=live.pk),
        alice.url("accounts:settings"),
    ]


def test_words_without_a_break_make_no_page_scroll_sideways(page: Page, long_words: list[str]) -> None:
    found = []
    for address in long_words:
        page.goto(address)
        for width in WIDTHS:
            found += [f"{address}: {problem}" for problem in looks.shape(page, width)]
    assert not found, "\n".join(found)
