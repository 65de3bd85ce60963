"""The form below a conversation, by its buttons and without script."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from surveys.accounts.models import AuditEntry, Role, User
from surveys.alerts.models import AlertChoice
from surveys.delivery import keeping
from surveys.inbox.actions import saving, turns
from surveys.inbox.models import Attachment, Draft, Message, SavedReply
from tests import factories
from tests.helpers.smtp import SmtpSink
from tests.inbox.writing_world import Desk
from tests.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(alice: Person, smtp_sink: SmtpSink, settings: Settings) -> Desk:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    keeping.hang_up()
    return Desk(alice, smtp_sink)


def press(person: Client, desk: Desk, button: str, **said: Any) -> str:
    """The page after a button of the form was pressed."""
    url = desk.alice.url(f"writing:{button}", pk=desk.conversation.pk)
    return person.post(url, said, follow=True).content.decode()


def page(desk: Desk, write: str = "reply") -> str:
    return desk.alice.get(f"{desk.conversation.get_absolute_url()}?write={write}").content.decode()


def key_of(html: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', html)
    assert found
    return found[1]


def typed_in(html: str) -> str:
    found = re.search(r"<textarea[^>]*name=\"text\"[^>]*>\n?(.*?)</textarea>", html, re.DOTALL)
    assert found
    return found[1]


def test_a_reply_with_a_file_and_a_saved_text_from_the_page_to_the_mailbox(desk: Desk) -> None:
    text = "Dear {{ first_name|you }}, you gave us {{ score }}. – {{ agent }}"
    desk.alice.post(desk.alice.url("writing:saved_reply_new"), {"name": "Sorry", "text": text})
    saved = SavedReply.objects.get()
    press(desk.alice, desk, "insert", text="Hello!", saved=saved.pk)
    with_file = press(
        desk.alice, desk, "attach", text=typed_in(page(desk)), files=SimpleUploadedFile("plan.pdf", b"%PDF-1.7 x")
    )
    filled = typed_in(with_file)
    key = key_of(with_file)

    for _press in (1, 2):
        after = press(desk.alice, desk, "reply", text=filled, key=key, close_reason="solved")

    assert filled == "Hello!\n\nDear Ada, you gave us 2. – Alice"
    assert "Undo" in after
    assert "plan.pdf" in after
    [mail] = desk.send()
    assert mail.text.startswith("Hello!")
    assert [part.get_content() for part in mail.message.iter_attachments()] == [b"%PDF-1.7 x"]
    saved.refresh_from_db()
    assert (saved.used, Draft.objects.count()) == (1, 0)


def test_nothing_is_closed_over_words_that_its_writer_has_not_seen(desk: Desk) -> None:
    seen = re.findall(r'name="version" form="composer-form" value="(\d+)"', page(desk))[0]
    desk.hear("One more thing …", "<more@example.com>")
    turns.customer_wrote(conversation=desk.conversation, at=timezone.now())

    told = press(desk.alice, desk, "reply", text="Bye", key="k", close_reason="solved", version=seen)

    assert "The customer wrote meanwhile" in told
    assert typed_in(told) == "Bye"
    desk.conversation.refresh_from_db()
    assert (desk.conversation.status, Message.objects.filter(kind="reply").count()) == ("open", 0)
    seen = re.findall(r'name="version" form="composer-form" value="(\d+)"', told)[0]
    press(desk.alice, desk, "reply", text="Bye", key="k", close_reason="solved", version=seen)
    desk.conversation.refresh_from_db()
    assert desk.conversation.status == "closed"


def test_undo_brings_the_text_back_into_the_form(desk: Desk) -> None:
    press(desk.alice, desk, "reply", text="Too early", key="k")

    desk.alice.post(desk.alice.url("writing:message_unsend", pk=Message.objects.get().pk))

    assert typed_in(page(desk)) == "Too early"
    assert desk.send() == []


def test_a_saved_reply_stands_where_the_cursor_was(desk: Desk) -> None:
    saved = SavedReply.objects.create(
        organization=desk.alice.organization, name="Sorry", text="we are sorry", updated_at=timezone.now()
    )
    after = press(desk.alice, desk, "insert", text="Hé,\r\n, and\r\nbye", saved=saved.pk, cursor=4)
    assert typed_in(after) == "Hé,\nwe are sorry, and\nbye"


def form_of(html: str) -> dict[str, str]:
    seen = re.search(r'name="seen" value="([^"]*)"', html)
    assert seen
    return {"key": key_of(html), "seen": seen[1], "write": "reply"}


def test_two_windows_of_one_person_lose_no_words(desk: Desk) -> None:
    first, second = page(desk), page(desk)

    def types(html: str, text: str) -> str:
        url = desk.alice.url("writing:draft", pk=desk.conversation.pk)
        return desk.alice.post(url, form_of(html) | {"text": text}, headers={"HX-Request": "true"}).content.decode()

    def kept() -> str:
        return Draft.objects.get().text

    types(first, "From the first")
    assert "Draft kept" in types(first, "The first, changed")
    assert "In another window you wrote something else" in types(second, "The second")
    assert "In another window" in types(second, "")
    assert kept() == "The first, changed"
    both = press(desk.alice, desk, "draft", text="The second", **form_of(second))
    assert "Both texts are below" in both
    assert typed_in(both) == kept() == "The first, changed\n\nThe second"

    third = page(desk)
    assert "Draft kept" in types(third, "The third")
    press(desk.alice, desk, "reply", text="Sent by another window", **form_of(both))
    assert kept() == "The third"
    press(desk.alice, desk, "discard", text="The first, changed", **form_of(first))
    assert kept() == "The third"
    press(desk.alice, desk, "reply", text="Sent, and said otherwise", **form_of(third))
    assert not Draft.objects.exists()


def test_what_was_refused_is_no_draft_any_more_once_it_was_sent_shorter(desk: Desk) -> None:
    """A keystroke, or a second click, of the form that was refused may come after the form that followed."""
    url, long = desk.alice.url("writing:draft", pk=desk.conversation.pk), "long " * 5000
    refused = form_of(page(desk))
    shorter = press(desk.alice, desk, "reply", text=long, **refused)
    desk.alice.post(url, refused | {"text": long}, headers={"HX-Request": "true"})

    press(desk.alice, desk, "reply", text="Short", **form_of(shorter))

    assert not Draft.objects.exists()
    assert Message.objects.get().text == "Short"


def test_what_cannot_be_sent_is_said_and_nothing_that_was_typed_is_lost(desk: Desk) -> None:
    desk.ada.email = None
    desk.ada.save(update_fields=["email"])

    after = press(desk.alice, desk, "reply", text="Long <words>", key="k")

    assert "has no email address" in after
    assert typed_in(after) == "Long &lt;words&gt;"
    assert "@nobody" in typed_in(press(desk.alice, desk, "draft", text="@nobody", write="note"))


def test_who_looks_on_writes_nothing_and_strangers_find_nothing(desk: Desk, bob: Person, charlie: Person) -> None:
    press(desk.alice, desk, "attach", text="Mine", files=SimpleUploadedFile("a.txt", b"a"))
    file = Attachment.objects.get()
    theirs = "writing:file"

    for button in ("reply", "note", "draft", "attach", "insert", "discard"):
        url = desk.alice.url(f"writing:{button}", pk=desk.conversation.pk)
        assert bob.post(url, {"text": "x", "key": "x"}).status_code == 403, button
        assert charlie.post(url, {"text": "x", "key": "x"}).status_code == 404, button
        own = charlie.url(f"writing:{button}", pk=desk.conversation.pk)
        assert charlie.post(own, {"text": "x", "key": "x"}).status_code == 404, button
    bob.becomes(Role.AGENT)
    assert bob.get(desk.alice.url(theirs, pk=file.pk)).status_code == 404
    assert typed_in(bob.get(desk.conversation.get_absolute_url()).content.decode()) == ""
    got = desk.alice.get(desk.alice.url(theirs, pk=file.pk))
    assert got["Content-Disposition"].startswith("attachment")
    assert "sandbox" in got["Content-Security-Policy"]
    assert Message.objects.count() == 0


def test_a_mail_server_that_hangs_hangs_no_page(desk: Desk) -> None:
    desk.sink.delay(30)

    started = time.monotonic()
    press(desk.alice, desk, "reply", text="Hi", key="k")

    assert time.monotonic() - started < 2
    desk.sink.accept()


def test_what_is_too_long_is_refused_with_words_and_kept_whole(desk: Desk) -> None:
    htmx = {"HX-Request": "true"}
    draft = desk.alice.url("writing:draft", pk=desk.conversation.pk)
    for write, button in (("reply", "reply"), ("note", "note")):
        [area] = re.findall(r'<textarea id="composer-text"[^>]*>', page(desk, write))
        assert "maxlength" not in area, "browsers cut what is pasted, and say nothing"
        near = desk.alice.post(draft, {"text": "x" * 19_000, "write": write}, headers=htmx).content.decode()
        assert "19000 of 20000 characters." in near
        press(desk.alice, desk, button, text="x" * 60_000, write=write)
        after = page(desk, write)
        assert "The text has 60000 characters; 20000 are the most." in after
        assert typed_in(after) == "x" * 60_000
    assert not Message.objects.exists()

    new = {"name": "Long", "text": "y" * 5001}
    refused = desk.alice.post(desk.alice.url("writing:saved_reply_new"), new).content.decode()
    assert "at most 5000 characters (it has 5001)" in refused
    assert "y" * 5001 in refused


def test_a_note_says_whom_it_told_and_which_names_tell_nobody(desk: Desk, bob: Person) -> None:
    for name in ("Ines Keller", "Dora Deaf"):
        user = factories.user(f"{name.split()[0].lower()}@example.com", name)
        factories.member(desk.alice.organization, user, Role.AGENT)
    User.objects.filter(name="Ines Keller").update(is_active=False)
    deaf = User.objects.get(name="Dora Deaf")
    AlertChoice.objects.create(
        organization=desk.alice.organization, user=deaf, how={"mentioned": "never"}, updated_at=timezone.now()
    )
    text = "@bob, @Ines, @Dora and @nobody: see ada@example.com. I, @alice, do not know."

    press(desk.alice, desk, "draft", text=text, write="note")
    before = page(desk, "note")
    after = press(desk.alice, desk, "note", text=text, write="note")

    assert "It will tell Bob." in before
    assert "Told: Bob." in after
    for said in (
        "@Ines cannot sign in, and hears nothing of it.",
        "Dora Deaf has chosen to be told of no mention.",
        "Nobody here is called @nobody:",
    ):
        assert said in before
        assert said in after

    factories.member(desk.alice.organization, factories.user("bob.two@example.com", "Bob Two"), Role.AGENT)
    press(desk.alice, desk, "draft", text="@Bob?", write="note")
    assert "could be one of several colleagues" in page(desk, "note")


def test_a_saved_reply_that_was_deleted_is_brought_back(desk: Desk, bob: Person) -> None:
    alice, now = desk.alice, timezone.now()
    saved = SavedReply.objects.create(organization=alice.organization, name="Sorry", text="Sorry.", updated_at=now)
    after = alice.post(alice.url("writing:saved_reply_delete", pk=saved.pk), follow=True).content.decode()
    undo = alice.url("writing:saved_reply_restore", pk=saved.pk)
    assert ("“Sorry” was deleted." in after, f'action="{undo}"' in after) == (True, True)
    assert alice.get(alice.url("writing:saved_reply", pk=saved.pk)).status_code == 404
    assert "Sorry" not in page(desk, "reply")
    assert bob.post(undo).status_code == 403

    other = SavedReply.objects.create(organization=alice.organization, name="SORRY", text="Other.", updated_at=now)
    refused = alice.post(undo, follow=True).content.decode()
    assert "Another saved reply is called “Sorry” now." in refused
    other.delete()
    for _press in (1, 2):
        alice.post(undo)
    assert SavedReply.objects.get().text == "Sorry."
    assert AuditEntry.objects.filter(action="saved_reply.restored").count() == 1

    saving.delete(saved=saved, by=alice.membership, at=now)
    saving.delete(saved=other, by=alice.membership, at=now + timedelta(days=31))
    assert not SavedReply.ever.exists()
