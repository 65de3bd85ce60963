"""The customer's preference page: how often they are asked, what is known of them, what they answered."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from surveys.accounts.models import AuditEntry, Organization, Role
from surveys.campaigns.models import Status, Wording
from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.customers import actions as customers
from surveys.customers.models import Customer, CustomerChange, Suppression
from surveys.delivery import actions as delivery
from surveys.delivery import queries as engine
from surveys.delivery.models import Delivery, Invitation, PlanDecision, Queue, Reason
from surveys.outbox import actions as outbox
from tests import factories
from tests.customers.test_merging import merge
from tests.people import Person
from tests.responses.mail import Shown

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
OWN = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}

pytestmark = pytest.mark.django_db


class Reader:
    """Somebody with a mail, and what they do on the page that its footer leads to. No cookie is kept."""

    def __init__(self, invitation: Invitation) -> None:
        self.invitation = invitation
        self.url = reverse("preferences:page", args=[tokens.make(Purpose.PREFERENCES, invitation.pk)])

    def look(self) -> Shown:
        return Shown(Client().get(self.url))

    def press(self, **fields: str) -> Shown:
        answer = Client().post(self.url, {"nonce": self.look().field("nonce"), **fields}, headers=OWN, follow=True)
        assert not answer.cookies
        return Shown(answer)

    @property
    def customer(self) -> Customer:
        return Customer.objects.get(invitation=self.invitation)


@pytest.fixture
def ada(alice: Person) -> Reader:
    campaign = factories.campaign(alice.organization)
    person = factories.customer(alice.organization, "ada@example.com", name="Ada Okafor", language="en")
    return Reader(factories.invitation(campaign, person, NOON - timedelta(days=40)))


@pytest.fixture(autouse=True)
def _at_noon():
    with time_machine.travel(NOON, tick=False):
        yield


def test_looking_changes_nothing_and_shows_what_is_known(ada: Reader) -> None:
    factories.response(ada.invitation, 9, "<b>Quick</b>", at=NOON - timedelta(days=39))
    before = Customer.objects.values().get()

    shown = ada.look()

    for text in ("A… O…", "a…@example.com", "9 / 10", "&lt;b&gt;Quick&lt;/b&gt;", "Change your answer"):
        assert text in shown.html
    for text in ("ada@example.com", "Ada ", "Okafor"):
        assert text not in shown.html, "the mail may have been passed on"
    assert shown.answer.headers["Cache-Control"] == "no-store"
    assert Client().head(ada.url).content == b""
    assert Customer.objects.values().get() == before


def test_a_mail_that_was_passed_on_tells_nothing_of_what_was_said_elsewhere(ada: Reader, alice: Person) -> None:
    """Only that, and when, something else was asked: no score, no word, no name, and no way to change it."""
    later = factories.campaign(alice.organization, "Later")
    Wording.objects.filter(campaign=later).update(question="{{ name }}, how was the support?")
    other = factories.invitation(later, ada.customer, NOON - timedelta(days=3))
    factories.response(ada.invitation, 9, "Quick", at=NOON - timedelta(days=4))
    factories.response(other, 2, "Fire Bob", at=NOON - timedelta(days=2))

    shown = ada.look().html
    for text in ("9 / 10", "Quick", "how was the support?", "29 Jan 2027", "The others are kept"):
        assert text in shown
    for text in ("2 / 10", "Fire Bob", "Ada ", "Ada,", "Okafor", tokens.make(Purpose.ANSWER, other.pk)):
        assert text not in shown

    theirs = Reader(other).look().html
    assert "Fire Bob" in theirs
    assert tokens.make(Purpose.ANSWER, other.pk) in theirs
    assert "Quick" not in theirs


def test_a_page_that_works_for_years_says_when_its_answer_may_no_longer_change(ada: Reader) -> None:
    factories.response(ada.invitation, 9, at=NOON - timedelta(days=39))
    with time_machine.travel(NOON + timedelta(days=5 * 365), tick=False):
        shown = ada.look()
    assert shown.answer.status_code == 200
    assert "9 / 10" in shown.html
    assert "Change your answer" not in shown.html


def test_once_a_year_and_as_usual_again(ada: Reader, alice: Person) -> None:
    shown = ada.press(often="yearly")

    assert "Saved." in shown.html
    assert 'value="yearly" checked' in shown.html
    assert ada.customer.rest_days == 365
    change = CustomerChange.objects.get()
    assert (change.source, change.changes) == ("customer", {"rest_days": [None, 365]})
    record = alice.get(ada.customer.get_absolute_url()).content.decode()
    assert "At most once a year" in record
    assert "Changed by the customer" in record

    ada.press(often="normal")
    assert ada.customer.rest_days == 0


def test_never_is_unsubscribing_and_can_be_taken_back(ada: Reader) -> None:
    assert 'value="never" checked' in ada.press(often="never").html
    assert ada.customer.suppression == "unsubscribed"
    ada.press(often="yearly")
    assert (ada.customer.suppression, ada.customer.rest_days) == ("", 365)


def test_what_bounced_or_complained_is_not_lifted_here(ada: Reader, alice: Person) -> None:
    Customer.objects.update(suppression="complained")
    assert "sends you no surveys" in ada.press(often="normal").html
    assert ada.customer.suppression == "complained"


def test_a_pause_ends_on_its_day_or_before(ada: Reader) -> None:
    """From the last of January one month is the last of February."""
    shown = ada.press(pause="1")
    assert "does not ask you before 28 Feb 2027" in shown.html
    assert ada.customer.resting_until == datetime(2027, 2, 28, 12, tzinfo=UTC)
    ada.press(often="yearly")
    assert ada.customer.resting_until is not None, "how often is another choice"
    ada.press(go_on="1")
    assert Customer.objects.values_list("resting_until", "rest_days").get() == (None, 365)


def test_name_and_language_are_corrected_and_the_page_speaks_it(ada: Reader) -> None:
    shown = ada.press(correct="1", name="  Ada \n Lovelace ", language="de")
    assert (ada.customer.name, ada.customer.language) == ("Ada Lovelace", "de")
    assert '<html lang="de"' in shown.html
    assert CustomerChange.objects.get().changes == {
        "name": ["Ada Okafor", "Ada Lovelace"],
        "language": ["en", "de"],
    }


def test_a_name_turns_no_page_around(ada: Reader) -> None:
    ada.press(correct="1", name="Ada \u202eLove\u2066lace", language="en")
    assert ada.customer.name == "Ada Lovelace"


def test_a_name_that_is_left_empty_stays(ada: Reader) -> None:
    assert 'autocomplete="name" value=""' in ada.look().html
    ada.press(correct="1", name=" ", language="de")
    assert CustomerChange.objects.get().changes == {"language": ["en", "de"]}
    assert ada.customer.name == "Ada Okafor"


def test_what_cannot_be_taken_is_shown_again(ada: Reader, alice: Person) -> None:
    shown = ada.press(correct="1", name="a" * 256, language="xx")
    assert shown.answer.status_code == 400
    assert "a" * 256 in shown.html
    assert "256" in shown.html
    assert ada.customer.name == "Ada Okafor"
    for nonsense in ({"often": "hourly"}, {"pause": "99"}, {"pause": "-1"}, {"something": "else"}):
        ada.press(**nonsense)
    alice.post(alice.url("privacy:self_service"), {"customers_may_take_data": "on"})
    shown = ada.press(correct="1", name="Eve", language="de")
    assert 'name="name"' not in shown.html
    assert Customer.objects.values_list("name", "rest_days", "resting_until").get() == ("Ada Okafor", 0, None)


def test_a_form_from_elsewhere_or_without_its_mark_does_nothing(ada: Reader) -> None:
    nonce = ada.look().field("nonce")
    for data, headers in (
        ({"often": "yearly"}, OWN),
        ({"often": "yearly", "nonce": nonce}, {"origin": "https://evil.example"}),
        ({"often": "yearly", "nonce": nonce}, {"sec-fetch-site": "cross-site"}),
        ({"often": "yearly", "nonce": "x"}, OWN),
    ):
        assert Client().post(ada.url, data, headers=headers).status_code == 403
    assert ada.customer.rest_days == 0


def test_who_changes_their_mind_all_the_time_has_to_wait(ada: Reader) -> None:
    """Each change is a row, and a link may be in anybody's hands."""
    nonce = ada.look().field("nonce")
    for number in range(31):
        often = ("yearly", "normal")[number % 2]
        answer = Client().post(ada.url, {"nonce": nonce, "often": often}, headers=OWN)
    assert answer.status_code == 429
    assert CustomerChange.objects.count() == 30
    with time_machine.travel(NOON + timedelta(minutes=61), tick=False):
        assert Client().post(ada.url, {"nonce": nonce, "often": "yearly"}, headers=OWN).status_code == 303


