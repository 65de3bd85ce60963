"""What pages tell about who looks at them, through the real addresses."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from surveys.customers.models import Customer
from surveys.responses import kept
from surveys.responses.actions import settle
from surveys.responses.models import ClickEvent, Verdict
from surveys.responses.verdicts import judge
from tests.responses.mail import Mail, Shown, later, press, send

NOON = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)
TOLD = {"seconds": "0", "hand": "0", "webdriver": "0", "blank": "0", "languages": "2"}


def style_of(shown: Shown) -> str:
    found = re.search(r'<link rel="stylesheet" href="([^"]*)"', shown.html)
    assert found
    return unescape(found[1])


def tell(browser: Client, shown: Shown, score: int, **told: object) -> int:
    """What the page's script sends."""
    found = re.search(r'data-seen="([^"]*)"', shown.html)
    assert found
    body = {
        "nonce": shown.field("nonce"),
        "score": str(score),
        **TOLD,
        **{name: str(value) for name, value in told.items()},
    }
    return int(browser.post(unescape(found[1]), body, headers={"sec-fetch-site": "same-origin"}).status_code)


def opened(browser: Client, address: str) -> Shown:
    """As a browser does: the page, and then its style."""
    shown = Shown(browser.get(address))
    assert browser.get(style_of(shown)).status_code == 200
    return shown


def test_a_hand_on_the_page_counts_at_once(mail: Mail, ada: Client) -> None:
    assert tell(ada, opened(ada, mail.link(9)), 9, hand=1) == 204
    assert (mail.response.verdict, mail.response.verdict_reasons[0]["code"]) == (Verdict.CONFIRMED, "human_seen")
    assert Customer.objects.get(invitation=mail.invitation).last_score == 9


def test_a_page_that_somebody_looks_at_counts_early(mail: Mail, ada: Client) -> None:
    shown = opened(ada, mail.link(9))
    tell(ada, shown, 9, seconds=1)
    assert mail.response.verdict == Verdict.PROVISIONAL
    tell(ada, shown, 9, seconds=4)
    assert (mail.response.verdict, mail.response.verdict_reasons[0]["code"]) == (Verdict.CONFIRMED, "in_view")


@pytest.mark.parametrize("told", [{"webdriver": 1}, {"blank": 1}, {"languages": 0}])
def test_a_program_that_drives_the_browser_is_not_believed(mail: Mail, ada: Client, told: dict[str, int]) -> None:
    with time_machine.travel(NOON, tick=False):
        tell(ada, opened(ada, mail.link(9)), 9, seconds=9, **told)
    settle(at=later(NOON))
    assert mail.response.verdict == Verdict.QUARANTINED


def test_who_sends_is_thanked_also_while_what_was_sent_settles(mail: Mail, ada: Client) -> None:
    """A browser that a program drives, or one that only looks so: another page to send would be sent again and again."""
    with time_machine.travel(NOON, tick=False):
        shown = opened(ada, mail.link(9))
        tell(ada, shown, 9, seconds=9, webdriver=1)
        assert Shown(ada.get(f"{mail.page}thanks/")).picked == [9], "nobody has sent anything"
        after = send(ada, shown, 5)
    assert mail.response.verdict == Verdict.PROVISIONAL
    assert "<h1>Your answer is saved.</h1>" in after.content.decode()

    settle(at=later(NOON))
    said = mail.response
    assert (said.verdict, said.score, said.updated_at) == (Verdict.QUARANTINED, 5, NOON), "their last word, and when"


def test_what_did_not_come_from_the_page_is_not_believed(mail: Mail, ada: Client) -> None:
    shown = opened(ada, mail.link(9))
    forged = Shown(ada.get(mail.link(9)))
    forged.html = re.sub(r'name="nonce" value="[^"]*"', 'name="nonce" value="0:x:y"', forged.html)
    assert tell(ada, forged, 9, hand=5) == 403
    assert tell(ada, shown, 11, hand=5) == 403
    assert mail.response.verdict == Verdict.PROVISIONAL


def test_a_robot_by_its_name_a_bare_request_and_the_trap_do_not_count(mail: Mail, ada: Client) -> None:
    with time_machine.travel(NOON, tick=False):
        Client(HTTP_USER_AGENT="python-requests/2.31", HTTP_ACCEPT_LANGUAGE="en").get(mail.link(9))
    settle(at=later(NOON))
    assert (mail.response.verdict, mail.response.verdict_reasons[0]["code"]) == (Verdict.QUARANTINED, "robot_agent")

    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        page = ada.get(mail.link(9)).content.decode()
        trap = re.search(r'<a class="trap" href="([^"]*)" tabindex="-1" aria-hidden="true"></a>', page)
        assert trap
        found = ada.get(trap[1])
        assert (found.status_code, Shown(found).picked) == (200, [])
    settle(at=later(NOON + timedelta(hours=1)))
    assert (mail.response.verdict, mail.response.verdict_reasons[-1]["code"]) == (Verdict.QUARANTINED, "trap")

    with time_machine.travel(NOON + timedelta(hours=2), tick=False):
        press(ada, Shown(found), 7)  # who came there by hand answers on that very page
    assert (mail.response.verdict, mail.response.score) == (Verdict.CONFIRMED, 7)


