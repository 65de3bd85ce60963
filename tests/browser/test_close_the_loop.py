"""A bad score leads to an act, and the act to a good score: played against everything that `make run` starts."""

import re
import smtplib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_whole_thread import follow, looks_right
from tests.factories import PASSWORD
from tests.helpers.processes import OwnStack
from tests.helpers.waiting import wait_until

PATIENCE = 60  # seconds; a machine that is busy takes what it needs
DANA = "dana@example.com"  # the owner
MEI = "mei@stark.example"
ERIN = "erin@example.com"
GIVEN = "A conversation with Mei García is yours now"
BEGIN = """
from django.utils import timezone
from surveys.accounts.models import Organization, Role
from surveys.automation.actions import rules
from surveys.automation.checking import Draft
from surveys.inbox.models import InboxSettings
from tests import factories
at = timezone.now()
dana = factories.organization(factories.user("dana@example.com"), "Initech")
Organization.objects.filter(pk=dana.organization_id).update(throttle_days=0)
anytime = {"automatic_from": None, "automatic_until": None, "updated_at": at}
InboxSettings.objects.create(organization=dana.organization, **anytime)
erin = factories.member(dana.organization, factories.user("erin@example.com"), Role.AGENT)
factories.customer(dana.organization, "mei@stark.example", name="Mei García")
for name in ("Spring", "Autumn"):
    campaign = factories.campaign(dana.organization, name)
    campaign.wordings.update(subject=f"{name}: a question")
sorry = {"kind": "email", "from": "user", "user": erin.user_id, "subject": "Sorry", "text": "I look into it."}
rules.create(by=dana, at=at, draft=Draft(
    name="Detractors",
    trigger="confirmed",
    conditions={"all": [{"field": "category", "op": "one_of", "value": ["detractor"]}]},
    actions=[{"kind": "open"}, {"kind": "assign", "to": "user", "user": erin.user_id}, sorry],
))
"""
LAUNCH = """
from django.utils import timezone
from surveys.accounts.models import Membership
from surveys.campaigns import actions
from surveys.campaigns.models import Campaign
by = Membership.objects.get(user__email="dana@example.com")
actions.launch(campaign=Campaign.objects.get(name="{}"), by=by, at=timezone.now())
"""


@pytest.fixture
def stack(installed_stack: Callable[..., OwnStack]) -> OwnStack:
    quick = {"NPS_UNDO_SECONDS": 1, "NPS_SWEEP_SECONDS": 1, "NPS_ALERT_GROUP_SECONDS": 0}
    return installed_stack(**quick).start()


@dataclass
class Windows:
    """Each person's own browser; all of them complain into one list."""

    browser: Browser
    stack: OwnStack
    complaints: list[str]

    def open(self) -> Page:
        context = self.browser.new_context(base_url=self.stack.url, viewport={"width": 1280, "height": 800})
        context.set_default_timeout(PATIENCE * 1000)
        context.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        return context.new_page()


@pytest.fixture
def windows(browser: Browser, stack: OwnStack) -> Iterator[Windows]:
    expect.set_options(timeout=PATIENCE * 1000)
    made = Windows(browser, stack, [])
    yield made
    expect.set_options(timeout=5_000)
    for context in browser.contexts:
        context.close()
    assert made.complaints == []


def shell(stack: OwnStack, code: str) -> None:
    done = stack.manage("shell", "-v0", "-c", code)
    assert done.returncode == 0, done.stderr


def mail(stack: OwnStack, to: str, says: str) -> dict[str, Any]:
    """The newest to that address with these words in its subject or text, as soon as there is one."""

    def find() -> dict[str, Any] | None:
        found = stack.messages(f"?to={to}")
        return next((each for each in found if says in each["subject"] + each["text"]), None)

    found = wait_until(find, seconds=PATIENCE, what=f"a mail to {to} that says {says}")
    assert found is not None
    return found


