"""After the score: a comment, questions by category, thanks. Whatever is given is kept, at once and one by one."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from surveys.campaigns.models import CampaignVersion, Wording
from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.customers.models import Customer
from surveys.delivery.models import Invitation
from surveys.outbox.models import Event
from surveys.responses.actions import settle
from surveys.responses.models import Act, ResponseRevision, Verdict
from tests import factories
from tests.people import Person
from tests.responses.mail import Mail, Shown, differences, later, press, save_quietly, send
from tests.responses.questions import answers, asks


def test_each_category_is_asked_its_own_questions_in_its_own_words(asked: Mail, ada: Client) -> None:
    Wording.objects.update(prompts={"detractor": "What went wrong, {{ first_name }}?", "9": "What was missing to ten?"})

    by_score = {score: Shown(ada.get(asked.link(score))) for score in (10, 9, 8, 3)}

    assert [shown.questions for shown in by_score.values()] == [["q1", "q3", "q5"]] * 2 + [["q1", "q2", "q3", "q4"]] * 2
    prompts = ["What is the main reason for your score?", "What was missing to ten?", "What went wrong, Ada?"]
    assert [[prompt in by_score[score].html for prompt in prompts] for score in (10, 9, 8, 3)] == [
        [True, False, False],
        [False, True, False],
        [True, False, False],
        [False, False, True],
    ]
    assert "How easy was it, Ada?" in by_score[3].html
    assert "Something &lt;else&gt;" in by_score[3].html
    assert (
        Shown(
            ada.get(
                Mail(
                    factories.invitation(asked.invitation.campaign, factories.customer(asked.invitation.organization))
                ).page
            )
        ).questions
        == []
    )  # no score, no category


def test_answers_are_kept_and_lead_to_the_thanks_of_the_category(asked: Mail, ada: Client, alice: Person) -> None:
    shown = Shown(ada.get(asked.link(3)))
    thanks = send(ada, shown, 3, "Slow", q1="2", q2=["o1"], q3=["o2", "o1"], q4="The\r\ninvoices ")

    assert answers(asked) == {"q1": 2, "q2": ["o1"], "q3": ["o1", "o2"], "q4": "The\ninvoices"}
    html = thanks.content.decode()
    assert "We will do better." in html
    assert '<a class="button" href="https://reviews.example/acme" rel="noopener nofollow">Review us</a>' in html
    assert "friends.example" not in html
    assert asked.response.verdict == Verdict.CONFIRMED
    assert asked.clicks == [("click", 3), (Act.COMMENT, 3)]

    back = Shown(ada.get(asked.page))
    assert back.answers == {"q2": ["o1"], "q1": ["2"], "q3": ["o1", "o2"], "q4": "The\ninvoices"}
    page = alice.get(asked.response.get_absolute_url()).content.decode()
    told = ["2 / 7", "Too slow", "Web shop, Hotline", "The\ninvoices", "How easy was it, Ada?"]
    assert [words for words in told if words not in page] == []
    assert "and 3 more answers" in alice.get(alice.url("responses:feed")).content.decode()
    customer = Customer.objects.get(response=asked.response)
    assert "4 more answers." in alice.get(customer.get_absolute_url()).content.decode()


def test_answering_a_question_confirms_as_every_human_act_does(asked: Mail, ada: Client, alice: Person) -> None:
    shown = Shown(ada.get(asked.link(3)))
    save_quietly(ada, shown, 3, q1="5")

    assert (asked.response.verdict, asked.response.score) == (Verdict.CONFIRMED, 3)
    assert asked.clicks == [("click", 3), (Act.ANSWER, 3)]
    assert list(Event.objects.order_by("id").values_list("kind", flat=True)) == ["response.confirmed"]
    assert differences(alice.organization) == []


def test_changing_the_score_keeps_what_was_said_and_says_as_what(asked: Mail, ada: Client, alice: Person) -> None:
    shown = Shown(ada.get(asked.link(2)))
    shown = Shown(press(ada, shown, 9, "It got better", q2=["o2"], q1="6"))  # what was typed comes along

    assert shown.questions == ["q1", "q3", "q5"]
    assert (shown.comment, shown.answers["q1"]) == ("It got better", ["6"])
    send(ada, shown, 9, q5="Everybody")
    assert answers(asked) == {"q1": 6, "q2": ["o2"], "q5": "Everybody"}
    page = alice.get(asked.response.get_absolute_url()).content.decode()
    assert page.count("asked as ") == 1
    assert "asked as passive, detractor" in page
    assert Shown(press(ada, Shown(ada.get(asked.page)), 0)).answers["q2"] == ["o2"]


def test_what_was_answered_can_be_taken_back(asked: Mail, ada: Client) -> None:
    send(ada, Shown(ada.get(asked.link(3))), 3, q3=["o1"], q4="Invoices")

    send(ada, Shown(ada.get(asked.page)), 3, q3=[], q4="")

    assert answers(asked) == {}


def test_an_old_tab_overwrites_nothing_that_it_did_not_touch(asked: Mail, ada: Client) -> None:
    old = Shown(ada.get(asked.link(3)))
    send(ada, Shown(ada.get(asked.page)), 3, "New", q1="7", q4="New")

    save_quietly(ada, old, 3, q4="Old", q3=["o1"])  # careful: somebody else changed q4 meanwhile
    assert answers(asked) == {"q1": 7, "q4": "New", "q3": ["o1"]}
    send(ada, old, 3, q4="Old")  # a button is meant
    assert answers(asked) == {"q1": 7, "q4": "Old", "q3": ["o1"]}
    assert asked.response.comment == "New"


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"q1": "8"}, "Choose a number from 1 to 7."),
        ({"q1": "five"}, "Choose a number from 1 to 7."),
        ({"q2": ["o1", "o2"]}, "Choose one of these answers."),
        ({"q3": ["o9"]}, "That is not one of the answers"),
        ({"q4": "x" * 5001}, "5001 characters; 5000 are the most"),
        ({"q7": "?"}, "This page has changed since you opened it."),
        ({"q7.seen": "?"}, "This page has changed since you opened it."),
    ],
)
def test_what_cannot_be_taken_is_refused_and_everything_typed_stays(
    asked: Mail, ada: Client, sent: dict[str, Any], says: str
) -> None:
    shown = Shown(ada.get(asked.link(3)))
    refused = send(ada, shown, 3, "Slow", **({"q3": ["o1"], "q4": "Invoices"} | sent))

    assert refused.status_code == 400
    assert says in refused.content.decode()
    again = Shown(refused)
    assert again.comment == "Slow"
    assert again.answers.get("q4") == sent.get("q4", "Invoices")
    assert asked.response.verdict == Verdict.PROVISIONAL
    assert answers(asked) == {}
    if "q4" not in sent and not set(sent) & {"q7", "q7.seen"}:
        assert "aria-describedby" in refused.content.decode()


def test_questions_of_another_campaign_are_no_questions_here(mail: Mail, ada: Client) -> None:
    shown = Shown(ada.get(mail.link(3)))
    assert send(ada, shown, 3, q1="2", **{"q1.seen": ""}).status_code == 400
    assert answers(mail) == {}


def test_an_invitation_keeps_the_questions_of_its_version(asked: Mail, ada: Client, alice: Person) -> None:
    campaign = asked.invitation.campaign
    campaign.version = 2
    campaign.save()
    factories.wording(campaign)
    asks(campaign, questions={"q1": {"text": "Something else entirely?"}})
    CampaignVersion.objects.filter(number=2).update(design={"questions": [{"key": "q1", "kind": "text"}]})

    shown = Shown(ada.get(asked.link(9)))
    assert "How easy was it, Ada?" in shown.html
    send(ada, shown, 9, q1="4")
    assert "4 / 7" in alice.get(asked.response.get_absolute_url()).content.decode()


# ── Saving while somebody types ──


def test_what_is_typed_is_saved_on_the_way_and_makes_no_history_of_half_sentences(asked: Mail, ada: Client) -> None:
    shown = Shown(ada.get(asked.link(3)))
    first = save_quietly(ada, shown, 3, "It is grt")
    assert first.json()["seen"].keys() == {"comment", "q1", "q2", "q3", "q4"}
    shown.html = shown.html.replace(shown.field("seen"), first.json()["seen"]["comment"])
    send(ada, shown, 3, "It is great")

    assert asked.response.comment == "It is great"
    assert not ResponseRevision.objects.exists()
    press(ada, Shown(ada.get(asked.page)), 3, "It was great")  # a change of mind is kept
    assert [revision.comment for revision in ResponseRevision.objects.all()] == ["It is great"]


def test_a_quiet_change_that_another_tab_made_impossible_is_not_said_to_be_saved(asked: Mail, ada: Client) -> None:
    old = Shown(ada.get(asked.link(3)))
    send(ada, Shown(ada.get(asked.page)), 3, "New")

    told = save_quietly(ada, old, 9, "Old", q1="1")

    assert asked.response.score == 3
    assert "comment" not in told.json()["seen"]
    assert "q1" in told.json()["seen"]
    assert (asked.response.comment, answers(asked)) == ("New", {"q1": 1})


def test_quiet_saves_from_elsewhere_or_without_the_nonce_change_nothing(asked: Mail, ada: Client) -> None:
    shown = Shown(ada.get(asked.link(3)))
    data = {"score": "3", "quiet": "1", "q1": "4", "q1.seen": "", "nonce": shown.field("nonce")}
    same, other = {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "cross-site"}

    codes = [
        ada.post(asked.page, data, headers=other).status_code,
        ada.post(asked.page, data | {"nonce": "x"}, headers=same).status_code,
        ada.post(asked.page, data | {"score": ""}, headers=same).status_code,
    ]

    assert codes == [403, 403, 400]
    assert (asked.response.verdict, answers(asked)) == (Verdict.PROVISIONAL, {})


def test_the_same_again_changes_nothing(asked: Mail, ada: Client) -> None:
    shown = Shown(ada.get(asked.link(3)))
    for _again in range(3):
        send(ada, shown, 3, "Slow", q1="2", q4="Invoices")

    assert answers(asked) == {"q1": 2, "q4": "Invoices"}
    assert list(Event.objects.order_by("id").values_list("kind", flat=True)) == [
        "response.confirmed",
        "response.commented",
    ]


def test_a_closed_survey_and_an_erased_customer_take_no_answers(asked: Mail, ada: Client) -> None:
    shown = Shown(ada.get(asked.link(3)))
    with time_machine.travel(timezone.now() + timedelta(days=91), tick=False):
        assert "This survey is closed" in send(ada, shown, 3, q1="2").content.decode()
    Invitation.objects.update(customer=None)
    assert "no longer available" in save_quietly(ada, shown, 3, q1="2").content.decode()
    assert "no longer available" in ada.get(f"{asked.page}thanks/").content.decode()
    assert answers(asked) == {}


def test_thanks_are_for_those_who_answered(asked: Mail, ada: Client) -> None:
    shown = ada.get(f"{asked.page}thanks/").content.decode()
    assert "Choose a number to send your answer." in shown
    assert asked.responses == 0


def test_a_test_mail_leads_through_all_of_it_and_records_nothing(asked: Mail, ada: Client, alice: Person) -> None:
    link = reverse("public:test_answer", args=[tokens.make(Purpose.TEST, asked.invitation.campaign_id), 3])
    shown = Shown(ada.get(link))
    assert shown.questions == ["q1", "q2", "q3", "q4"]
    typed = {"done": "3", "comment": "Slow", "q1": "9", "q1.seen": "", "q4": "Invoices", "q4.seen": ""}
    refused = Shown(ada.post(shown.action, typed))
    assert ("Choose a number from 1 to 7." in refused.html, refused.answers["q4"]) == (True, "Invoices")
    assert "We will do better." in ada.post(shown.action, typed | {"q1": "3"}).content.decode()
    assert asked.responses == 0


# ── Opened ──


def test_a_survey_is_opened_by_a_person_and_not_by_a_robot(mail: Mail, ada: Client) -> None:
    def opened() -> Any:
        return Invitation.objects.get(pk=mail.invitation.pk).opened_at

    ada.get(mail.page, headers={"sec-purpose": "prefetch"})
    ada.get(mail.page, headers={"user-agent": "Slackbot-LinkExpanding 1.0"})
    for score in range(11):
        ada.get(mail.link(score))
    settle(at=later(timezone.now()))
    assert (mail.response.verdict, opened()) == (Verdict.QUARANTINED, None)

    ada.get(mail.page)
    first = opened()
    assert first is not None
    press(ada, Shown(ada.get(mail.page)), 7)
    assert opened() == first


def test_a_click_that_settles_was_an_opening(mail: Mail, ada: Client) -> None:
    ada.get(mail.link(9))
    assert Invitation.objects.get(pk=mail.invitation.pk).opened_at is None
    settle(at=later(timezone.now()))
    assert Invitation.objects.get(pk=mail.invitation.pk).opened_at == mail.response.responded_at