@pytest.mark.parametrize("way", ["preferences", "undo"])
def test_coming_back_has_an_end_and_saying_never_has_none(ada: Reader, way: str) -> None:
    """What is refused has changed nothing: neither the wish, nor what counts as unsubscribed."""
    nonce = ada.look().field("nonce")
    back = (ada.url, {"nonce": nonce, "often": "normal"})
    if way == "undo":
        back = (
            reverse("public:unsubscribe", args=[tokens.make(Purpose.UNSUBSCRIBE, ada.invitation.pk)]),
            {"undo": nonce},
        )
    statuses = []
    for _ in range(31):
        assert Client().post(ada.url, {"nonce": nonce, "often": "never"}, headers=OWN).status_code == 303
        statuses.append(Client().post(*back, headers=OWN).status_code)
    assert (len(set(statuses[:30])), statuses[30]) == (1, 429)
    assert (ada.customer.suppression, Suppression.objects.count()) == ("unsubscribed", 1)
    ada.invitation.refresh_from_db()
    assert ada.invitation.unsubscribed_at


def test_no_other_token_opens_it(ada: Reader) -> None:
    token = tokens.make(Purpose.PREFERENCES, ada.invitation.pk)
    others = [tokens.make(purpose, ada.invitation.pk) for purpose in Purpose if purpose != Purpose.PREFERENCES]
    never = tokens.make(Purpose.PREFERENCES, 10**9)
    pages = {Client().get(f"/p/{one}/").content for one in (*others, token[:-1], token[:-1] + "_", never, "data", "x")}
    assert len(pages) == 1
    assert Client().get(f"/p/{token[:-1]}/").status_code == 404
    assert Client().get(f"/u/{token}/").status_code == 404


