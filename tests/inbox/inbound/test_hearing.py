"""What customers answer comes into their conversations, once, and what is not theirs comes nowhere."""

import zlib
from datetime import timedelta
from importlib import import_module

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from surveys.core import folded_tokens
from surveys.core.folded_tokens import Purpose
from surveys.delivery.models import Delivery, DeliveryEvent
from surveys.inbox.inbound import hearing, keeping, parsing, tasks
from surveys.inbox.models import Attachment, Conversation, InboundMail, InboxSettings, Outcome, Status
from surveys.outbox.models import Event
from tests.helpers.waiting import wait_until
from tests.inbox.inbound.post import mail, nested, of_corpus


@pytest.fixture
def now():
    return timezone.now()


def test_an_answer_comes_into_its_conversation_once_however_often_it_is_brought(post, now):
    for _again in range(3):
        assert post.brings(of_corpus("gmail-english")).status_code == 200
        post.read(now)

    message = post.messages()[0]
    assert len(post.messages()) == 1
    assert (message.conversation_id, message.text) == (post.conversation.pk, "The export still fails.\n\nAda")
    assert (message.is_from_another, message.is_automatic) == (False, False)
    assert (post.conversation.status, post.conversation.last_heard_at is not None) == (Status.OPEN, True)
    assert Event.objects.filter(kind="conversation.heard").count() == 1
    stored = post.last()
    assert (stored.outcome, stored.raw, stored.from_address) == (Outcome.THREADED, None, "")


def test_another_mail_with_the_same_message_id_is_another_mail(post, now):
    first = of_corpus("apple-mail-picture")
    lines = first.splitlines(keepends=True)
    boundary = next(line for line in lines if b"boundary=" in line).split(b'"')[1]
    post.brings(first)
    post.brings(first.replace(boundary, b"put-together-anew").replace(b"\r\n", b"\n"), sender="ada@example.com")
    post.brings(mail("first", Message_ID="<taken@x>"))
    post.brings(mail("second, different words", Message_ID="<taken@x>"))
    post.read(now)
    assert [message.text for message in post.messages()][1:] == ["first", "second, different words"]


def test_answers_are_read_in_whatever_order_and_however_late_they_come(post, now):
    post.brings(mail("second", Message_ID="<2@x>", In_Reply_To="<1@x>"))
    post.read(now)
    post.brings(mail("first", Message_ID="<1@x>"))
    post.read(now)
    assert sorted(message.text for message in post.messages()) == ["first", "second"]


def test_files_come_along(post, now):
    post.brings(of_corpus("apple-mail-picture"))
    post.read(now)
    (file,) = Attachment.objects.filter(message__in=post.messages())
    assert (file.name, file.media_type, file.size, len(file.data)) == ("Screenshot 1.png", "image/png", 48, 48)


def test_few_read_at_once(post):
    post.brings(mail("wait"))
    other = connection.copy()
    with other.cursor() as cursor:  # another process
        cursor.execute("SELECT pg_advisory_lock(%s, 0)", [zlib.crc32(b"inbound") - 2**31])
        tasks.read()
        assert post.messages() == []
    other.close()
    wait_until(lambda: tasks.read() or post.messages())


def test_somebody_elses_answer_to_the_signed_address_is_kept_and_marked(post, now):
    post.brings(mail("I am her assistant", From="grace@example.com"))
    post.read(now)
    assert [message.is_from_another for message in post.messages()] == [True]
    assert post.messages()[0].from_address == "grace@example.com"


@pytest.mark.parametrize("wrong", ["letter", "conversation", "domain", "none"])
def test_a_forged_address_lands_nowhere_and_is_kept_for_the_operator(post, now, wrong, capsys):
    made_up = {
        "letter": post.address.replace("r.", "r.a", 1)[:-1],
        "conversation": f"r.{folded_tokens.make(Purpose.UNSUBSCRIBE, post.conversation.pk)}@replies.example.com",
        "domain": post.address.replace("replies.", "evil."),
        "none": "support@replies.example.com",
    }
    post.brings(mail("let me in"), to=made_up[wrong])
    post.read(now)

    assert post.messages() == []
    stored = post.last()
    assert (stored.outcome, stored.organization_id) == (Outcome.UNROUTED, None)
    assert not Event.objects.filter(kind__in=["mail.unrouted", "conversation.heard"]).exists()
    call_command("unrouted_mail")
    assert "ada@example.com" in capsys.readouterr().out


