"""The list in a real browser: selected by keys, accessible in both themes and at every width."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests import factories
from tests.helpers import looks
from tests.people import Person

SignIn = Callable[[Page, object], None]


def test_rows_are_selected_by_keys_and_changed_together(alice: Person, page: Page, sign_in_browser: SignIn) -> None:
    for name in ("Ada", "Bea", "Cem"):
        factories.customer(alice.organization, name=name, last_score=9, suppression="")
    sign_in_browser(page, alice.membership.user)
    page.goto(alice.url("customers:list") + "?category=promoter&col=email&col=score&col=mail&col=added")
    assert looks.problems(page) == []
    change = page.get_by_role("button", name="Change the selected")
    expect(change).to_be_disabled()

    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.get_by_text("Selected: 2")).to_be_visible()
    change.click()

    expect(page.get_by_role("heading", name="Change 2 customers")).to_be_visible()
    assert looks.problems(page) == []