def test_after_a_merge_it_is_the_page_of_who_stays_and_the_stricter_wish_holds(ada: Reader, alice: Person) -> None:
    other = factories.customer(alice.organization, "ada@work.example", name="Ada L.", rest_days=365)
    ada.press(pause="3")
    until = ada.customer.resting_until

    merge(alice, other, ada.customer)

    assert ada.customer == Customer.objects.get()
    assert (ada.customer.rest_days, ada.customer.resting_until) == (365, until)
    assert {"Ada Okafor": "A… O…", "Ada L.": "A… L…"}[ada.customer.name] in ada.look().html


def test_who_was_erased_is_told_so(ada: Reader, alice: Person) -> None:
    customers.erase(organization=alice.organization, ids=[ada.customer.pk], at=NOON)
    shown = ada.look()
    assert "Nothing is known about you any more" in shown.html
    assert Client().post(ada.url, {"often": "yearly"}, headers=OWN).status_code == 200


def test_waiting_asks_are_decided_anew_by_what_was_chosen(ada: Reader, alice: Person) -> None:
    """In planning, in what waits, and in what was planned already: the claim asks again."""
    Organization.objects.update(throttle_days=0)
    campaign = factories.campaign(alice.organization, "Later", Status.LIVE, wave=1, launched_at=NOON, at=NOON)
    ada.press(pause="1")
    delivery.plan(campaign=campaign, at=NOON)
    decision = PlanDecision.objects.get()
    assert (decision.reason, decision.until) == (Reason.RESTING, ada.customer.resting_until)
    record = alice.get(ada.customer.get_absolute_url()).content.decode()
    assert "asked on their preference page to be left alone, free on <bdi>28 February 2027</bdi>" in record

    ada.press(go_on="1")
    outbox.drain(at=NOON)
    delivery.plan(campaign=campaign, at=NOON)
    assert PlanDecision.objects.get().reason == Reason.INVITED

    ada.press(pause="1")
    assert not delivery.claim(queue=Queue.BULK, limit=10, at=NOON).messages
    assert PlanDecision.objects.get().reason == Reason.RESTING
    assert not Delivery.objects.filter(campaign=campaign).exists()


def test_the_list_finds_them_and_a_colleague_lifts_the_wish_in_the_open(
    ada: Reader, alice: Person, bob: Person
) -> None:
    factories.customer(alice.organization, "eve@example.com")
    ada.press(often="yearly")
    ada.press(pause="12")
    listed = alice.get(alice.url("customers:list") + "?mail=less_often").content.decode()
    assert "ada@example.com" in listed
    assert "eve@example.com" not in listed
    may = alice.get(alice.url("customers:list") + "?mail=may").content.decode()
    assert "ada@example.com" not in may

    lift = alice.url("customers:wish", pk=ada.customer.pk)
    assert bob.post(lift).status_code == 403
    bob.becomes(Role.AGENT)
    assert "Lift it only when they have asked you to" in bob.get(lift).content.decode()
    assert ada.customer.rest_days == 365
    bob.post(lift)
    assert (ada.customer.rest_days, ada.customer.resting_until) == (0, None)
    entry = AuditEntry.objects.get(action="customer.rest_lifted")
    assert (entry.actor_email, entry.details["changed"]["rest_days"]) == ("bob@example.com", [365, None])
    assert "Pause, as they wished" not in alice.get(ada.customer.get_absolute_url()).content.decode()


def test_the_survey_and_the_unsubscribe_page_lead_there(ada: Reader) -> None:
    answer = reverse("public:page", args=[tokens.make(Purpose.ANSWER, ada.invitation.pk)])
    assert ada.url in Client().get(answer).content.decode()
    unsubscribe = reverse("public:unsubscribe", args=[tokens.make(Purpose.UNSUBSCRIBE, ada.invitation.pk)])
    shown = Shown(Client().get(unsubscribe))
    assert "Or be asked less often?" in shown.html
    Client().post(ada.url, {"nonce": shown.field("nonce"), "often": "yearly"}, headers=OWN)
    assert ada.customer.rest_days == 365
    assert engine.reasons()["resting"] == "Wants to be asked less often"
