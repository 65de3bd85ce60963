"""Inviting a colleague and joining, as it looks and works in a browser."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from surveys.accounts.models import Role
from tests import factories
from tests.helpers.looks import problems


def test_a_colleague_is_invited_joins_by_the_copied_link_is_promoted_removed_and_brought_back(
    page: Page, sign_in_browser: Callable[[Page, object], None]
) -> None:
    alice = factories.organization(factories.user("alice@example.com"), "Acme")
    factories.member(alice.organization, factories.user("bob@example.com"), Role.ANALYST)
    dana = factories.user("dana@example.com")
    people = f"/o/{alice.organization.slug}/settings/people/"
    sign_in_browser(page, alice.user)

    page.goto(people)
    page.get_by_label("Email addresses").fill("Dana <dana@example.com>, nonsense")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_label("Email addresses")).to_have_value("nonsense")
    assert problems(page) == []
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the link for dana@example.com").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")

    page.get_by_label("Role of Bob").select_option("admin")
    page.get_by_role("row", name="Bob").get_by_role("button", name="Change").click()
    expect(page.get_by_text("Bob has the role “Admin” now.")).to_be_visible()
    page.get_by_role("button", name="Remove Bob").click()
    expect(page.get_by_text("Bob was removed")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("row", name="Bob")).to_be_visible()
    page.goto(people.replace("people", "roles"))
    assert problems(page) == []

    page.context.clear_cookies()
    page.goto(link)
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Email").fill(dana.email)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    assert problems(page) == []
    page.get_by_role("button", name="Join as dana@example.com").click()
    expect(page.get_by_text("You are in Acme now, with the role “Agent”.")).to_be_visible()
    page.goto("/organizations/")
    assert problems(page) == []
