"""The builder of conditions in a real browser: by keyboard, with and without script, in every width and theme."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from surveys.customers.actions import segments as actions
from surveys.customers.models import Property, PropertyWork, Segment
from tests import factories
from tests.helpers import looks
from tests.helpers.processes import LiveApp
from tests.people import Person

SignIn = Callable[[Page, object], None]

NESTED = {
    "all": [
        {"field": "p.plan", "op": "one_of", "value": ["Pro"]},
        {"any": [{"field": "last_score", "op": "at_most", "value": 6}, {"field": "last_asked", "op": "not_set"}]},
        {"none": [{"field": "language", "op": "equals", "value": "de"}]},
    ]
}


@pytest.fixture
def pages(alice: Person, page: Page, sign_in_browser: SignIn) -> list[str]:
    """Pages about segments and properties, full of data."""
    plan = Property.objects.create(
        organization=alice.organization, key="plan", label="Plan", type="text", segmentable=True
    )
    seats = Property.objects.create(organization=alice.organization, key="seats", label="Seats", type="number")
    for number in range(12):
        name = "Pro" if number % 2 else "Team"
        chosen = factories.property_set(alice.organization, plan=name)
        properties = {"plan": name, "seats": number}
        factories.customer(alice.organization, properties=properties, property_set=chosen)
    at = plan.organization.created_at
    segment = actions.create(
        name="Unhappy or new Pros", description="For calls", conditions=NESTED, by=alice.membership, at=at
    )
    work = PropertyWork.objects.create(
        organization=alice.organization, kind="delete", about=seats, label="Seats", status="done",
        created_at=at, starts_at=at, total=12, seen=12, changed=12,
    )  # fmt: skip
    sign_in_browser(page, alice.membership.user)
    retype = alice.url("customers:property_retype", pk=seats.pk)
    return [
        alice.url("customers:segments"),
        alice.url("customers:segment", pk=segment.pk),
        alice.url("customers:segment_edit", pk=segment.pk),
        alice.url("customers:filter"),
        alice.url("customers:properties"),
        alice.url("customers:property", pk=plan.pk),
        f"{retype}?kind=boolean",
        work.get_absolute_url(),
    ]


def test_pages_about_segments_and_properties_look_right(page: Page, pages: list[str]) -> None:
    found = []
    for address in pages:
        page.goto(address)
        found += [f"{address}: {problem}" for problem in looks.problems(page)]
    assert not found, "\n".join(found)


@pytest.mark.usefixtures("pages")
def test_a_segment_is_built_by_keyboard_alone(alice: Person, page: Page) -> None:
    page.goto(alice.url("customers:segment_new"))
    page.get_by_label("Name").fill("Pros")
    page.get_by_role("button", name="Add a condition").focus()
    page.keyboard.press("Enter")
    field = page.get_by_label("About")
    expect(field).to_be_focused()  # what was added has the focus
    expect(page.locator(".htmx-added")).to_have_count(0)
    field.press("P")
    expect(page.get_by_label("Pro", exact=True)).to_be_visible()
    expect(page.locator(".htmx-added")).to_have_count(0)
    page.get_by_label("Pro", exact=True).focus()
    page.keyboard.press("Space")
    expect(page.locator("#conditions-result .figure")).to_have_text("6")
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_role("heading", name="Pros", exact=True)).to_be_visible()
    assert Segment.objects.get(name="Pros").conditions["all"][0]["value"] == ["Pro"]


@pytest.mark.usefixtures("pages")
def test_a_segment_is_built_without_script(alice: Person, page: Page, browser: Browser, live_app: LiveApp) -> None:
    state = page.context.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=state)
    plain = context.new_page()
    plain.goto(live_app.url + alice.url("customers:segment_new"))
    plain.get_by_label("Name").fill("Plain")
    plain.get_by_role("button", name="Add a condition").click()
    plain.get_by_label("About").select_option("last_score")
    plain.get_by_role("button", name="Update the count").click()
    plain.get_by_label("Value").fill("9")
    plain.get_by_role("button", name="Save the segment").last.click()
    expect(plain.get_by_role("heading", name="Plain", exact=True)).to_be_visible()
    context.close()


def test_who_removes_the_only_condition_by_keyboard_goes_on_at_the_button_that_adds_one(
    page: Page, alice: Person, sign_in_browser: SignIn
) -> None:
    sign_in_browser(page, alice.membership.user)
    page.goto(alice.url("customers:segment_new"))
    add = page.get_by_role("button", name="Add a condition")
    add.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("About", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("About", exact=True)).to_have_count(0)
    expect(add).to_be_focused()
