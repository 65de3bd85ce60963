"""The preference page in a real browser: a small phone, without script, in both themes, right to left."""

import pytest
from playwright.sync_api import Browser, Page, expect

from surveys.customers.models import Customer
from tests import factories
from tests.helpers.looks import problems
from tests.helpers.processes import LiveApp
from tests.privacy.test_preferences import Reader


@pytest.fixture
def ada(live_app: LiveApp) -> Reader:
    owner = factories.organization(factories.user("alice@example.com"), "Acme")
    person = factories.customer(owner.organization, "ada@example.com", name="Ada Okafor", language="en")
    reader = Reader(factories.invitation(factories.campaign(owner.organization), person))
    factories.response(reader.invitation, 9, "It just works")
    return reader


def test_ada_makes_a_pause_on_her_phone_without_script(
    browser: Browser, live_app: LiveApp, page: Page, ada: Reader
) -> None:
    context = browser.new_context(
        base_url=live_app.url, viewport={"width": 320, "height": 640}, java_script_enabled=False
    )
    phone = context.new_page()
    requests: list[str] = []
    phone.on("request", lambda request: requests.append(request.url))
    phone.goto(ada.url)
    assert len(requests) <= 3, requests
    phone.get_by_label("Language").select_option("ar")
    phone.get_by_role("button", name="Save").nth(1).click()
    expect(phone.locator("html")).to_have_attribute("dir", "rtl")
    phone.locator("button[name=pause]").first.click()
    expect(phone.locator("button[name=go_on]")).to_be_visible()
    assert context.cookies() == []
    context.close()
    assert Customer.objects.get().resting_until

    page.goto(ada.url)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert problems(page) == []
