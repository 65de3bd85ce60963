"""The pages that say why, in a real browser: comments of several scripts, corrected where they stand."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests import factories
from tests.analytics.test_why import counted, said, theme
from tests.helpers.looks import problems
from tests.helpers.processes import LiveApp
from tests.people import Person

SignIn = Callable[[Page, object], None]


def test_comments_are_looked_through_and_one_is_corrected(
    page: Page, live_app: LiveApp, sign_in_browser: SignIn
) -> None:
    alice = Person(factories.organization(factories.user("alice@example.com"), "Acme"))
    slow, price = theme(alice, "Waiting", "slow"), theme(alice, "السعر", "سعر")
    said(alice, 60, 2, "So slow!", slow)
    said(alice, 40, 10, "التطبيق ممتاز والسعر مناسب", price, comment_language="ar")
    said(alice, 30, 9, "とても速くて使いやすいです。", comment_language="ja")
    counted(alice)
    sign_in_browser(page, alice.membership.user)
    for name in ("why", "drivers", "themes", "theme_new"):
        page.goto(alice.url(f"analytics:{name}"))
        assert problems(page) == [], name

    page.goto(alice.url("analytics:comments") + "?q=slow")
    page.get_by_role("link", name="How it was read, and correct it").first.click()
    page.get_by_role("button", name="Take off: Waiting").click()
    expect(page.get_by_text("corrected by Alice")).to_be_visible()
    assert problems(page) == []
    page.get_by_role("button", name="Undo: Waiting").click()
    expect(page.get_by_text("corrected by Alice")).to_have_count(0)
