"""An organization's own account with a mail provider: tried before it is stored, sealed, tested, switched, removed."""

import logging
import socket
import time
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from surveys.accounts.models import AuditEntry
from surveys.core import sealing
from surveys.delivery import own_roads, providers, sending
from surveys.delivery.models import Delivery, MailAccount, Provider, Queue, State
from surveys.delivery.providers import As
from surveys.operations import exporting
from surveys.operations.exporting import Sink
from tests import factories
from tests.delivery.provider_world import SECRET, Answer, Api, Call, api, own_server, silent
from tests.delivery.world import live_campaign, plan
from tests.helpers.smtp import SmtpSink
from tests.people import Person

pytestmark = pytest.mark.django_db


def postmark(call: Call) -> Answer:
    """The account whose token is SECRET."""
    if call.headers.get("x-postmark-server-token") != SECRET:
        said = f"The Server Token you provided ({call.headers.get('x-postmark-server-token')}) is not valid."
        return Answer(401, {"ErrorCode": 10, "Message": said})
    if call.path == "/server":
        return Answer(200, {"ID": 1, "Name": "Production"})
    return Answer(200, {"ErrorCode": 0, "Message": "OK", "MessageID": "p-1", "To": call.json["To"]})


def enter(person: Person, provider: str, **fields: object) -> Any:
    return person.post(person.url("delivery:account_enter", provider=provider), fields, follow=True)