def test_without_the_signed_address_a_mail_counts_when_it_answers_ours_and_comes_from_whom_ours_went_to(post, now):
    named = {"In_Reply_To": post.desk.ask.message_id, "References": f"<x@y> {post.desk.ask.message_id}"}
    post.brings(mail("from the customer", Message_ID="<1@x>", **named), to="hello@replies.example.com")
    post.brings(
        mail("from another", Message_ID="<2@x>", From="eve@example.com", **named), to="hello@replies.example.com"
    )
    post.read(now)

    assert [(message.text, message.conversation_id) for message in post.messages()] == [
        ("from the customer", post.conversation.pk)
    ]
    stored = post.last()
    assert (stored.outcome, stored.organization_id) == (Outcome.UNROUTED, post.desk.alice.organization.pk)
    assert Event.objects.filter(kind="mail.unrouted", organization=post.desk.alice.organization).count() == 1


def test_what_an_upgrade_has_read_again_is_no_news(post, now):
    named = {"References": post.desk.ask.message_id, "From": "eve@example.com"}
    post.brings(mail("from another", **named), to="hello@replies.example.com")
    post.read(now)
    InboundMail.objects.update(content=None)
    with connection.cursor() as cursor:
        cursor.execute(import_module("surveys.migrations.0067_mail_that_came_in")._READ_AGAIN)
    post.read(now)

    assert (post.last().outcome, post.last().content["text"]) == (Outcome.UNROUTED, "from another")
    assert Event.objects.filter(kind="mail.unrouted").count() == 1


def test_a_forged_message_id_and_a_subject_lead_nowhere(post, now):
    token = post.desk.ask.message_id
    other = token.replace(token[5], "A" if token[5] != "A" else "B", 1)
    post.brings(mail("x", In_Reply_To=other, Subject=f"Re: #{post.conversation.pk}"), to="a@replies.example.com")
    post.read(now)
    assert (post.messages(), post.last().organization_id) == ([], None)


def test_long_after_it_was_closed_an_answer_opens_another_conversation(post, now):
    closed = {"status": Status.CLOSED, "close_reason": "solved"}
    Conversation.objects.filter(pk=post.conversation.pk).update(closed_at=now - timedelta(days=2), **closed)
    post.brings(mail("again"))
    post.read(now)
    assert (post.conversation.status, post.conversation.reopened) == (Status.OPEN, 1)

    Conversation.objects.filter(pk=post.conversation.pk).update(closed_at=now - timedelta(days=60), **closed)
    post.brings(mail("much later", Message_ID="<later@x>"))
    post.read(now)
    latest = post.messages()[-1].conversation
    assert (latest.pk != post.conversation.pk, latest.customer_id) == (True, post.desk.ada.pk)
    assert post.conversation.status == Status.CLOSED


def test_unsubscribing_by_mail_is_unsubscribing(post, now):
    address = f"u.{folded_tokens.make(Purpose.UNSUBSCRIBE, post.desk.asked.pk)}@replies.example.com"
    post.brings(mail("", Auto_Submitted="auto-generated"), to=address.upper())
    post.read(now)
    post.desk.ada.refresh_from_db()
    assert (post.last().outcome, post.desk.ada.suppression) == (Outcome.UNSUBSCRIBED, "unsubscribed")
    assert post.messages() == []


def _bounce(about: str, address: str = "ada@example.com", status: str = "5.1.1") -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example.com\r\nTo: x@replies.example.com\r\nSubject: Undelivered Mail\r\n"
        "Message-ID: <bounce@mx.example.com>\r\nAuto-Submitted: auto-replied\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {about}\r\nSubject: hello\r\n\r\n--b--\r\n"
    ).encode()


