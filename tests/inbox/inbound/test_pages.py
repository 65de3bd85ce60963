"""Mail that belongs nowhere is sorted by who answers customers; what customers said elsewhere is added by hand."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.core.management import call_command
from django.utils import timezone

from surveys.accounts.models import AuditEntry
from surveys.delivery import letters
from surveys.inbox.inbound import parsing
from surveys.inbox.models import Attachment, Conversation, InboundMail, Message, Outcome
from surveys.outbox.models import Event
from tests.inbox.inbound.post import mail


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def stray(post):
    """It answers Ada's survey mail, and comes from Eve."""
    raw = mail("<script>alert(1)</script> hello", From="eve@example.com", In_Reply_To=post.desk.ask.message_id)
    post.brings(raw, to="hello@replies.example.com")
    post.read(timezone.now())
    return post.last()


def test_a_stray_mail_is_put_into_a_customers_conversation(alice, post, stray):
    page = alice.get(alice.url("inbound:unrouted")).content.decode()
    assert "eve@example.com" in page
    page = alice.get(alice.url("inbound:mail", pk=stray.pk)).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    source = alice.get(alice.url("inbound:source", pk=stray.pk))
    assert source["Content-Disposition"].startswith("attachment")

    refused = alice.post(alice.url("inbound:attach", pk=stray.pk), {"who": "nobody@example.com"})
    assert (refused.status_code, "nobody@example.com" in refused.content.decode()) == (422, True)
    answer = alice.post(alice.url("inbound:attach", pk=stray.pk), {"who": "ADA@example.com "})
    assert answer.url == post.conversation.get_absolute_url()
    (message,) = post.messages()
    assert (message.conversation_id, message.is_from_another) == (post.conversation.pk, True)
    assert AuditEntry.objects.filter(action="mail.attached").count() == 1
    heard = Event.objects.filter(kind="conversation.heard").latest("pk")
    assert heard.payload["by"] == alice.membership.user_id, "nobody is told of what they did themselves"
    assert alice.post(alice.url("inbound:attach", pk=stray.pk), {"who": "ada@example.com"}).status_code == 404
    assert "Nothing lies here" in alice.get(alice.url("inbound:unrouted")).content.decode()


def test_a_stray_mail_goes_where_it_answers_or_where_was_closed_lately(alice, post):
    """Ada writes from Eve's address, and her conversations are closed."""
    desk, now = post.desk, timezone.now()
    reply = desk.reply()
    other = desk.open(response=None)
    closed = {"status": "closed", "close_reason": "solved"}
    Conversation.objects.filter(pk=desk.conversation.pk).update(**closed, closed_at=now - timedelta(days=3))
    answers = {"From": "eve@example.com", "In_Reply_To": letters.message_id(reply.delivery_id)}

    def sorted_into(raw):
        post.brings(raw, to="hello@replies.example.com")
        post.read(timezone.now())
        alice.post(alice.url("inbound:attach", pk=post.last().pk), {"who": "ada@example.com"})
        return post.messages()[-1].conversation_id

    assert sorted_into(mail("One", Message_ID="<1@eve>", **answers)) == desk.conversation.pk
    Conversation.objects.filter(pk=other.pk).update(**closed, closed_at=now - timedelta(days=1))
    Conversation.objects.filter(pk=desk.conversation.pk).update(**closed, closed_at=now - timedelta(days=15))
    assert sorted_into(mail("Two", Message_ID="<2@eve>", **answers)) == other.pk, (
        "closed for too long to be opened again"
    )
    assert Conversation.objects.get(pk=other.pk).status == "open"
    Conversation.objects.update(**closed, closed_at=now - timedelta(days=15))
    assert sorted_into(mail("Three", Message_ID="<3@eve>", **answers)) not in (other.pk, desk.conversation.pk)