def test_an_account_is_tried_before_it_is_stored_and_then_mail_leaves_through_it(
    alice: Person, smtp_sink: SmtpSink, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with api(postmark) as server:
        settings.ANYMAIL = {"POSTMARK_API_URL": server.url}
        refused = enter(alice, "postmark", server_token="wrong-token", message_stream="broadcast")
        assert "The Server Token you provided (…) is not valid." in refused.content.decode()
        assert 'value="broadcast"' in refused.content.decode(), "what was typed is lost"
        assert not MailAccount.objects.exists()

        page = enter(alice, "postmark", server_token=SECRET, message_stream="broadcast", mails_a_second="7.5")
        assert "The provider accepts the account." in page.content.decode()
        _asked(alice)
        sending.send_due(Queue.BULK)

        (call,) = [call for call in server.calls if call.path == "/email"]
        assert (call.json["To"], call.json["MessageStream"]) == ("ada@example.com", "broadcast")
        alice.post(alice.url("delivery:account_test"))
        sending.send_due(Queue.EMAIL)
        assert server.calls[-1].json["To"] == "alice@example.com"
    shown = alice.get(alice.url("delivery:account")).content.decode()
    assert "taken by the provider" in shown
    assert smtp_sink.recipients() == []

    account = MailAccount.objects.get()
    assert (account.mails_a_second, own_roads.secrets(account)) == (7.5, {"server_token": SECRET})
    form = alice.get(alice.url("delivery:account_enter", provider="postmark")).content.decode()
    trail = alice.get(alice.url("audit:trail")).content.decode()
    assert "entered the mail account" in trail
    exported: list[bytes] = []
    exporting.write(alice.organization, Sink(exported.append), at=timezone.now(), progress=lambda *_: None)
    rows = ZipFile(BytesIO(b"".join(exported))).read("tables/mailaccount.jsonl").decode()
    assert account.secrets not in rows
    assert '"provider": "postmark"' in rows
    told = (shown, form, trail, page.content.decode(), caplog.text, account.secrets, str(AuditEntry.objects.values()))
    assert not [where for where in told if SECRET in where or "wrong-token" in where]
    assert "Stored. Leave it empty to keep it." in form


def _asked(person: Person) -> None:
    factories.customer(person.organization, "ada@example.com")
    plan(live_campaign(person.organization))


def test_what_is_left_empty_stays_and_what_is_refused_changes_nothing(alice: Person, settings: Settings) -> None:
    with api(postmark) as server:
        settings.ANYMAIL = {"POSTMARK_API_URL": server.url}
        enter(alice, "postmark", server_token=SECRET, webhook_login="us:open")
        before = MailAccount.objects.get()

        enter(alice, "postmark", server_token="another", message_stream="x")
        assert MailAccount.objects.get().options == before.options
        enter(alice, "postmark", message_stream="y", forget_webhook_login="on")

    after = MailAccount.objects.get()
    assert after.options["message_stream"] == "y"
    assert own_roads.secrets(after) == {"server_token": SECRET}
    assert after.updated_at > before.updated_at, "senders would go on with the connection of before"


def test_off_means_the_operators_road_and_a_test_still_takes_the_account(
    alice: Person, smtp_sink: SmtpSink, settings: Settings
) -> None:
    settings.PRIVATE_MAIL_HOSTS = True
    other = SmtpSink().start()
    own_server(alice.organization, other.port)
    alice.post(alice.url("delivery:account_switch"), {"on": "0"})
    _asked(alice)
    alice.post(alice.url("delivery:account_test"))

    sending.send_due(Queue.BULK)
    sending.send_due(Queue.EMAIL)

    assert (smtp_sink.recipients(), other.recipients()) == (["ada@example.com"], ["alice@example.com"])
    alice.post(alice.url("delivery:account_switch"), {"on": "1"})
    assert MailAccount.objects.get().is_on
    other.stop()
    alice.post(alice.url("delivery:account_switch"), {"on": "0"})
    said = alice.post(alice.url("delivery:account_switch"), {"on": "1"}, follow=True).content.decode()
    assert "Nobody answers" in said
    assert "It stays switched off." in said
    assert not MailAccount.objects.get().is_on


def test_an_account_that_goes_takes_its_secrets_and_waiting_tests_with_it(alice: Person) -> None:
    own_server(alice.organization, 9)
    alice.post(alice.url("delivery:account_test"))

    alice.post(alice.url("delivery:account_remove"))
    again = alice.post(alice.url("delivery:account_remove"), follow=True).content.decode()

    assert not MailAccount.objects.exists()
    assert Delivery.objects.get().state == State.CANCELLED
    assert "somebody else has removed it" in again


def test_a_test_says_at_once_why_nothing_leaves(alice: Person, settings: Settings) -> None:
    with api(postmark) as server:
        settings.ANYMAIL = {"POSTMARK_API_URL": server.url}
        enter(alice, "postmark", server_token=SECRET)
        server.rule = lambda _call: Answer(422, {"ErrorCode": 412, "Message": "Your account is pending approval"})
        alice.post(alice.url("delivery:account_test"))
        sending.send_due(Queue.EMAIL)
    shown = alice.get(alice.url("delivery:account")).content.decode()
    assert "Your account is pending approval" in shown
    assert Delivery.objects.get().state == State.FAILED


# How each provider is asked: the call, and what it answers to a key that is not its own.
ASKED = {
    "brevo": ("GET", "/account", 401, {"message": "Key not found"}),
    "mailersend": ("POST", "/email", 401, {"message": "Unauthenticated."}),
    "mailgun": ("POST", "/mg.example.com/messages", 401, {"message": "Forbidden"}),
    "mailjet": ("POST", "/send", 401, {"ErrorMessage": "API key authentication failure"}),
    "mailtrap": ("POST", "/send", 401, {"errors": ["Unauthorized"]}),
    "mandrill": ("POST", "/users/ping2.json", 500, {"status": "error", "name": "Invalid_Key", "message": "no"}),
    "postal": ("POST", "/api/v1/send/message", 200, {"status": "error", "data": {"code": "InvalidServerAPIKey"}}),
    "postmark": ("GET", "/server", 401, {"ErrorCode": 10, "Message": "Bad token"}),
    "resend": ("POST", "/emails", 403, {"name": "invalid_api_key", "message": "API key is invalid"}),
    "scaleway": ("POST", "/emails", 403, {"message": "insufficient permissions"}),
    "sendgrid": ("GET", "/scopes", 401, {"errors": [{"message": "The provided authorization grant is invalid"}]}),
    "sparkpost": ("POST", "/transmissions/", 401, {"errors": [{"message": "Unauthorized."}]}),
    "unisender_go": ("POST", "/system/info.json", 401, {"status": "error", "message": "Bad key"}),
}


def test_every_provider_is_asked_as_it_documents_and_nothing_is_sent(alice: Person, settings: Settings) -> None:
    settings.PRIVATE_MAIL_HOSTS = True
    assert {*ASKED, "smtp", "amazon_ses"} == set(Provider.values)
    for provider, (method, path, status, body) in ASKED.items():
        refusal = Answer(status, body)
        with api(lambda _call, refusal=refusal: refusal) as server:  # type: ignore[misc]
            settings.ANYMAIL = {f"{provider.upper()}_API_URL": server.url}
            refused = enter(alice, provider, **_needed(provider, server))
            assert "The provider did not accept this" in refused.content.decode(), provider
            assert not MailAccount.objects.exists(), provider
            server.rule = _nothing_to_send
            accepted = enter(alice, provider, **_needed(provider, server))
        assert "The provider accepts the account." in accepted.content.decode(), provider
        assert [(call.method, call.path) for call in server.calls] == [(method, path)] * 2
        assert SECRET not in accepted.content.decode()
        MailAccount.objects.all().delete()


def _nothing_to_send(call: Call) -> Answer:
    """Somebody known who asks, or wants to send nothing."""
    is_asking = call.method == "GET" or call.path.startswith(("/users", "/system"))
    return Answer(200) if is_asking else Answer(422, {"message": "The to field is required."})


def _needed(provider: str, server: Api) -> dict[str, str]:
    known = {"sender_domain": "mg.example.com", "api_url": server.url, "project_id": "p-1", "region": "fr-par"}
    given = {}
    for field in providers.spec(provider).fields:
        if field.is_required:
            first = field.choices[0][0] if field.kind is As.CHOICE else known.get(field.name, "")
            given[field.name] = SECRET if field.is_secret else first
    return given


@pytest.mark.parametrize(
    ("provider", "fields", "said"),
    [
        ("smtp", {"host": "127.0.0.1", "port": "587", "security": "none"}, "127.0.0.1 is in a private network"),
        ("smtp", {"host": "localhost", "port": "25", "security": "starttls"}, "is in a private network"),
        ("smtp", {"host": "::ffff:10.0.0.1", "port": "25", "security": "none"}, "is in a private network"),
        ("smtp", {"host": "169.254.169.254", "port": "25", "security": "none"}, "is in a private network"),
        ("smtp", {"host": "smtp.example.com", "port": "22", "security": "none"}, "Port 22 is not allowed"),
        ("smtp", {"host": "smtp.example.com", "port": "99999", "security": "none"}, "a number from 1 to 65535"),
        ("smtp", {"host": "a b", "port": "25", "security": "none"}, "“a b” is no name of a server."),
        ("smtp", {"host": "x.example\r\nRSET", "port": "25", "security": "none"}, "look at what was pasted"),
        ("brevo", {"api_key": "key…"}, "look at what was pasted"),
        ("postal", {"api_url": "https://127.0.0.1/", "api_key": SECRET}, "is in a private network"),
        ("postal", {"api_url": "https://127.0.0.1:5432/", "api_key": SECRET}, "Port 5432 is not allowed"),
        ("postal", {"api_url": "http://postal.example.com/", "api_key": SECRET}, "must begin with https://"),
        ("amazon_ses", {"region": "evil.example/", "username": "u", "password": SECRET}, "is no region"),
    ],
)
def test_a_server_of_ones_own_stands_in_public(
    alice: Person, settings: Settings, provider: str, fields: dict[str, str], said: str
) -> None:
    settings.PRIVATE_MAIL_HOSTS = False
    page = enter(alice, provider, **fields).content.decode()
    assert said in page
    assert SECRET not in page
    assert not MailAccount.objects.exists()


def test_who_was_not_reached_has_refused_nothing_and_is_named_once(alice: Person, settings: Settings) -> None:
    """Each way to fail in words for people: nobody there, no such name, silence, no mail server, a provider's address."""
    settings.PRIVATE_MAIL_HOSTS, settings.OWN_MAIL_TIMEOUT = True, 0.3
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nobody = gone.getsockname()[1]
    settings.ANYMAIL = {"SENDGRID_API_URL": f"http://127.0.0.1:{nobody}/"}
    with silent() as mute, silent(drips=True) as dripping, silent(says=b"HTTP/1.1 400 No\r\n") as web:
        said = {
            f"Nobody answers at 127.0.0.1 port {nobody}.": ("127.0.0.1", nobody),
            "its name is not found.": ("no-such-server.invalid", 25),
            f"127.0.0.1 port {mute.port} took the connection, and gave no answer in time.": ("127.0.0.1", mute.port),
            f"127.0.0.1 port {dripping.port} took": ("127.0.0.1", dripping.port),
            f"127.0.0.1 port {web.port} is no mail server.": ("127.0.0.1", web.port),
        }
        for words, (host, port) in said.items():
            page = _tried(alice, host, port)
            assert words in page, words
            assert page.count(words) == 1, "the same error twice"
            assert "did not accept" not in page
            assert "Errno" not in page
    page = enter(alice, "sendgrid", region="global", api_key=SECRET).content.decode()
    assert f"Nobody answers at 127.0.0.1 port {nobody}." in page
    assert not MailAccount.objects.exists()


def test_asking_a_provider_has_an_end_whatever_keeps_it_waiting(alice: Person, settings: Settings) -> None:
    """A server that answers letter by letter keeps within each single wait."""
    settings.OWN_MAIL_TIMEOUT = 0.3
    with silent(drips=True) as dripping:
        settings.ANYMAIL = {"SENDGRID_API_URL": f"http://127.0.0.1:{dripping.port}/"}
        started = time.monotonic()
        page = enter(alice, "sendgrid", region="global", api_key=SECRET).content.decode()
        assert time.monotonic() - started < 5
    assert f"127.0.0.1 port {dripping.port} does not answer." in page


def test_a_short_password_does_not_eat_letters_of_what_a_provider_says() -> None:
    said = "535 5.7.8 pass: (p) is no password for sealed-secret-4711, Bearer:sealed-secret-4711x"
    shown = sealing.hidden(said, ["p", SECRET, ""])
    assert shown == "535 5.7.8 pass: (…) is no password for …, Bearer:…x"


def _tried(person: Person, host: str, port: int) -> str:
    """With a password of one letter, which stands in many words."""
    fields = {"host": host, "port": str(port), "security": "none", "username": "u", "password": "p"}
    page: str = enter(person, "smtp", **fields).content.decode()
    return page


def test_a_server_does_not_lead_anywhere_else(alice: Person, settings: Settings) -> None:
    """A redirect would take the key, and our address, where it likes."""
    settings.PRIVATE_MAIL_HOSTS = True
    with (
        api(lambda _call: Answer(200)) as inner,
        api(lambda _call: Answer(302, headers={"Location": inner.url})) as outer,
    ):
        enter(alice, "postal", api_url=outer.url, api_key=SECRET)
    assert (len(outer.calls), inner.calls, MailAccount.objects.count()) == (1, [], 0)


def test_an_operator_may_keep_all_mail_on_one_road(alice: Person, smtp_sink: SmtpSink, settings: Settings) -> None:
    own_server(alice.organization, 9)
    settings.OWN_MAIL_ACCOUNTS = False
    _asked(alice)

    sending.send_due(Queue.BULK)

    assert smtp_sink.recipients() == ["ada@example.com"]
    assert "does not allow accounts" in alice.get(alice.url("delivery:account")).content.decode()
    assert alice.post(alice.url("delivery:account_switch"), {"on": "1"}).status_code == 403


def test_secrets_outlive_a_change_of_the_secret_key(alice: Person, settings: Settings) -> None:
    account = own_server(alice.organization, 9)
    MailAccount.objects.update(secrets=own_roads.sealed({"password": SECRET}))
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = (
        [settings.SECRET_KEY],
        "another-secret-key-of-this-installation",
    )
    call_command("reseal_secrets", stdout=StringIO())
    settings.SECRET_KEY_FALLBACKS = []
    account.refresh_from_db()
    assert own_roads.secrets(account) == {"password": SECRET}
    settings.SECRET_KEY = "a third one, and nobody knows those of before"
    with pytest.raises(sealing.CannotUnseal):
        own_roads.secrets(account)
    assert own_roads.readable_secrets(account) == {}