def test_a_report_that_a_mail_did_not_arrive_is_noted_at_that_mail(post, now):
    post.brings(_bounce(post.desk.ask.message_id), to="bounces@replies.example.com", sender="")
    post.read(now)
    ask = Delivery.objects.get(pk=post.desk.ask.pk)
    assert (ask.state, DeliveryEvent.objects.filter(delivery_id=ask.pk).count()) == ("bounced", 1)
    assert (post.last().outcome, post.messages()) == (Outcome.AUTOMATIC, [])


def test_a_mail_that_cannot_be_read_is_kept_as_it_is(post, now):
    raw = nested(40)
    post.brings(raw)
    post.read(now)
    stored = post.last()
    assert (stored.outcome, bytes(stored.raw)) == (Outcome.BROKEN, raw)
    assert stored.organization_id == post.desk.alice.organization.pk


def test_what_fails_is_tried_again_and_stops_nobody(post, now):
    organization = post.desk.alice.organization
    broken = InboxSettings.objects.create(organization=organization, hours={"1": "nonsense"}, updated_at=now)
    post.brings(mail("cannot be stored", Message_ID="<1@x>"))
    post.brings(mail("a program's", Message_ID="<2@x>", Auto_Submitted="auto-replied"))
    post.read(now)
    assert [message.text for message in post.messages()] == ["a program's"]
    waiting = InboundMail.objects.get(outcome=Outcome.WAITING)
    assert (waiting.attempts, waiting.raw is not None, waiting.reason != "") == (1, True, True)

    broken.delete()
    post.read(now + timedelta(minutes=1))
    assert [message.text for message in post.messages()] == ["a program's", "cannot be stored"]


def test_a_mail_that_takes_its_reader_down_comes_behind_the_others_and_not_for_ever(post, now, monkeypatch):
    def dies(raw):
        raise SystemExit

    post.brings(mail("kills", Message_ID="<1@x>"))
    post.brings(mail("hello", Message_ID="<2@x>"))
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(parsing, "parse", dies)
        hearing.read_next(at=now)
    post.read(now)
    assert [message.text for message in post.messages()] == ["hello"]
    killer = InboundMail.objects.get(outcome=Outcome.WAITING)
    assert (killer.key.partition(" ")[0], killer.attempts) == ("<1@x>", 1)

    InboundMail.objects.filter(pk=killer.pk).update(attempts=10)
    post.read(now + timedelta(days=1))
    killer.refresh_from_db()
    assert (killer.outcome, killer.raw is not None) == (Outcome.BROKEN, True)


def test_what_goes_on_failing_is_put_before_the_people_whose_address_it_went_to(post, now):
    organization = post.desk.alice.organization
    InboxSettings.objects.create(organization=organization, hours={"1": "nonsense"}, updated_at=now)
    post.brings(mail("cannot be stored"))
    for hours in range(20):
        post.read(now + timedelta(hours=hours))
    assert (post.last().outcome, post.last().organization_id) == (Outcome.BROKEN, organization.pk)
    assert Event.objects.filter(kind="mail.unrouted", object_id=post.last().pk).exists()


def test_what_came_in_from_somebody_goes_with_them(post, now):
    post.brings(mail("kept in the conversation"))
    post.brings(mail("unrouted", Message_ID="<2@x>"), to="a@replies.example.com")
    post.read(now)
    InboundMail.objects.filter(outcome=Outcome.UNROUTED).update(organization=post.desk.alice.organization)
    keeping.customers_go(organization_id=post.desk.alice.organization.pk, ids=[post.desk.ada.pk])
    assert not InboundMail.objects.exists()


def test_mail_that_belongs_nowhere_is_kept_for_its_days(post, now, settings):
    post.brings(mail("a", Message_ID="<1@x>"), to="a@replies.example.com")
    post.brings(mail("waits", Message_ID="<2@x>"))
    InboundMail.objects.filter(key__startswith="<1@x>").update(outcome=Outcome.UNROUTED)
    settings.INBOUND_DAYS = 30
    keeping.prune(at=now + timedelta(days=29))
    assert InboundMail.objects.count() == 2
    keeping.prune(at=now + timedelta(days=31))
    assert [each.key.partition(" ")[0] for each in InboundMail.objects.all()] == ["<2@x>"]
