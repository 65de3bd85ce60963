"""The local mailbox: what arrives by SMTP can be read in the browser and by programs."""

import smtplib
import stat
from email.message import EmailMessage

import pytest

from nps_app.local.mailbox.store import Store


@pytest.fixture
def store(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    (tmp_path / "mailbox").mkdir()
    return Store(tmp_path / "mailbox")


def survey(to="ada@example.com", subject="How likely are you?"):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Acme <nps@acme.example>", to, subject
    message.set_content("Click https://nps.example.com/r/abc/9/ please – danke schön")
    message.add_alternative(
        '<html><head><title>x</title></head><body><a href="https://nps.example.com/r/abc/9/">9</a></body></html>',
        subtype="html",
    )
    return message


def keep(store, message, to="ada@example.com"):
    return store.keep(bytes(message), "bounce@acme.example", [to])


def test_messages_are_listed_newest_first_and_as_json(client, store):
    first = keep(store, survey(subject="First"))
    second = keep(store, survey(subject="Zweite ☂", to="bob@example.com"), to="bob@example.com")

    listed = client.get("/mailbox/messages.json").json()

    assert [mail["id"] for mail in listed] == [second, first]
    assert listed[0]["subject"] == "Zweite ☂"
    assert listed[0]["to"] == "bob@example.com"
    assert listed[0]["from"] == "Acme <nps@acme.example>"
    assert listed[0]["headers"]["Return-Path"] == "<bounce@acme.example>"
    assert "danke schön" in listed[0]["text"]
    assert '<a href="https://nps.example.com/r/abc/9/">' in listed[0]["html"]
    assert [mail["id"] for mail in client.get("/mailbox/messages.json?to=ADA@example.com").json()] == [first]
    assert [mail["id"] for mail in client.get(f"/mailbox/messages.json?before={second}").json()] == [first]


@pytest.mark.django_db
def test_a_message_is_shown_with_links_and_can_run_nothing(client, store):
    message_id = keep(store, survey())

    page = client.get(f"/mailbox/{message_id}/").content.decode()
    html = client.get(f"/mailbox/{message_id}/html")
    source = client.get(f"/mailbox/{message_id}/source")

    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox' in page
    assert '<a href="https://nps.example.com/r/abc/9/"' in page
    assert html["Content-Security-Policy"].startswith("sandbox allow-popups")
    assert "script" not in html["Content-Security-Policy"]
    assert '<head><base target="_blank">' in html.content.decode()
    assert source["Content-Type"].startswith("text/plain")
    assert source.content.startswith(b"Return-Path: <bounce@acme.example>")


def test_what_is_not_there_is_404(client, store):
    assert client.get("/mailbox/0123456789abcdef-0123/").status_code == 404
    assert client.get("/mailbox/../secrets/").status_code == 404


@pytest.mark.django_db
def test_ten_thousand_messages_are_paged_without_reading_them_all(client, store):
    raw = bytes(survey())
    for _ in range(10_000):
        store.keep(raw, "bounce@acme.example", ["ada@example.com"])
    ids = store.ids()
    for message_id in ids[100:]:
        (store.folder / f"{message_id}.eml").write_bytes(b"")  # would be seen if it were read

    page = client.get("/mailbox/?page=2").content.decode()

    assert page.count("How likely are you?") == 50
    assert "51–100 / 10000" in page
    assert len(client.get("/mailbox/messages.json?limit=3").json()) == 3


@pytest.mark.long
def test_mail_that_arrives_while_the_mailbox_is_dead_is_kept_and_closed_to_other_users_of_the_machine(installed_stack):
    stack = installed_stack()
    (stack.data / "logs").chmod(0o755)  # as an older release left it
    stack.start()
    deliver(stack, survey(subject="Before"))

    stack.kill9("mailbox")
    deliver(stack, survey(subject="After"))

    assert [mail["subject"] for mail in stack.messages()] == ["After", "Before"]
    mails = stack.data / "mailbox"
    for path in (mails, *mails.iterdir(), stack.data / "logs"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def deliver(stack, message):
    with smtplib.SMTP("127.0.0.1", stack.state.mail_port, timeout=60) as server:
        server.send_message(message)
