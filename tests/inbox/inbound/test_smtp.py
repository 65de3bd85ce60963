"""A customer answers by SMTP, as mail programs do: the local mailbox takes it, and hands it to the product."""

import smtplib
import socket
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone

from nps_app.local.mailbox.__main__ import Keeper
from nps_app.local.mailbox.passing_on import Road
from nps_app.local.mailbox.store import Store


@pytest.fixture
def mailbox(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    (tmp_path / "mailbox").mkdir()
    return Store(tmp_path / "mailbox")


@pytest.fixture
def smtp(mailbox, live_server, post):
    road = Road("replies.example.com", "bearer of mail", f"{live_server.url}/hooks/inbound/mime/")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()
    controller = Controller(Keeper(mailbox, road), hostname=address[0], port=address[1])
    controller.start()
    yield address
    controller.stop()


@pytest.mark.django_db(transaction=True)
def test_an_answer_by_smtp_and_one_typed_in_the_mailbox_come_into_the_conversation(smtp, post, mailbox, settings):
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Ada <ada@example.com>", post.address, "Re: hello"
    made["Message-ID"] = "<smtp@mail.example.com>"
    made.set_content("Thanks, it works.\n\nOn Mon, 2 Mar 2026, Bob wrote:\n\n> Does it work?\n")
    with smtplib.SMTP(*smtp) as server:
        server.send_message(made)
        with pytest.raises(smtplib.SMTPDataError, match="451"):
            server.sendmail("ada@example.com", [post.address], b"")  # the product does not take it: it is not lost
    post.read(timezone.now())
    assert [message.text for message in post.messages()] == ["Thanks, it works."]

    ours = EmailMessage()
    ours["From"], ours["Reply-To"], ours["Subject"] = "Bob <bob@example.com>", post.address, "Good"
    ours.set_content("Anything else?")
    kept = mailbox.keep(bytes(ours), "bob@example.com", ["ada@example.com"])
    settings.EMAIL_HOST, settings.EMAIL_PORT = smtp
    assert post.desk.alice.post(f"/mailbox/{kept}/answer", {"text": "No, thank you."}).status_code == 302
    post.read(timezone.now())
    assert [message.text for message in post.messages()] == ["Thanks, it works.", "No, thank you."]
    assert [message.is_from_another for message in post.messages()] == [False, False]