def test_pages_open_no_mail_and_files_come_along(alice, bob, post, now, monkeypatch):
    raw = mail("see the file", From="eve@example.com", In_Reply_To=post.desk.ask.message_id)
    head, body = raw.split(b"\n\n", 1)
    kind = next(line for line in head.splitlines() if line.startswith(b"Content-Type"))
    parts = b'\n--b\nContent-Disposition: attachment; filename="bill.pdf"\n\n%PDF-1\n--b--\n'
    mixed = head.replace(kind, b'Content-Type: multipart/mixed; boundary="b"') + b"\n\n--b\n\n" + body + parts
    post.brings(mixed, to="hello@replies.example.com")
    post.read(now)
    monkeypatch.setattr(parsing, "parse", None)
    stray = post.last()
    page = alice.get(alice.url("inbound:mail", pk=stray.pk)).content.decode()
    file = alice.get(alice.url("inbound:file", pk=Attachment.objects.get(mail=stray).pk))
    assert ("see the file" in page, f'href="{file.request["PATH_INFO"]}" download="bill.pdf"' in page) == (True, True)
    assert (file.content, file["Content-Disposition"]) == (b"%PDF-1", 'attachment; filename="bill.pdf"')
    assert (file["Content-Security-Policy"], file["X-Content-Type-Options"]) == (
        "default-src 'none'; sandbox",
        "nosniff",
    )
    assert bob.get(file.request["PATH_INFO"]).status_code == 403
    assert alice.get(alice.url("inbound:source", pk=stray.pk)).content.endswith(parts)
    assert alice.post(alice.url("inbound:attach", pk=stray.pk), {"who": "ada@example.com"}).status_code == 302
    (file,) = Attachment.objects.filter(message__in=post.messages())
    assert (file.name, bytes(file.data), file.mail) == ("bill.pdf", b"%PDF-1", None)
    assert alice.get(alice.url("inbound:file", pk=file.pk)).status_code == 404, "it is in a conversation now"
    assert InboundMail.objects.values_list("raw", "content").get(pk=stray.pk) == (None, None)


def test_what_an_operator_gives_to_an_organization_is_read_for_them(alice, post, now):
    post.brings(mail("for whom?"), to="hello@replies.example.com")
    post.read(now)
    call_command("unrouted_mail", post.last().pk, give=alice.organization.slug)
    post.read(now)
    assert "for whom?" in alice.get(alice.url("inbound:mail", pk=post.last().pk)).content.decode()
    assert Event.objects.filter(kind="mail.unrouted", organization=alice.organization).count() == 1


def test_the_text_counts_and_other_looks_are_said_to_be_others(alice, post, now):
    letter = EmailMessage()
    letter["From"], letter["Message-ID"] = "ada@example.com", "<two-faced@x>"
    letter.set_content("All is well.")
    letter.add_alternative("<p>Refund <b>my money</b> or I cancel today.</p>", subtype="html")
    post.brings(letter.as_bytes())
    post.read(now)
    page = alice.get(post.conversation.get_absolute_url()).content.decode()
    assert '<p class="prewrap" dir="auto">All is well.</p>' in page
    assert "says something else than its text" in page
    assert "<b>my money</b>" in page.split("As it looked")[1]
    inbox = alice.get(alice.url("inbox:list"), {"box": "all"}).content.decode()
    assert ("All is well." in inbox, "my money" in inbox) == (True, False)


def test_a_stray_mail_is_thrown_away_with_a_reason(alice, stray):
    address = alice.url("inbound:throw_away", pk=stray.pk)
    assert alice.post(address, {"reason": " "}).status_code == 422
    assert alice.post(address, {"reason": "Advertising"}).status_code == 302
    stray = InboundMail.objects.get(pk=stray.pk)
    assert (stray.outcome, stray.reason, stray.raw, stray.from_address) == (Outcome.DROPPED, "Advertising", None, "")


def test_analysts_and_outsiders_do_not_see_it(bob, charlie, stray):
    assert bob.get(bob.url("inbound:mail", pk=stray.pk)).status_code == 403
    assert charlie.get(charlie.url("inbound:mail", pk=stray.pk)).status_code == 404


def test_what_a_customer_said_on_the_phone_is_added_once(alice, bob, post):
    address = alice.url("inbound:add_by_hand", pk=post.conversation.pk)
    for _again in range(2):
        assert alice.post(address, {"text": "She called: all is well.", "key": "k1"}).status_code == 302
    (message,) = Message.objects.filter(kind="by_hand")
    assert (message.text, message.author) == ("She called: all is well.", alice.membership.user)
    assert post.conversation.last_heard_at is not None
    assert alice.post(address, {"text": " ", "key": "k2"}).status_code == 422
    assert bob.post(address, {"text": "x", "key": "k3"}).status_code == 403