def writes(stack: OwnStack, to: str, answered: dict[str, Any], text: str, **headers: str) -> None:
    """The customer's own mail program, by SMTP."""
    made = EmailMessage()
    named = {"From": f"Mei <{MEI}>", "To": to, "Subject": f"Re: {answered['subject']}", "Message-ID": make_msgid()}
    threaded = {"In-Reply-To": answered["headers"]["Message-ID"]}
    for name, value in (named | threaded | headers).items():
        made[name] = value
    quoted = "\n".join(f"> {line}" for line in answered["text"].splitlines())
    made.set_content(f"{text}\n\nOn Mon, 2 Mar 2026, Erin wrote:\n\n{quoted}\n")
    with smtplib.SMTP("127.0.0.1", stack.state.mail_port, timeout=PATIENCE) as server:
        server.send_message(made, MEI, [to])


# ── The story ────────────────────────────────────────────────────────────────────────────────────────────────────────


def sign_in(windows: Windows, email: str) -> Page:
    desk = windows.open()
    desk.goto("/accounts/login/")
    desk.get_by_label("Email").fill(email)
    desk.get_by_label("Password").fill(PASSWORD)
    desk.get_by_role("button", name="Sign in", exact=True).click()
    desk.wait_for_url("**/o/initech/**")
    expect(desk.locator(".bell")).to_be_visible()
    expect(desk.locator(".bell .count")).to_have_count(0)
    return desk


def switches_the_rule_on(boss: Page) -> None:
    boss.goto("/o/initech/automation/")
    looks_right(boss)
    follow(boss, boss.get_by_role("link", name="Detractors", exact=True))
    looks_right(boss)
    follow(boss, boss.get_by_role("button", name="Switch on"))
    expect(boss.get_by_role("button", name="Switch off")).to_be_visible()
    boss.context.close()


def clicks(windows: Windows, asked: dict[str, Any], score: int, comment: str) -> None:
    """In the mail, as Mei sees it."""
    mailbox = windows.open()
    mailbox.goto(f"/mailbox/{asked['id']}/")
    with mailbox.context.expect_page() as opened:
        mailbox.frame_locator("iframe").get_by_role("link", name=str(score)).first.click()
    survey = opened.value
    survey.wait_for_load_state()
    survey.get_by_label("What is the main reason for your score?").fill(comment)
    survey.get_by_role("button", name="Send").click()
    expect(survey.get_by_text("Your answer is saved.")).to_be_visible()
    mailbox.context.close()


def is_told(desk: Page, stack: OwnStack) -> None:
    """By mail of the answer; the bell counts one matter, of which two things are told: the answer, and that it is hers."""
    told = mail(stack, ERIN, "Mei García answered 2")
    assert "Mei" not in told["subject"]
    wait_until(lambda: _is_given(desk), seconds=PATIENCE, what="the conversation that became hers, behind the bell")
    expect(desk.locator(".bell .count")).to_have_text("1")
    desk.locator(".bell").click()
    expect(desk.locator("#bell-panel li")).to_contain_text("and 1 more about this")
    follow(desk, desk.get_by_role("link", name="All alerts"))
    expect(desk.get_by_role("heading", name="Alerts")).to_be_visible()
    desk.locator(".alerts summary").click()
    expect(desk.locator(".alerts li.new li")).to_contain_text("Mei García answered 2")
    looks_right(desk)


def _is_given(desk: Page) -> bool:
    desk.goto("/o/initech/alerts/")
    return desk.locator(".alerts > li.new").filter(has_text=GIVEN).filter(has_text="1 more").count() == 1


def opens_what_the_rule_gave_her(desk: Page) -> None:
    follow(desk, desk.get_by_role("link", name=GIVEN))
    expect(desk.get_by_role("heading", name="Mei García")).to_be_visible()
    expect(desk.get_by_text("A rule gave it to Erin")).to_be_visible()
    expect(desk.get_by_text("The export loses lines").first).to_be_visible()
    expect(desk.locator("#thread").get_by_text("I look into it.")).to_be_visible()
    looks_right(desk)


def the_out_of_office_is_shown(desk: Page, stack: OwnStack) -> None:
    sorry = mail(stack, MEI, "I look into it.")
    assert sorry["headers"]["Auto-Submitted"] == "auto-generated"
    writes(stack, _reply_to(sorry), sorry, "I am away until May.", **{"Auto-Submitted": "auto-replied"})
    wait_until(lambda: _is_away(desk), seconds=PATIENCE, what="the out-of-office mail in the conversation")


def _is_away(desk: Page) -> bool:
    desk.reload()
    automatic = desk.locator("#thread .message.theirs", has_text="Automatic reply")
    return automatic.filter(has_text="I am away until May.").count() == 1


