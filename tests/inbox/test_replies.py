"""Replies as customers get them: by a real mail server, in one thread with what was there before."""

import pytest
from django.utils import timezone
from pytest_django import Settings

from surveys.delivery import keeping
from surveys.inbox.actions import drafting
from surveys.inbox.files import NewFile
from surveys.inbox.models import Draft
from tests.helpers.smtp import SmtpSink
from tests.inbox.writing_world import Desk, headers_of
from tests.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(alice: Person, smtp_sink: SmtpSink, settings: Settings) -> Desk:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    keeping.hang_up()
    return Desk(alice, smtp_sink)


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
