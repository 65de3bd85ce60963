"""A click on a number in the mail: kept at once, counted when it has settled or when a person says so."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.customers.models import Customer
from surveys.outbox.models import Event
from surveys.responses.actions import settle
from surveys.responses.models import ClickEvent, Response, Verdict
from tests import factories
from tests.people import Person
from tests.responses.mail import Mail, Shown, differences, later, press, send

NOON = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)


def kinds() -> list[str]:
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def test_a_click_and_a_closed_tab_count_after_settling(mail: Mail, ada: Client, alice: Person) -> None:
    with time_machine.travel(NOON, tick=False):
        assert ada.get(mail.link(9)).status_code == 200
    assert mail.response.verdict == Verdict.PROVISIONAL
    assert kinds() == []
    assert "1 is settling" in alice.get(alice.url("responses:feed")).content.decode()

    assert settle(at=NOON + timedelta(seconds=30)) == 0
    assert settle(at=later(NOON)) == 1
    assert settle(at=later(NOON)) == 0

    response = mail.response
    assert (response.verdict, response.score, response.responded_at) == (Verdict.CONFIRMED, 9, NOON)
    assert kinds() == ["response.confirmed"]
    mail.invitation.refresh_from_db()
    assert mail.invitation.answered_at == NOON
    customer = Customer.objects.get(response=response)
    assert (customer.last_score, customer.answered_count) == (9, 1)
    assert differences(alice.organization) == []
    assert "Ada Okafor" in alice.get(alice.url("responses:feed")).content.decode()


def test_who_clicks_comments_and_changes_the_score_has_one_response_with_its_history(
    mail: Mail, ada: Client, alice: Person
) -> None:
    shown = Shown(ada.get(mail.link(8)))
    assert shown.picked == [8]
    assert "What is the main reason for your score?" in shown.html

    assert "Thank you for telling us." in send(ada, shown, 8, "The invoices\r\nare wrong").content.decode()
    shown = Shown(ada.get(mail.page))
    assert shown.comment == "The invoices\nare wrong"
    shown = Shown(press(ada, shown, 6))
    assert shown.picked == [6]
    assert "We will do better" in send(ada, shown, 6).content.decode()

    response = mail.response
    assert (response.score, response.comment) == (6, "The invoices\nare wrong")
    assert mail.responses == 1
    assert kinds() == ["response.confirmed", "response.commented", "response.amended"]
    page = alice.get(response.get_absolute_url()).content.decode()
    assert page.count("The invoices") == 3  # the answer, and both lines of its history
    assert "Somebody pressed a button" in page
    customer = Customer.objects.get(response=response)
    assert (customer.last_score, customer.answered_count) == (6, 1)
    assert differences(alice.organization) == []


def test_events_carry_what_counted_before_and_after(mail: Mail, ada: Client) -> None:
    shown = Shown(ada.get(mail.link(8)))
    press(ada, Shown(press(ada, shown, 8, "Fine")), 3)

    confirmed, commented, amended = Event.objects.order_by("id")
    assert confirmed.payload["before"] is None
    assert confirmed.payload["after"] == commented.payload["before"]
    assert commented.payload["after"] == amended.payload["before"]
    assert (commented.payload["before"]["has_comment"], commented.payload["after"]["has_comment"]) == (False, True)
    assert (amended.payload["before"]["score"], amended.payload["after"]["score"]) == (8, 3)
    assert amended.payload["after"]["invitation"] == mail.invitation.pk


def test_asking_about_a_link_writes_nothing(mail: Mail, ada: Client) -> None:
    assert ada.head(mail.link(9)).status_code == 200
    assert ada.options(mail.link(9)).status_code == 204
    assert ada.put(mail.link(9)).status_code == 405
    assert ada.get(mail.link(9), headers={"sec-purpose": "prefetch"}).status_code == 503
    assert ada.get(mail.link(9), headers={"user-agent": "Slackbot-LinkExpanding 1.0"}).status_code == 200
    assert ada.get(mail.page).status_code == 200
    assert mail.responses == 0
    assert mail.clicks == []


def test_what_does_not_verify_is_the_same_404_whatever_was_wrong(mail: Mail, ada: Client) -> None:
    token = mail.page.split("/")[2]
    other_purpose = tokens.make(Purpose.UNSUBSCRIBE, mail.invitation.pk)
    swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
    nobody = tokens.make(Purpose.ANSWER, mail.invitation.pk + 999)
    bad = [
        f"/r/{token[:-1]}/9/",
        f"/r/{swapped}/9/",
        f"/r/{other_purpose}/9/",
        f"/r/{nobody}/9/",
        f"/r/{token}/11/",
        f"/r/{token}/-1/",
        f"/r/{token}/09/",
        f"/r/{token}/9/9/",
        f"/r/{tokens.make(Purpose.TEST, mail.invitation.pk)}/",
        f"/r/test/{token}/9/",
        f"/u/{token}/",
        "/r/",
    ]
    answers = [ada.get(address) for address in bad] + [ada.post(address, {"score": "9"}) for address in bad]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert not ClickEvent.objects.exists()


def test_a_link_answers_without_its_last_slash_too(mail: Mail, ada: Client) -> None:
    """Some mail programs drop it. Nothing is redirected: a POST would lose what it carries."""
    shown = Shown(ada.get(mail.link(9).rstrip("/")))
    assert (shown.answer.status_code, shown.picked) == (200, [9])
    assert mail.clicks == [("click", 9)]

    press(ada, shown, 9, "Fine")
    assert Shown(ada.get(mail.page.rstrip("/"))).comment == "Fine"

    assert ada.post(mail.unsubscribe.rstrip("/"), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Customer.objects.get(invitation=mail.invitation).suppression == "unsubscribed"


def test_a_link_of_another_score_does_not_change_a_confirmed_answer(mail: Mail, ada: Client) -> None:
    press(ada, Shown(ada.get(mail.link(9))), 9)

    shown = Shown(ada.get(mail.link(2)))
    assert (mail.response.score, shown.picked) == (9, [2])
    assert "Change to 2" in shown.html
    assert settle(at=later(datetime.now(UTC))) == 0

    press(ada, shown, 2)
    assert mail.response.score == 2
    assert [revision.score for revision in mail.response.revisions.all()] == [9]


def test_the_latest_click_stands_while_nothing_is_confirmed(mail: Mail, ada: Client) -> None:
    with time_machine.travel(NOON, tick=False):
        ada.get(mail.link(7))
    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        ada.get(mail.link(9))

    assert settle(at=later(NOON)) == 0  # five minutes later begin anew
    assert settle(at=later(NOON + timedelta(minutes=5))) == 1
    response = mail.response
    assert (response.score, response.verdict, response.responded_at) == (9, Verdict.CONFIRMED, NOON)


def test_a_scanner_that_opens_every_link_is_quarantined_and_a_person_wins(
    mail: Mail, ada: Client, alice: Person
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for score in range(11):
            clock.shift(timedelta(milliseconds=200))
            ada.get(mail.link(score))
    settle(at=later(NOON))

    response = mail.response
    assert response.verdict == Verdict.QUARANTINED
    assert kinds() == []
    feed = alice.url("responses:feed")
    assert "Ada Okafor" not in alice.get(feed).content.decode()
    assert "Ada Okafor" in alice.get(feed, {"state": "quarantined"}).content.decode()
    assert (
        "11 links of the mail were opened within 2 seconds" in alice.get(response.get_absolute_url()).content.decode()
    )

    press(ada, Shown(ada.get(mail.page)), 7)
    response.refresh_from_db()
    assert (response.verdict, response.score, response.settles_at) == (Verdict.CONFIRMED, 7, None)
    assert kinds() == ["response.confirmed"]


def test_a_person_who_clicks_after_the_scanner_is_not_lost(mail: Mail, ada: Client) -> None:
    with time_machine.travel(NOON, tick=False):
        for score in range(11):
            ada.get(mail.link(score))
    settle(at=later(NOON))
    evening = NOON + timedelta(hours=6)
    with time_machine.travel(evening, tick=False):
        ada.get(mail.link(4))
    assert mail.response.verdict == Verdict.PROVISIONAL

    settle(at=later(evening))
    assert (mail.response.verdict, mail.response.score) == (Verdict.CONFIRMED, 4)


def test_the_day_is_the_organizations_day_of_the_first_click(mail: Mail, ada: Client, alice: Person) -> None:
    alice.organization.time_zone = "Pacific/Auckland"
    alice.organization.save()
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):  # one in the morning of 3 June there
        ada.get(mail.link(9))
    with time_machine.travel(NOON + timedelta(days=2), tick=False):
        press(ada, Shown(ada.get(mail.link(10))), 10)
    assert mail.response.day.isoformat() == "2025-06-03"


def test_a_closed_survey_says_so_and_writes_nothing(mail: Mail, ada: Client) -> None:
    after = mail.invitation.sent_at + timedelta(days=91) if mail.invitation.sent_at else NOON
    shown = Shown(ada.get(mail.link(9)))
    events = len(mail.clicks)
    with time_machine.travel(after, tick=False):
        assert "This survey is closed" in ada.get(mail.link(3)).content.decode()
        assert "This survey is closed" in press(ada, shown, 3).content.decode()
    assert (mail.response.score, mail.response.verdict, len(mail.clicks)) == (9, Verdict.PROVISIONAL, events)


def test_an_erased_customers_link_records_nothing(mail: Mail, ada: Client) -> None:
    type(mail.invitation).objects.filter(pk=mail.invitation.pk).update(customer=None)
    assert "This survey is no longer available" in ada.get(mail.link(9)).content.decode()
    assert mail.clicks == []


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
    ],
)
def test_a_form_on_another_site_changes_nothing_and_loses_nothing(
    mail: Mail, ada: Client, headers: dict[str, str]
) -> None:
    shown = Shown(ada.get(mail.link(9)))
    answer = press(ada, shown, 0, "Dear <Acme>", headers=headers)
    again = Shown(answer)
    assert answer.status_code == 403
    assert (again.comment, again.picked) == ("Dear <Acme>", [0])
    assert (mail.response.verdict, mail.response.comment) == (Verdict.PROVISIONAL, "")

    press(ada, again, 0, "Dear <Acme>")
    assert (mail.response.score, mail.response.comment) == (0, "Dear <Acme>")


def test_a_form_without_a_valid_nonce_is_shown_again(mail: Mail, ada: Client, alice: Person) -> None:
    other = Mail(factories.invitation(mail.invitation.campaign, factories.customer(alice.organization)))
    shown = Shown(ada.get(mail.link(9)))
    foreign = Shown(ada.get(other.page)).field("nonce")
    for nonce in ("", "x", foreign, shown.field("nonce") + "x"):
        answer = ada.post(shown.action, {"score": "1", "comment": "Hm", "seen": "", "nonce": nonce})
        assert answer.status_code == 403
        assert Shown(answer).comment == "Hm"
    assert mail.response.verdict == Verdict.PROVISIONAL


def test_a_comment_that_is_too_long_or_without_a_score_is_kept_on_the_page(mail: Mail, ada: Client) -> None:
    shown = Shown(ada.get(mail.link(9)))
    long = "a" * 10_001
    answer = press(ada, shown, 9, long)
    assert answer.status_code == 400
    assert Shown(answer).comment == long
    answer = ada.post(shown.action, {"comment": "Hm", "nonce": shown.field("nonce"), "seen": ""})
    assert (answer.status_code, Shown(answer).comment) == (400, "Hm")
    assert mail.response.verdict == Verdict.PROVISIONAL


def test_an_old_tab_does_not_wipe_a_newer_comment(mail: Mail, ada: Client) -> None:
    old_tab = Shown(ada.get(mail.link(9)))
    new_tab = Shown(press(ada, Shown(ada.get(mail.page)), 9, "Because of Bob"))
    press(ada, old_tab, 10)
    assert (mail.response.score, mail.response.comment) == (10, "Because of Bob")

    press(ada, Shown(ada.get(mail.page)), 10, "")
    assert mail.response.comment == ""
    assert "Because of Bob" in [revision.comment for revision in mail.response.revisions.all()]
    assert new_tab.comment == "Because of Bob"


def test_pressing_twice_changes_nothing_more(mail: Mail, ada: Client) -> None:
    shown = Shown(ada.get(mail.link(9)))
    for _ in range(3):
        press(ada, shown, 9, "Good")
    assert kinds() == ["response.confirmed", "response.commented"]
    assert mail.response.revisions.count() == 0


def test_a_test_link_shows_the_page_and_records_nothing(mail: Mail, ada: Client) -> None:
    link = f"/r/test/{tokens.make(Purpose.TEST, mail.invitation.campaign_id)}/9/"
    shown = Shown(ada.get(link))
    assert shown.picked == [9]
    assert "nothing you press here is recorded" in shown.html
    answer = ada.post(shown.action, {"score": "4", "comment": "Trying"})
    assert (Shown(answer).picked, Shown(answer).comment) == ([4], "Trying")
    assert not Response.objects.exists()
    assert not ClickEvent.objects.exists()


def test_the_evidence_keeps_no_full_address(mail: Mail, ada: Client) -> None:
    ada.get(mail.link(9))
    event = ClickEvent.objects.get()
    assert (event.network, event.user_agent) == ("203.0.113.0/24", "Mozilla/5.0 (iPhone)")


def test_one_click_is_one_statement(mail: Mail, ada: Client) -> None:
    ada.get(mail.link(9))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        ada.get(mail.link(9))
    assert len(queries) == 1


def test_one_poisoned_answer_does_not_keep_others_from_settling(mail: Mail, ada: Client, alice: Person) -> None:
    other = Mail(factories.invitation(mail.invitation.campaign, factories.customer(alice.organization)))
    with time_machine.travel(NOON, tick=False):
        ada.get(mail.link(9))
        ada.get(other.link(8))
    ClickEvent.objects.filter(invitation_id=mail.invitation.pk).delete()  # nothing to judge by

    assert settle(at=later(NOON)) == 1
    assert other.response.verdict == Verdict.CONFIRMED
    assert mail.response.verdict == Verdict.PROVISIONAL