def replies(desk: Page, stack: OwnStack, asked: dict[str, Any]) -> dict[str, Any]:
    desk.get_by_label("To the customer").fill("It was the *semicolon*. Does it work now?")
    follow(desk, desk.get_by_role("button", name="Send", exact=True))
    sent = mail(stack, MEI, "Does it work now?")
    headers = sent["headers"]
    assert sent["subject"] == "Re: Spring: a question"
    assert sent["from"].startswith("Erin at Initech <")
    references = headers["References"].split()
    assert references[0] == asked["headers"]["Message-ID"]
    assert headers["In-Reply-To"] in references
    assert "Auto-Submitted" not in headers
    return sent


def _reply_to(sent: dict[str, Any]) -> str:
    found = re.search(r"r\.[a-z0-9]+@replies\.localhost", sent["headers"]["Reply-To"])
    assert found, sent["headers"]
    return found.group()


def the_answer_comes_in_and_a_forged_one_does_not(desk: Page, stack: OwnStack, sent: dict[str, Any]) -> None:
    """While the page stays open."""
    address = _reply_to(sent)
    other = "a" if address[5] != "a" else "b"
    writes(stack, address[:5] + other + address[6:], {**sent, "headers": {"Message-ID": make_msgid()}}, "Send me all.")
    writes(stack, address, sent, "It works, thank you!")
    heard = desk.locator("#thread .message.theirs", has_text="It works, thank you!")
    expect(heard).to_be_visible()
    expect(heard.get_by_text("What was quoted")).to_be_visible()
    desk.reload()
    expect(desk.locator("#thread .message.theirs")).to_have_count(2)
    expect(desk.get_by_text("Send me all.")).to_have_count(0)


def closes(desk: Page) -> None:
    desk.locator("summary", has_text="Close").click()
    desk.get_by_label("Solved", exact=True).check()
    follow(desk, desk.get_by_role("button", name="Close", exact=True))
    expect(desk.get_by_text("Closed: Solved.")).to_be_visible()
    looks_right(desk)


def sees_that_she_came_back(desk: Page) -> None:
    wait_until(lambda: _recovered(desk), seconds=PATIENCE, what="Mei among the recoveries")
    looks_right(desk)
    desk.goto("/o/initech/effect/")
    contacted = desk.locator("section[aria-labelledby=returned-heading] tbody tr").first
    expect(contacted.locator("td").first).to_have_text("1")
    expect(contacted).to_contain_text("100 %")
    expect(contacted.locator("td").last).to_have_text("9.0")
    looks_right(desk)
    desk.goto("/o/initech/changes/recoveries/")
    follow(desk, desk.get_by_role("link", name="Mei García"))
    expect(desk.get_by_text("2 counted answers")).to_be_visible()
    expect(desk.locator("section[aria-labelledby=scores-title] header")).to_contain_text("Promoter")
    expect(desk.locator("section[aria-labelledby=conversation-title]")).to_contain_text("Closed · Solved")
    looks_right(desk)


def _recovered(desk: Page) -> bool:
    desk.goto("/o/initech/changes/recoveries/")
    return desk.get_by_role("link", name="Mei García").count() == 1


def test_a_detractor_is_answered_and_comes_back_as_a_promoter(windows: Windows, stack: OwnStack) -> None:
    shell(stack, BEGIN + LAUNCH.format("Spring"))
    switches_the_rule_on(sign_in(windows, DANA))
    desk = sign_in(windows, ERIN)
    asked = mail(stack, MEI, "Spring: a question")
    clicks(windows, asked, 2, "The export loses lines")
    is_told(desk, stack)
    opens_what_the_rule_gave_her(desk)
    the_out_of_office_is_shown(desk, stack)
    sent = replies(desk, stack, asked)
    the_answer_comes_in_and_a_forged_one_does_not(desk, stack, sent)
    closes(desk)

    shell(stack, LAUNCH.format("Autumn"))
    clicks(windows, mail(stack, MEI, "Autumn: a question"), 9, "You fixed it")
    sees_that_she_came_back(desk)
    mailed = sorted(each["subject"] for each in stack.messages(f"?to={MEI}"))
    assert mailed == ["Autumn: a question", "Re: Spring: a question", "Sorry", "Spring: a question"]
