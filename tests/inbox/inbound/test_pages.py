"""Mail that belongs nowhere is sorted by who answers customers; what customers said elsewhere is added by hand."""

import pytest
from django.utils import timezone

from surveys.accounts.models import AuditEntry
from surveys.inbox.models import InboundMail, Message, Outcome
from tests.inbox.inbound.post import mail


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
    assert alice.post(alice.url("inbound:attach", pk=stray.pk), {"who": "ada@example.com"}).status_code == 404
    assert "Nothing lies here" in alice.get(alice.url("inbound:unrouted")).content.decode()


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