def test_a_link_opened_right_after_sending_without_its_style_does_not_count(mail: Mail, ada: Client) -> None:
    type(mail.invitation).objects.update(sent_at=NOON - timedelta(seconds=5))
    with time_machine.travel(NOON, tick=False):
        ada.get(mail.link(9))
    settle(at=later(NOON))
    assert (mail.response.verdict, mail.response.verdict_reasons[0]["code"]) == (Verdict.QUARANTINED, "soon_and_silent")
    with time_machine.travel(NOON + timedelta(seconds=20), tick=False):
        opened(ada, mail.link(9))
    settle(at=later(NOON + timedelta(seconds=20)))
    assert mail.response.verdict == Verdict.CONFIRMED


def test_another_number_of_the_mail_settles_again_as_long_as_nobody_pressed_a_button(mail: Mail, ada: Client) -> None:
    with time_machine.travel(NOON, tick=False):
        tell(ada, opened(ada, mail.link(3)), 3, hand=1)
    with time_machine.travel(NOON + timedelta(minutes=2), tick=False):
        shown = opened(ada, mail.link(8))
        assert ("Change to" in shown.html, mail.response.score) == (False, 3)
        tell(ada, shown, 8, hand=2)
    assert (mail.response.verdict, mail.response.score) == (Verdict.CONFIRMED, 8)
    assert [each.score for each in mail.response.revisions.all()] == [3]


def test_a_button_that_a_script_pressed_at_once_does_not_count_and_loses_nothing(mail: Mail, ada: Client) -> None:
    with time_machine.travel(NOON, tick=False):
        press(ada, opened(ada, mail.link(9)), 2, "Buy now", hand="0")
    assert (mail.response.verdict, mail.response.comment) == (Verdict.PROVISIONAL, "Buy now")
    settle(at=later(NOON))
    assert (mail.response.verdict, mail.response.verdict_reasons[0]["code"]) == (Verdict.QUARANTINED, "script_act")
    press(ada, opened(ada, mail.link(4)), 4, "Buy now", hand="3")
    assert (mail.response.verdict, mail.response.score, mail.response.comment) == (Verdict.CONFIRMED, 4, "Buy now")


def test_robots_use_up_clicks_and_nobodys_answer(mail: Mail, ada: Client, settings: Settings) -> None:
    """Per link, not per address: another mail's reader behind the same proxy notices nothing."""
    settings.CLICKS_PER_LINK = 12
    with time_machine.travel(NOON, tick=False):
        answers = [ada.get(mail.link(score % 11)) for score in range(14)]
        assert [answer.status_code for answer in answers] == [200] * 12 + [429] * 2
        assert ClickEvent.objects.filter(kind="click").count() == 12
        shown = Shown(answers[-1])
        assert "Press the button, so that your answer arrives" in shown.html
        press(ada, shown, 6, "I am no robot")
    assert (mail.response.verdict, mail.response.score) == (Verdict.CONFIRMED, 6)
    with time_machine.travel(NOON + timedelta(minutes=11), tick=False):
        assert ada.get(mail.link(6)).status_code == 200


def test_what_is_kept_and_judged_of_one_mail_is_bounded_for_its_life(mail: Mail, ada: Client) -> None:
    """Years of a robot that calls itself otherwise each time; then its person comes."""
    organization, invitation = mail.invitation.organization_id, mail.invitation.pk
    ClickEvent.objects.bulk_create(
        ClickEvent(
            organization_id=organization, invitation_id=invitation, at=NOON + timedelta(hours=n), kind="click", score=3,
            user_agent=f"Robot {n}",
        )
        for n in range(kept.MOST)
    )  # fmt: skip
    years_later = NOON + timedelta(hours=kept.MOST)
    with time_machine.travel(years_later, tick=False):
        shown = Shown(refused := ada.get(mail.link(8)))
        assert refused.status_code == 429
        assert ada.get(style_of(shown)).status_code == 200
        for _ in range(2):
            press(ada, shown, 8, "I am no robot")
        assert tell(ada, shown, 8, hand=3) == 204
        assert ada.get(mail.page + "more/").status_code == 200
    assert (mail.response.verdict, mail.response.score) == (Verdict.CONFIRMED, 8)
    assert [kind for kind, _score in mail.clicks[kept.MOST :]] == ["comment", "confirm"]


def test_what_was_kept_before_there_was_a_bound_is_not_all_judged(mail: Mail) -> None:
    kinds = ["click", "seen", "confirm", "style"] * kept.MOST
    ClickEvent.objects.bulk_create(
        ClickEvent(
            organization_id=mail.invitation.organization_id, invitation_id=mail.invitation.pk, kind=kind, score=n % 11,
            at=NOON + timedelta(minutes=n), user_agent=f"Browser {n}", signals={"hand": 1} if kind == "confirm" else {},
        )
        for n, kind in enumerate(kinds)
    )  # fmt: skip
    judged = kept.judged_of([mail.invitation.pk])[mail.invitation.pk]
    assert len(judged) == kept.MOST + kept.MOST_ACTS
    assert judged == sorted(judged, key=lambda click: click.at)
    last_press = len(kinds) - 2
    assert judge(judged).score == last_press % 11
