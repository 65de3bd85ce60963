"""Each organization's mail takes its road, and one that is lost holds up no other."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address

import pytest
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from pytest_django import Settings

from surveys.campaigns.models import Campaign, Status
from surveys.core import outbound
from surveys.delivery import actions, keeping, own_roads, provider_replies, providers, routes, sending
from surveys.delivery.channels import channel_of
from surveys.delivery.mailing import Mail, Unreachable
from surveys.delivery.models import Delivery, MailAccount, Queue, RouteState, State
from surveys.delivery.own_smtp import OwnEmailBackend
from surveys.delivery.replies import Reply, Stage, Verdict, classify
from tests import factories
from tests.delivery.provider_world import SECRET, Answer, api, own_account, own_server, silent
from tests.delivery.world import live_campaign, plan
from tests.helpers.smtp import Received, SmtpSink
from tests.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _near(settings: Settings) -> None:
    settings.PRIVATE_MAIL_HOSTS = True
    settings.OWN_MAIL_TIMEOUT = 0.5


@pytest.fixture
def other_sink() -> Iterator[SmtpSink]:
    sink = SmtpSink().start()
    yield sink
    sink.stop()


def asks(person: Person, address: str) -> Campaign:
    """A live campaign of theirs with one customer who is due."""
    factories.customer(person.organization, address)
    campaign = live_campaign(person.organization)
    plan(campaign)
    return campaign


def test_each_organization_takes_its_own_road(
    alice: Person, charlie: Person, smtp_sink: SmtpSink, other_sink: SmtpSink
) -> None:
    own_server(charlie.organization, other_sink.port)
    asks(alice, "ada@example.com")
    asks(charlie, "carl@example.com")

    while sending.send_due(Queue.BULK):
        pass

    assert (smtp_sink.recipients(), other_sink.recipients()) == (["ada@example.com"], ["carl@example.com"])


def test_a_server_that_hangs_does_not_hold_up_the_mail_of_others(
    alice: Person, charlie: Person, smtp_sink: SmtpSink
) -> None:
    asks(alice, "ada@example.com")
    asks(charlie, "carl@example.com")
    with silent() as server:
        account = own_server(charlie.organization, server.port)
        started = time.monotonic()
        for _time in range(4):
            sending.send_due(Queue.BULK)
        assert smtp_sink.recipients() == ["ada@example.com"]
        assert time.monotonic() - started < 5, "more than one wait for the one that hangs"
        assert server.connections == 1

    road = RouteState.objects.get(route=routes.of_account(account.pk))
    assert (road.failures, Delivery.objects.get(to_address="").state) == (1, State.DUE)
    assert timedelta() < (road.unreachable_until or timezone.now()) - timezone.now() < timedelta(seconds=6)


def test_a_server_that_answers_letter_by_letter_is_hung_up_on(charlie: Person) -> None:
    with silent(drips=True) as server:
        channel = channel_of(own_roads.backend(own_server(charlie.organization, server.port)))
        started = time.monotonic()
        with pytest.raises(Unreachable):
            channel.open()
    assert time.monotonic() - started < 3


def test_waits_for_a_lost_road_grow_and_end_when_a_message_arrives(charlie: Person, other_sink: SmtpSink) -> None:
    route = routes.of_account(own_server(charlie.organization, other_sink.port).pk)
    at, waits = timezone.now(), []
    for _time in range(8):
        actions.lose_road(route=route, problem="no route to host", at=at)
        actions.lose_road(route=route, problem="another sender finds out, too", at=at)
        until = RouteState.objects.get(route=route).unreachable_until or at
        waits.append(round((until - at).total_seconds()))
        at = until
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]

    asks(charlie, "carl@example.com")
    RouteState.objects.update(unreachable_until=timezone.now() - timedelta(seconds=1))
    sending.send_due(Queue.BULK)

    road = RouteState.objects.get(route=route)
    assert (other_sink.recipients(), road.failures, road.unreachable_until) == (["carl@example.com"], 0, None)


def test_an_account_that_is_changed_is_used_as_it_is_now(
    charlie: Person, smtp_sink: SmtpSink, other_sink: SmtpSink
) -> None:
    account = own_server(charlie.organization, other_sink.port)
    asks(charlie, "carl@example.com")
    sending.send_due(Queue.BULK)
    changed = account.options | {"port": str(smtp_sink.port)}
    MailAccount.objects.update(options=changed, updated_at=timezone.now())
    factories.customer(charlie.organization, "cleo@example.com")
    plan(live_campaign(charlie.organization, "Again"))

    sending.send_due(Queue.BULK)

    assert (other_sink.recipients(), smtp_sink.recipients()) == (["carl@example.com"], ["cleo@example.com"])


def test_who_is_not_let_in_is_paused_with_the_providers_words_and_nobody_else(
    alice: Person, charlie: Person, smtp_sink: SmtpSink, settings: Settings
) -> None:
    hers, his = asks(alice, "ada@example.com"), asks(charlie, "carl@example.com")
    with api(lambda _call: Answer(401, {"ErrorCode": 10, "Message": f"Bad token {SECRET}"})) as server:
        settings.ANYMAIL = {"POSTMARK_API_URL": server.url}
        own_account(charlie.organization, "postmark", server_token=SECRET)
        while sending.send_due(Queue.BULK):
            pass

    hers.refresh_from_db()
    his.refresh_from_db()
    assert (hers.status, his.status, smtp_sink.recipients()) == (Status.LIVE, Status.PAUSED, ["ada@example.com"])
    assert "Bad token …" in his.status_reason
    assert SECRET not in str(list(Delivery.objects.values()))


def test_one_connection_carries_one_message_after_the_other(charlie: Person, settings: Settings) -> None:
    for name in ("carl", "cleo", "cyd"):
        factories.customer(charlie.organization, f"{name}@example.com")
    plan(live_campaign(charlie.organization))
    with api(lambda _call: Answer(201, {"messageId": "<m@brevo>"})) as server:
        settings.ANYMAIL = {"BREVO_API_URL": server.url}
        own_account(charlie.organization, "brevo", api_key=SECRET)
        sending.send_due(Queue.BULK)
        assert (len(server.calls), server.connections) == (3, 1)
        keeping.hang_up()
    delivery = Delivery.objects.order_by("pk")[0]
    token = delivery.message_id.strip("<>").partition("@")[0]
    assert server.calls[0].json["headers"]["X-Mailin-custom"] == f'{{"delivery": "{token}"}}'
    assert server.calls[0].json["headers"]["Message-ID"] == delivery.message_id
    assert delivery.provider_id == "<m@brevo>"


def test_mails_of_the_product_take_the_operators_road(charlie: Person, smtp_sink: SmtpSink) -> None:
    own_server(charlie.organization, 9)
    actions.enqueue_system(to="dora@example.com", subject="Reset", text="…", at=timezone.now())

    sending.send_due(Queue.EMAIL)

    assert smtp_sink.recipients() == ["dora@example.com"]


def test_amazons_own_name_of_a_message_is_kept_and_ours_goes_with_it(charlie: Person) -> None:
    """By its SMTP interface: metadata and configuration set are headers there."""
    offered: list[Received] = []
    sink = SmtpSink().start()

    def answer(offer: Received) -> str:
        offered.append(offer)
        return "250 Ok 0102018f1f2e3d4c-0a1b2c3d-000000"

    sink.answer_by(answer)
    account = own_account(charlie.organization, "amazon_ses", {"region": "eu-west-1", "configuration_set": "surveys"})
    backend = OwnEmailBackend(host=sink.host, port=sink.port, username="", password="", timeout=2)
    channel = channel_of(backend, account)
    channel.open()
    reply = channel.send(Mail("us@example.com", "carl@example.com", b"Subject: Hello\r\n\r\nHello", "token-7"))
    channel.close()
    sink.stop()
    assert (reply.verdict, reply.provider_id) == (Verdict.ACCEPTED, "0102018f1f2e3d4c-0a1b2c3d-000000")
    message = offered[0].message
    assert message["X-Metadata"] == '{"delivery": "token-7"}'
    assert message["X-SES-CONFIGURATION-SET"] == "surveys"


NAMED_BY = {
    "brevo": ("X-Mailin-custom", '{"delivery": "token-7"}'),
    "mailgun": ("X-Mailgun-Variables", '{"delivery": "token-7"}'),
    "mailjet": ("X-MJ-EventPayload", '{"delivery": "token-7"}'),
    "mailtrap": ("X-MT-Custom-Variables", '{"delivery": "token-7"}'),
    "mandrill": ("X-MC-Metadata", '{"delivery": "token-7"}'),
    "postmark": ("X-PM-Metadata-delivery", "token-7"),
    "resend": ("X-Metadata", '{"delivery": "token-7"}'),
    "sendgrid": ("X-SMTPAPI", '{"unique_args": {"delivery": "token-7"}}'),
    "sparkpost": ("X-MSYS-API", '{"metadata": {"delivery": "token-7"}}'),
    "amazon_ses": ("X-Metadata", '{"delivery": "token-7"}'),
    "postal": ("Message-ID", "<token-7@x>"),
}


def test_a_message_by_smtp_carries_what_the_providers_reports_will_name_it_by(
    charlie: Person, other_sink: SmtpSink
) -> None:
    """Most of them do not repeat our Message-ID; those that give nothing back are not offered."""
    (field,) = [each for each in providers.spec("smtp").fields if each.name == "hook_provider"]
    assert {value for value, _label in field.choices if value} == set(NAMED_BY)
    account = own_server(charlie.organization, other_sink.port)
    content = b"Message-ID: <token-7@x>\r\nSubject: Hello\r\n\r\nHello"
    for number, (provider, (name, value)) in enumerate(NAMED_BY.items()):
        account.options["hook_provider"] = provider
        channel = channel_of(own_roads.backend(account), account)
        channel.open()
        channel.send(Mail("us@example.com", "carl@example.com", content, "token-7"))
        channel.close()
        assert other_sink.received[number].message[name] == value, provider


# ── What answers mean ────────────────────────────────────────────────────────────────────────────────────────────────
SENDER, UNSENDABLE, TEMPORARY, ADDRESS = Verdict.SENDER, Verdict.UNSENDABLE, Verdict.TEMPORARY, Verdict.ADDRESS

ANSWERS = {
    "mailgun: domain unknown": ("mailgun", 404, {"message": "Domain not found: example.com"}, SENDER),
    "mailgun: key": ("mailgun", 401, {"message": "Forbidden"}, SENDER),
    "mailgun: from": ("mailgun", 400, {"message": "from parameter is not a valid address"}, SENDER),
    "mailgun: to": ("mailgun", 400, {"message": "to parameter is not a valid address"}, UNSENDABLE),
    "mailgun: sandbox": ("mailgun", 403, {"message": "Domain is not allowed to send: Free accounts"}, SENDER),
    "sendgrid: from": ("sendgrid", 403, {"errors": [{"message": "The from address does not match"}]}, SENDER),
    "sendgrid: to": (
        "sendgrid",
        400,
        {"errors": [{"field": "personalizations.0.to.0.email", "message": "Does not contain a valid address."}]},
        UNSENDABLE,
    ),
    "sendgrid: too large": ("sendgrid", 413, {"errors": [{"message": "Payload too large"}]}, UNSENDABLE),
    "sendgrid: too fast": ("sendgrid", 429, {"errors": [{"message": "too many requests"}]}, TEMPORARY),
    "postmark: sender": ("postmark", 422, {"ErrorCode": 400, "Message": "No such Sender Signature"}, SENDER),
    "postmark: credits": ("postmark", 422, {"ErrorCode": 405, "Message": "Out of them"}, SENDER),
    "postmark: pending": ("postmark", 422, {"ErrorCode": 412, "Message": "Awaiting approval"}, SENDER),
    "postmark: from": ("postmark", 422, {"ErrorCode": 300, "Message": "Invalid 'From' address: 'x'."}, SENDER),
    "postmark: to": (
        "postmark",
        422,
        {"ErrorCode": 300, "Message": "Invalid 'To' address: 'ada@example.com'."},
        ADDRESS,
    ),
    "postmark: down": ("postmark", 503, {"ErrorCode": 100, "Message": "Maintenance"}, TEMPORARY),
    "brevo: credits": ("brevo", 402, {"code": "not_enough_credits", "message": "None left"}, SENDER),
    "brevo: sender": (
        "brevo",
        400,
        {"message": "Sending has been rejected: the sender you used is not valid."},
        SENDER,
    ),
    "resend: domain": ("resend", 403, {"name": "validation_error", "message": "The domain is not verified"}, SENDER),
    "resend: to": ("resend", 422, {"name": "validation_error", "message": "Invalid `to` field."}, UNSENDABLE),
    "mailersend: domain": ("mailersend", 422, {"message": "The from.email domain must be verified #MS42207"}, SENDER),
    "mailjet: sender": (
        "mailjet",
        400,
        {"Messages": [{"Status": "error", "Errors": [{"ErrorMessage": '"x" is not an authorized sender address'}]}]},
        SENDER,
    ),
    "mandrill: key": ("mandrill", 500, {"status": "error", "code": -1, "name": "Invalid_Key"}, SENDER),
    "mandrill: broken": ("mandrill", 500, {"status": "error", "code": -99, "name": "GeneralError"}, TEMPORARY),
    "mandrill: unsigned": (
        "mandrill",
        200,
        [{"email": "ada@example.com", "status": "rejected", "reject_reason": "unsigned"}],
        SENDER,
    ),
    "mandrill: bounced": (
        "mandrill",
        200,
        [{"email": "ada@example.com", "status": "rejected", "reject_reason": "hard-bounce"}],
        ADDRESS,
    ),
    "postal: key": ("postal", 200, {"status": "error", "data": {"code": "InvalidServerAPIKey"}}, SENDER),
    "postal: message": ("postal", 200, {"status": "error", "data": {"code": "NoContent"}}, UNSENDABLE),
    "sparkpost: domain": (
        "sparkpost",
        400,
        {"errors": [{"message": "Unconfigured or unverified sending domain.", "code": "7001"}]},
        SENDER,
    ),
    "sparkpost: an hour": ("sparkpost", 420, {"errors": [{"message": "Exceed Sending Limit (hourly)"}]}, TEMPORARY),
}
NEEDED = {
    "mailgun": {"region": "us", "sender_domain": "example.com"},
    "sendgrid": {"region": "global"},
    "sparkpost": {"region": "us"},
    "unisender_go": {"region": "go1"},
    "scaleway": {"region": "fr-par", "project_id": "p"},
}
KEYS = {
    "postmark": ["server_token"],
    "mailersend": ["api_token"],
    "mailtrap": ["api_token"],
    "scaleway": ["secret_key"],
}
KEYS |= {"mailjet": ["api_key", "secret_key"]}


def test_refusals_of_providers_are_about_whom_they_say(charlie: Person, settings: Settings) -> None:
    """One message by a real call to each, answered as the provider documents it."""
    factories.customer(charlie.organization, "ada@example.com")
    wrong: dict[str, object] = {}
    for name, (provider, status, body, verdict) in ANSWERS.items():
        with api(lambda _call, status=status, body=body: Answer(status, body)) as server:  # type: ignore[misc]
            settings.ANYMAIL = {f"{provider.upper()}_API_URL": server.url}
            options = NEEDED.get(provider, {}) | ({"api_url": server.url} if provider == "postal" else {})
            secrets = dict.fromkeys(KEYS.get(provider, ["api_key"]), SECRET)
            reply = _answer_to_one(own_account(charlie.organization, provider, options, **secrets))
        MailAccount.objects.all().delete()
        if reply.verdict is not verdict or reply.is_pace != (status in (420, 429)):
            wrong[name] = reply
    assert not wrong


def _answer_to_one(account: MailAccount) -> Reply:
    message = EmailMultiAlternatives("Hello", "Hello", "us@example.com", ["ada@example.com"])
    channel = channel_of(own_roads.backend(account), account)
    channel.open()
    try:
        return channel.send(Mail("us@example.com", "ada@example.com", message, "token"))
    finally:
        channel.close()


def test_a_server_says_when_to_come_again_in_two_ways() -> None:
    at = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    said = format_datetime(at + timedelta(seconds=90), usegmt=True)
    assert [provider_replies.retry_after(each, at=at) for each in ("120", said, "soon", "")] == [120, 90, None, None]


@pytest.mark.parametrize(
    ("code", "text", "is_pace"),
    [
        (421, "4.7.28 Our system has detected an unusual rate of mail", True),
        (450, "4.7.1 [TSS04] deferred", True),
        (421, "Too many connections", True),
        (451, "4.7.1 Greylisted, come again in five minutes", False),
        (421, "4.3.2 System going down", False),
        (452, "4.2.2 Mailbox full", False),
        (550, "5.7.1 Too many complaints", False),
    ],
)
def test_a_server_that_wants_less_mail_is_told_from_one_that_is_ill(code: int, text: str, is_pace: bool) -> None:
    assert classify(Stage.RECIPIENT, code, text).is_pace is is_pace


def test_private_addresses_are_known_in_every_dress() -> None:
    private = "127.0.0.1 10.1.2.3 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 ::1 fe80::1 fd00::1 ::ffff:10.0.0.1 fec0::1 192.0.0.192"
    dressed = "64:ff9b::a00:1 2002:7f00:1:: 2001:0:4136:e378:8000:63bf:80ff:fffe"
    for address in f"{private} {dressed}".split():
        assert not outbound.is_public(ip_address(address)), address
    for address in ["9.9.9.9", "2620:fe::fe", "64:ff9b::909:909"]:
        assert outbound.is_public(ip_address(address)), address
