"""The main job of the product, played by a person in a browser against everything that `make run` starts."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.helpers.looks import problems
from tests.helpers.processes import OwnStack
from tests.helpers.waiting import wait_until

MESSY_LIST = Path(__file__).parents[1] / "data" / "customers-messy.csv"
OWNER = "dana@example.com"
CUSTOMER = "mei.garcia46@stark.example"
IMPORTED = 209  # of that list
SECONDS = 1_000  # of Playwright's milliseconds


@pytest.fixture
def stack(installed_stack: Callable[..., OwnStack]) -> OwnStack:
    """Quick waits: a test need not sit through the time for Undo."""
    return installed_stack(NPS_UNDO_SECONDS=4, NPS_SWEEP_SECONDS=1).start()


@pytest.fixture
def window(browser: Browser, stack: OwnStack) -> Iterator[Page]:
    context = browser.new_context(base_url=stack.url, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(20 * SECONDS)
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert complaints == []


def looks_right(page: Page) -> None:
    """axe in both themes at both ends, no sideways scroll at 1280, 375 and 320 px."""
    page.wait_for_load_state()
    assert problems(page) == [], page.url


def go_to(window: Page, section: str) -> None:
    follow(window, window.get_by_role("navigation", name="Main").get_by_role("link", name=section))


def follow(window: Page, link: Locator) -> None:
    """Click, and be on the next page: until then there may be no document to look at."""
    with window.expect_navigation():
        link.click()
    window.wait_for_load_state()


def newest_message(stack: OwnStack, to: str) -> str:
    """The id of the newest message to that address, as soon as there is one."""

    def find() -> str:
        found = [message["id"] for message in stack.messages() if to in message["to"]]
        return found[0] if found else ""

    return wait_until(find, seconds=60, what=f"a message to {to}")


def open_message(window: Page, stack: OwnStack, to: str) -> None:
    window.goto(f"/mailbox/{newest_message(stack, to)}/")


def sign_up(window: Page, stack: OwnStack) -> None:
    window.goto("/accounts/signup/")
    window.get_by_label("Your name").fill("Dana")
    window.get_by_label("Organization").fill("Initech & Söhne")
    window.get_by_label("Email").fill(OWNER)
    window.get_by_label("Password", exact=True).fill("a long enough passphrase")
    looks_right(window)
    window.get_by_role("button", name="Create an account").click()
    expect(window.get_by_role("heading", name="confirm your address")).to_be_visible()
    text = next(each for each in stack.messages() if each["id"] == newest_message(stack, OWNER))["text"]
    link = re.search(r"http\S+/confirm-email/\S+", text)
    assert link, text
    window.goto(link.group())
    looks_right(window)
    window.get_by_role("button", name="Yes, confirm").click()
    expect(window.get_by_role("heading", name="Four steps to your first score")).to_be_visible()
    looks_right(window)


def import_the_messy_list(window: Page) -> None:
    go_to(window, "Customers")
    looks_right(window)
    window.get_by_role("link", name="Import a list").first.click()
    window.locator("input[type=file]").set_input_files(MESSY_LIST)
    looks_right(window)
    window.get_by_role("button", name="Upload").click()
    expect(window.get_by_text("Say what each column is")).to_be_visible()
    looks_right(window)
    window.get_by_role("button", name="Check the list").click()
    expect(window.get_by_role("heading", name="This would happen")).to_be_visible(timeout=30 * SECONDS)
    looks_right(window)
    window.get_by_role("button", name="Import the good lines").click()
    expect(window.get_by_role("heading", name="Imported")).to_be_visible(timeout=30 * SECONDS)
    counts = window.locator("section[aria-labelledby=counts-title]").inner_text()
    assert re.sub(r"\s+", " ", counts).startswith(
        "Imported New 209 Changed 0 Unchanged 0 Repeated 3 lines of somebody further up Refused 11 Blank 1"
    ), counts


def write_a_campaign(window: Page) -> None:
    go_to(window, "Campaigns")
    looks_right(window)
    window.get_by_role("link", name="New campaign").first.click()
    window.get_by_label("Name").fill("Spring pulse")
    window.get_by_role("button", name="Create the draft").click()
    window.get_by_label("Subject").fill("A question, {{ first_name|there }}")
    looks_right(window)
    window.get_by_role("button", name="Save and choose the audience").click()
    expect(window.locator("#conditions-result .figure")).to_have_text("209")
    looks_right(window)
    window.get_by_role("button", name="Save and check").last.click()


def launch_it_after_one_undo(window: Page) -> None:
    expect(window.get_by_role("button", name="Launch now")).to_be_visible()
    looks_right(window)
    window.get_by_role("button", name="Launch now").click()
    window.get_by_role("button", name="Undo").click()
    expect(window.get_by_text("Draft").first).to_be_visible()
    window.get_by_role("link", name="Check").first.click()
    window.get_by_role("button", name="Launch now").click()
    # 209 mails may be gone, and the campaign over, before the page looks again.
    expect(window.get_by_text(re.compile("^(Live|Ended)$")).first).to_be_visible(timeout=30 * SECONDS)


def answer_from_the_mailbox(window: Page, stack: OwnStack) -> None:
    open_message(window, stack, CUSTOMER)
    looks_right(window)
    with window.context.expect_page() as opened:
        window.frame_locator("iframe").get_by_role("link", name="9", exact=False).first.click()
    survey = opened.value
    survey.wait_for_load_state()
    looks_right(survey)
    survey.get_by_label("What is the main reason for your score?").fill("Support answers <b>fast</b> 🙂")
    survey.get_by_role("button", name="Send").click()
    expect(survey.get_by_text("Your answer is saved.")).to_be_visible()
    looks_right(survey)
    survey.close()


def see_it_on_the_dashboard_and_on_the_customer(window: Page) -> None:
    window.goto("/")
    expect(window.get_by_text("Support answers <b>fast</b> 🙂").first).to_be_visible()
    expect(window.get_by_text("1 response", exact=True).first).to_be_visible()
    looks_right(window)
    window.get_by_role("link", name="Mei García").first.click()
    expect(window.get_by_role("heading", name="Mei García")).to_be_visible()
    expect(window.get_by_text("Support answers <b>fast</b> 🙂").first).to_be_visible()
    expect(window.get_by_text("Spring pulse").first).to_be_visible()
    looks_right(window)


def see_everybody_was_mailed(window: Page, stack: OwnStack) -> None:
    """Whoever was imported got one mail, and nobody two."""
    go_to(window, "Campaigns")
    follow(window, window.get_by_role("link", name="Spring pulse"))
    looks_right(window)
    asked = wait_until(lambda: recipients(stack), seconds=60, what="all invitations")
    assert len(asked) == len(set(asked)) == IMPORTED


def recipients(stack: OwnStack) -> list[str]:
    """Who got an invitation, as soon as nobody is missing."""
    found = [str(message["to"]) for message in stack.messages("?limit=1000") if "A question" in message["subject"]]
    return found if len(found) >= IMPORTED else []


def test_from_signing_up_to_a_score_that_stands_on_the_dashboard_and_on_the_customer(
    window: Page, stack: OwnStack
) -> None:
    sign_up(window, stack)
    import_the_messy_list(window)
    write_a_campaign(window)
    launch_it_after_one_undo(window)
    answer_from_the_mailbox(window, stack)
    see_it_on_the_dashboard_and_on_the_customer(window)
    see_everybody_was_mailed(window, stack)
