"""Every component once, in a real browser: what holds here holds on the pages that are made of them."""

from playwright.sync_api import Page, expect

from tests.helpers.looks import problems


def test_every_component_is_accessible_in_both_themes_and_fits_every_width(page: Page):
    page.goto("/styleguide/")
    page.get_by_text("Show as table").click()
    assert problems(page) == []


def test_a_refused_form_says_what_is_wrong_beside_each_field(page: Page):
    page.goto("/styleguide/?form=bad")

    email = page.get_by_label("Email", exact=True).first
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_have_value("ada@")
    expect(email).to_have_accessible_description("Enter a valid email address.")
    assert problems(page) == []


def test_the_theme_changes_at_once_and_is_there_on_the_next_page(page: Page):
    page.goto("/styleguide/")
    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    page.goto("/accounts/login/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_keys_walk_the_rows_search_and_explain_themselves(page: Page):
    page.goto("/styleguide/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Jonas Weber").first).to_be_focused()
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="Ada Okafor").first).to_be_focused()

    page.keyboard.press("/")
    expect(page.get_by_label("Search answers")).to_be_focused()
    page.keyboard.type("?j")
    expect(page.get_by_label("Search answers")).to_have_value("?j")
    page.get_by_label("Search answers").blur()

    page.keyboard.press("?")
    help_dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(help_dialog).to_be_hidden()


def test_single_keys_can_be_switched_off(page: Page):
    page.goto("/styleguide/")
    page.keyboard.press("?")
    page.get_by_label("Use single-key shortcuts in this browser").uncheck()
    page.keyboard.press("Escape")

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_pages_before_signing_in_are_accessible_too(page: Page):
    for address in ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"):
        page.goto(address)
        assert problems(page) == [], address


def test_what_is_not_there_says_so_in_the_products_own_words(page: Page, console: list[str]):
    page.goto("/nothing-here/")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    assert problems(page) == []
    console.clear()  # the browser itself notes the 404
