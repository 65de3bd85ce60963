"""Replies as customers get them: by a real mail server, in one thread with what was there before."""

from functools import partial

import pytest
from django.utils import timezone
from pytest_django import Settings

from surveys.accounts.models import Role
from surveys.customers import actions as customers
from surveys.customers.models import Customer, Suppression, SuppressionReason
from surveys.delivery import keeping
from surveys.delivery.actions.enqueue import enqueue_letter
from surveys.delivery.models import Delivery, Invitation, Kind, State
from surveys.inbox import message_queries
from surveys.inbox.actions import drafting, unsending, writing
from surveys.inbox.files import NewFile
from surveys.inbox.models import Attachment, Conversation, Draft, Message, Status
from tests import factories
from tests.helpers.smtp import SmtpSink
from tests.inbox.writing_world import Desk, headers_of
from tests.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(alice: Person, smtp_sink: SmtpSink, settings: Settings) -> Desk:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    keeping.hang_up()
    return Desk(alice, smtp_sink)


def suppress(desk: Desk, reason: SuppressionReason) -> None:
    customers.suppress(
        organization=desk.alice.organization,
        address="ada@example.com",
        reason=reason,
        source="test",
        at=timezone.now(),
    )


def test_a_reply_stands_in_the_thread_of_the_survey_and_of_what_the_customer_wrote(desk: Desk) -> None:
    first = desk.reply("We are **faster** now.")
    desk.hear("Really?", "<abc@mail.example.com>")
    desk.reply("Yes.")

    mails = [mail.message for mail in desk.send()]

    asked = desk.ask.message_id
    assert [mail["Subject"] for mail in mails] == ["Re: How are we doing, Ada?"] * 2
    assert [mail["In-Reply-To"] for mail in mails] == [asked, "<abc@mail.example.com>"]
    assert mails[1]["References"].split() == [asked, first.message_id, "<abc@mail.example.com>"]
    assert mails[0]["Message-ID"] == first.message_id
    assert mails[0]["From"].startswith("Alice at Acme <")
    assert mails[0]["Reply-To"] == "alice@example.com"
    assert not {"Auto-Submitted", "List-Unsubscribe", "Precedence"} & set(mails[0].keys())


def test_a_mail_reads_well_with_and_without_html_and_nothing_that_anybody_wrote_is_html(desk: Desk) -> None:
    desk.reply("Hello **Ada** </blockquote><script>x</script>\n\n- see [here](https://a.example/x)\n- *soon*")

    mail = desk.send()[0]

    text, html = mail.text.replace("\r\n", "\n"), mail.html
    assert text.startswith(
        "Hello Ada </blockquote><script>x</script>\n\n- see here (https://a.example/x)\n- soon\n\n-- \nAlice\nAcme\n"
    )
    assert "answered 2 out of 10 and wrote:\n> Too slow.\n> And <b>dear</b>." in text
    assert "<strong>Ada</strong> &lt;/blockquote&gt;&lt;script&gt;" in html
    assert 'href="https://a.example/x"' in html
    assert "<script" not in html
    assert "<b>" not in html
    assert html.count("</blockquote>") == 1


def test_what_comes_from_outside_adds_no_header(desk: Desk, alice: Person) -> None:
    alice.membership.user.name = "Eve\r\nBcc: eve@example.com"
    desk.ada.name = "Ada\nBcc: eve@example.com"
    desk.ada.save(update_fields=["name"])
    desk.hear("?", "<x@y>\r\nBcc: eve@example.com")

    desk.reply()

    [mail] = desk.send()
    assert not [line for line in headers_of(mail) if line.lower().startswith("bcc")]
    assert mail.message["In-Reply-To"] == desk.ask.message_id


