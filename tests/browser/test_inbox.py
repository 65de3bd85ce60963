"""The inbox and a conversation, as they look and work in a browser: by keyboard, and while others work in the same."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from surveys.accounts.models import Role
from surveys.inbox.actions import changing, presence, turns
from surveys.inbox.models import Message, MessageKind
from tests import factories
from tests.helpers.looks import problems
from tests.inbox.test_list import answered


def test_an_agent_takes_a_conversation_reads_along_while_it_changes_and_closes_it(
    page: Page, sign_in_browser: Callable[[Page, object], None]
) -> None:
    alice = factories.organization(factories.user("alice@example.com"), "Acme")
    bob = factories.member(alice.organization, factories.user("bob@example.com"), Role.AGENT)
    one = answered(alice.organization, 2, "The export is slow", name="Ada Okafor")
    answered(alice.organization, 9, name="Ben Weber")
    sign_in_browser(page, alice.user)

    page.goto(f"/o/{alice.organization.slug}/inbox/?box=open")
    assert problems(page) == []
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Ada Okafor")).to_be_focused()
    page.keyboard.press("a")
    expect(page.get_by_text("Assign: Alice")).to_be_visible()
    page.get_by_role("link", name="Ada Okafor").click()
    expect(page.get_by_text("with Alice")).to_be_visible()

    written = page.get_by_label("To the customer")
    written.fill("Dear Ada, we are")
    at = timezone.now()
    presence.is_here(conversation=one, by=bob, is_writing=True, at=at)
    said = {"organization": alice.organization, "conversation": one, "at": at, "quoted": "> We wrote"}
    Message.objects.create(**said, kind=MessageKind.INBOUND, text="It is the CSV export")
    with transaction.atomic():
        turns.customer_wrote(conversation=changing.held(one), at=at)
    page.evaluate("htmx.trigger('#live', 'look')")
    expect(page.get_by_text("Bob is writing here")).to_be_visible()
    expect(page.locator("#thread").get_by_text("It is the CSV export")).to_be_visible()
    expect(written).to_have_value("Dear Ada, we are")
    assert problems(page) == []

    page.reload()
    page.locator("h1").click()
    page.keyboard.press("e")
    page.get_by_label("Solved", exact=True).check()
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_text("Closed: Solved.")).to_be_visible()
    assert problems(page, widths=()) == []
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is open, as before.")).to_be_visible()
