"""The pages about what is kept of people, in a real browser: accessible, in both themes, at every width."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from surveys.customers.actions import suppress
from surveys.customers.models import SuppressionReason
from tests import factories
from tests.helpers import looks
from tests.people import Person


def test_saying_farewell_and_everything_before(
    alice: Person, page: Page, sign_in_browser: Callable[[Page, object], None]
) -> None:
    ada = factories.customer(alice.organization, "ada@example.com", name="Ada Okafor")
    factories.response(factories.invitation(factories.campaign(alice.organization), ada), 9, "Fine")
    suppress(
        organization=alice.organization,
        address="grace@example.com",
        reason=SuppressionReason.COMPLAINED,
        source="mail server",
        at=ada.created_at,
    )
    sign_in_browser(page, alice.membership.user)

    page.goto(alice.url("customers:suppressions"))
    assert looks.problems(page) == []
    page.get_by_role("link", name="Mail again …").click()
    page.wait_for_url("**/suppressions/*/")
    assert looks.problems(page) == []

    page.goto(alice.url("privacy:settings"))
    page.get_by_label("Responses", exact=True).select_option("Anonymize")
    page.get_by_label("Responses: after months").fill("12")
    page.get_by_role("button", name="See what this would change …").click()
    expect(page.get_by_text("Responses, Anonymize: 0 are older than 12 months")).to_be_visible()
    assert looks.problems(page) == []

    page.goto(alice.url("privacy:person", pk=ada.pk))
    assert looks.problems(page) == []

    page.goto(alice.url("privacy:farewell", pk=ada.pk))
    assert looks.problems(page) == []
    page.get_by_role("button", name="Erase").click()
    expect(page.get_by_text("This customer is about to be erased.")).to_be_visible()
    assert looks.problems(page) == []
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Ada Okafor stays.")).to_be_visible()