def test_files_arrive_byte_by_byte_under_clean_names(desk: Desk) -> None:
    files = [
        NewFile("../../Ünvoice\u202e\r\nX: y.pdf", b"%PDF-1.7\r\n\x00\xff." + bytes(range(256))),
        NewFile("lines.txt", b"one\r\ntwo\nthree\rfour\n.\n"),
    ]
    draft, refused = drafting.attach(
        conversation=desk.conversation, text="", new=files, by=desk.alice.membership, at=timezone.now()
    )
    desk.reply(attachments=[row.pk for row in draft.attachments.all()])

    [mail] = desk.send()

    got = [
        (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
        for part in mail.message.iter_attachments()
    ]
    assert refused == []
    assert got == [("Ünvoice X_ y.pdf", "application/pdf", files[0].data), ("lines.txt", "text/plain", files[1].data)]
    assert not Draft.objects.exists()


def test_pressing_twice_at_once_sends_once(desk: Desk) -> None:
    sent = {desk.reply(key="form-1").pk, desk.reply("Other words.", key="form-1").pk}

    assert len(sent) == 1
    assert [mail.text.splitlines()[0] for mail in desk.send()] == ["We are faster now."]


def test_a_reply_can_be_taken_back_until_it_leaves(desk: Desk) -> None:
    before = Conversation.objects.filter(pk=desk.conversation.pk).values("status", "due_at", "first_reply_at").get()
    draft, _refused = drafting.attach(
        conversation=desk.conversation,
        text="",
        new=[NewFile("a.txt", b"a")],
        by=desk.alice.membership,
        at=timezone.now(),
    )
    files = [row.pk for row in draft.attachments.all()]
    sent = desk.reply("Too early", attachments=files, close_reason="solved")
    assert Conversation.objects.get(pk=desk.conversation.pk).status == Status.CLOSED

    unsending.unsend(message=sent, by=desk.alice.membership, at=timezone.now())

    assert desk.send() == []
    assert Delivery.objects.get(pk=sent.delivery_id or 0).state == State.CANCELLED
    assert list(Draft.objects.values_list("text", flat=True)) == ["Too early"]
    assert list(Attachment.objects.filter(message=None).values_list("pk", flat=True)) == files
    assert (
        Conversation.objects.filter(pk=desk.conversation.pk).values("status", "due_at", "first_reply_at").get()
        == before
    )
    later = desk.reply("Now", key="later")
    assert len(desk.send()) == 1
    with pytest.raises(unsending.TooLate):
        unsending.unsend(message=later, by=desk.alice.membership, at=timezone.now())


def test_an_address_that_takes_no_mail_is_refused_with_words(desk: Desk) -> None:
    desk.sink.refuse_recipient("ada@example.com")
    sent = desk.reply()
    waiting = message_queries.leaving(desk.conversation, at=timezone.now())
    desk.send()

    assert waiting is not None
    assert 0 < waiting.seconds <= 10
    assert message_queries.leaving(desk.conversation, at=timezone.now()) is None
    gone = Delivery.objects.get(pk=sent.delivery_id or 0)
    assert (gone.state, gone.reason) == (State.FAILED, "This address does not take mail.")
    with pytest.raises(writing.CannotWrite, match=r"Mail to ada@example\.com comes back"):
        desk.reply("Again")


def test_who_wants_no_surveys_is_answered_when_they_wrote_and_otherwise_left_alone(desk: Desk) -> None:
    suppress(desk, SuppressionReason.UNSUBSCRIBED)
    desk.reply()
    desk.conversation = desk.open(response=None)

    with pytest.raises(writing.CannotWrite, match="wants no mail from you"):
        desk.reply("Buy more!")

    assert len(desk.send()) == 1


def test_a_rules_mail_says_that_nobody_typed_it_and_how_to_end_it(desk: Desk) -> None:
    sent = writing.send_automatic(
        response=desk.response,
        customer=desk.ada,
        subject="Sorry to hear that",
        text="What went **wrong**?",
        sender=None,
        rule_id=7,
        at=timezone.now(),
    )

    mail = desk.send()[0].message

    assert sent.message is not None
    assert sent.message.delivery == sent.delivery
    assert (mail["Auto-Submitted"], mail["List-Unsubscribe-Post"]) == ("auto-generated", "List-Unsubscribe=One-Click")
    assert mail["List-Unsubscribe"].startswith("<http://testserver/u/")
    assert mail["In-Reply-To"] == desk.ask.message_id
    assert Conversation.objects.get(pk=desk.conversation.pk).status == Status.OPEN


def test_a_rules_mail_does_not_go_to_somebody_who_unsubscribed_meanwhile(desk: Desk) -> None:
    desk.reply()
    writing.send_automatic(
        response=desk.response, customer=desk.ada, subject="Hi", text="Hi", sender=None, rule_id=7, at=timezone.now()
    )
    suppress(desk, SuppressionReason.UNSUBSCRIBED)

    assert [mail.message["Subject"] for mail in desk.send()] == ["Re: How are we doing, Ada?"]
    assert Delivery.objects.get(kind=Kind.AUTOMATION).state == State.CANCELLED


def test_an_alert_goes_to_a_colleague_as_the_product_writes_and_an_address_of_theirs_is_never_suppressed(
    desk: Desk,
) -> None:
    desk.sink.refuse_recipient("bob@example.com")
    for to in ("alice@example.com", "bob@example.com"):
        enqueue_letter(
            kind=Kind.ALERT,
            organization=desk.alice.organization,
            customer=None,
            to=to,
            subject="A detractor\r\nBcc: x@example.com",
            text="Ada said 2.",
            html="",
            sender="",
            unsubscribe_url="http://testserver/stop/",
            automatic=True,
            at=timezone.now(),
        )
    desk.send()

    [mail] = [each.message for each in desk.sink.to("alice@example.com")]
    assert (mail["Subject"], mail["Bcc"]) == ("A detractor Bcc: x@example.com", None)
    assert (mail["Auto-Submitted"], mail["List-Unsubscribe"]) == ("auto-generated", "<http://testserver/stop/>")
    assert not Suppression.objects.exists()


def test_notes_tell_whom_they_name_and_nobody_else(desk: Desk, bob: Person, charlie: Person) -> None:
    twin = factories.member(desk.alice.organization, factories.user("bob.two@example.com", "Bob Two"), Role.AGENT)

    def note(text: str) -> Message:
        return writing.note(
            conversation=desk.conversation, text=text, key=text, by=desk.alice.membership, at=timezone.now()
        )

    found = note("@bob@example.com and @Bob Two, not @charlie@example.com nor me@bob, see *this*.")

    assert found.mentions == [bob.membership.user_id, twin.user_id]
    assert "<strong>@Bob Two</strong>" in found.html
    with pytest.raises(writing.CannotWrite, match=r"@bob\.two@example\.com, @bob@example\.com"):
        note("@Bob?")
    assert Delivery.objects.filter(kind=Kind.REPLY).count() == 0


def test_a_draft_is_ones_own_and_does_not_come_back_after_it_was_sent(desk: Desk, bob: Person) -> None:
    bob.becomes(Role.AGENT)
    keep = partial(drafting.keep, conversation=desk.conversation, at=timezone.now())
    keep(text="Dear", by=desk.alice.membership)
    keep(text="Mine", by=bob.membership)
    desk.reply("Dear Ada", key="form")

    late = keep(text="Dear Ad", key="form", by=desk.alice.membership)

    assert late is None
    assert list(Draft.objects.order_by("pk").values_list("user", "text")) == [(bob.membership.user_id, "Mine")]


def test_files_have_limits_and_programs_are_not_taken(desk: Desk, settings: Settings) -> None:
    settings.REPLY_FILES_LIMIT = 100
    new = [NewFile("a.txt", b"x" * 60), NewFile("b.txt", b"x" * 60), NewFile("run.exe", b"MZ"), NewFile("c.txt", b"")]

    draft, refused = drafting.attach(
        conversation=desk.conversation, text="Hi", new=new, by=desk.alice.membership, at=timezone.now()
    )

    assert list(draft.attachments.values_list("name", flat=True)) == ["a.txt"]
    assert [said.split("”")[0] for said in refused] == ["“b.txt", "“run.exe", "“c.txt"]


@pytest.mark.parametrize(
    ("spoken", "asked_in", "language", "said"),
    [
        ("ja-JP", "en", "ja", "10点中2点"),  # the customer's own
        ("sw", "de", "de", "antwortete Ada Okafor mit 2 von 10 und schrieb:"),  # none of ours: that of the survey mail
        ("", "", "en", "Ada Okafor answered 2 out of 10 and wrote:"),
    ],
)
def test_the_words_around_a_reply_are_all_of_one_language(
    desk: Desk, spoken: str, asked_in: str, language: str, said: str
) -> None:
    Customer.objects.filter(pk=desk.ada.pk).update(language=spoken)
    Invitation.objects.filter(pk=desk.asked.pk).update(language=asked_in)
    desk.hear("Really?", "<abc@mail.example.com>")
    desk.reply("Yes.")

    [mail] = desk.send()
    assert said in mail.text
    assert said in mail.html
    assert ("Ada Okafor wrote:" in mail.text) is (language == "en"), "the line above the customer's mail, too"
    assert f'<html lang="{language}"' in mail.html
