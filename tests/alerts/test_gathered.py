"""What is about one response or conversation is one line behind the bell, and one paragraph of a mail."""

from datetime import timedelta

from django.db import transaction

from surveys.alerts.models import Mailing, Matter, Notification
from surveys.automation.actions import rules, stepping
from surveys.automation.checking import Draft
from surveys.inbox.actions import adding, assigning, changing, turns
from surveys.inbox.actions.opening import open_conversation
from surveys.inbox.models import Conversation, Message, MessageKind
from surveys.outbox import actions as outbox
from surveys.responses.models import Response
from tests.alerts.world import MINUTE, World

SECOND = timedelta(seconds=1)


def rule_that_tells(office: World) -> None:
    act = {"kind": "alert", "to": "users", "users": [office.bob.membership.user_id], "note": "Call today"}
    draft = Draft(name="Unhappy", trigger="confirmed", actions=[act])
    made = rules.create(draft=draft, by=office.alice.membership, at=office.now - MINUTE)
    rules.switch_on(rule=made, by=office.alice.membership, at=office.now - MINUTE)


def given_to_bob(office: World, response: Response, after: timedelta = 10 * SECOND) -> Conversation:
    boss, at = office.alice.membership, office.now + after
    talk = open_conversation(organization=boss.organization, response=response, customer=None, by=boss, at=at)
    assigning.assign(conversation=talk, to=office.bob.membership.user, team=None, by=boss, at=at)
    outbox.drain(at=at)
    return talk


def test_a_detractor_of_whom_rule_and_conversation_tell_too_is_one_line_and_one_mail(office: World) -> None:
    rule_that_tells(office)
    response = office.answers(office.customer("Ada Okafor"), 2, "Too dear.")
    stepping.work(at=office.now)
    given_to_bob(office, response)
    office.answers(office.customer("Ben"), 9)

    (told,) = office.shown(office.bob)
    assert (told.newest.sentence, told.more) == ("A conversation with Ada Okafor is yours now", 2)
    panel = office.bob.get(office.bob.url("alerts:list"), headers={"HX-Request": "true"}).content.decode()
    assert "and 2 more about this" in panel
    assert "1 new" in office.bob.get(office.bob.url("alerts:bell")).content.decode()

    assert office.mails(office.now + MINUTE) == ["bob@example.com"], "what was told seconds later goes along"
    assert office.mails(office.now + 2 * MINUTE) == ["bob@example.com"]
    mail = office.sink.received[0]
    assert mail.message["Subject"] == "A detractor answered: 2 · Acme"
    assert (mail.text.count("Too dear."), mail.html.count("Too dear.")) == (1, 1)
    said = [line for line in mail.text.splitlines() if line and not line.startswith((" ", "http"))][:3]
    assert said == [
        "Ada Okafor answered 2, a detractor, in Pulse",
        "The rule “Unhappy” tells you about Ada Okafor",
        "A conversation with Ada Okafor is yours now",
    ]

    office.bob.get(office.bob.url("alerts:go", pk=told.pk))
    assert not Notification.objects.filter(user=office.bob.membership.user, seen_at=None).exists()


def test_what_is_still_typed_is_waited_for_by_what_is_about_the_same_answer(office: World) -> None:
    response = office.answers(office.customer("Ada"), 2)
    given_to_bob(office, response)
    assert response.invitation is not None
    office.answers(response.invitation, 2, "Too dear.", after=40 * SECOND)

    assert office.mails(office.now + 75 * SECOND) == []
    assert office.mails(office.now + 100 * SECOND) == ["bob@example.com"]
    assert "“Too dear.”" in office.sink.received[0].text
    assert not Notification.objects.filter(user=office.bob.membership.user, mailing=Mailing.WAITING).exists()


def test_three_mails_of_a_customer_are_one_paragraph_and_a_stranger_is_not_called_the_customer(office: World) -> None:
    talk = given_to_bob(office, office.answers(office.customer("Ada Okafor"), 9, "Old words."))
    Notification.objects.all().delete()
    for number, said in enumerate(("First.", "Second.", "Third.")):
        by, at = office.alice.membership, office.now + number * SECOND
        adding.add_by_hand(conversation=talk, text=said, key=said, by=by, at=at)
    outbox.drain(at=office.now + 3 * SECOND)
    office.mails(office.now + 2 * MINUTE)

    mail = office.sink.received[0]
    assert mail.message["Subject"] == "A customer wrote 3 times · Acme"
    assert "Ada Okafor wrote 3 times in a conversation of yours\n  “First.”\n  “Second.”\n  “Third.”\n" in (
        mail.text.replace("\r\n", "\n")
    )
    assert "Old words." not in mail.text

    _mallory_writes(talk, office.now + 3 * MINUTE)
    outbox.drain(at=office.now + 3 * MINUTE)
    assert office.bell(office.bob) == ["Somebody at mallory@evil.example wrote in the conversation with Ada Okafor"]
    office.mails(office.now + 5 * MINUTE)
    assert office.sink.messages[1]["Subject"] == "Somebody else wrote in a conversation · Acme"
    assert [each.matter for each in office.told(office.bob)] == [Matter.REPLIED] * 4


def _mallory_writes(talk: Conversation, at: object) -> None:
    about = {"organization": talk.organization, "conversation": talk, "at": at}
    Message.objects.create(
        **about, kind=MessageKind.INBOUND, text="Pay me.", from_address="mallory@evil.example", is_from_another=True
    )
    with transaction.atomic():
        turns.customer_wrote(conversation=changing.held(talk), at=at)  # type: ignore[arg-type]
