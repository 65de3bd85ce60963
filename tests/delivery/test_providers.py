"""Providers with an API of their own, through django-anymail: what they are given, and what their answers mean."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from surveys.campaigns.models import Campaign, Status
from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.customers.models import Customer
from surveys.delivery import keeping, letters, queries, sending
from surveys.delivery.models import Delivery, Invitation, Queue, State
from tests import factories
from tests.delivery.world import live_campaign, plan
from tests.people import Person

pytestmark = pytest.mark.django_db

DROP = (0, "")


class Provider(ThreadingHTTPServer):
    """Answers as Postmark does, one message or many. `answers`: by address, a status and a body, or DROP to hang up
    without a word. A status that is not about the message alone is that of the whole call."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, tuple[int, str]] = {}
        self.posted: list[dict[str, Any]] = []
        self.calls: list[str] = []

    def answer(self, message: dict[str, Any]) -> tuple[int, str]:
        accepted = {"ErrorCode": 0, "Message": "OK", "MessageID": f"p-{message['To']}", "To": message["To"]}
        return self.answers.get(message["To"], (200, json.dumps(accepted)))


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        messages = said if isinstance(said, list) else [said]
        self.server.calls.append(self.path)
        self.server.posted += messages
        answers = [self.server.answer(message) for message in messages]
        status, body = next((each for each in answers if each[0] not in (200, 422)), answers[0])
        if isinstance(said, list) and status in (200, 422):
            status, body = 200, f"[{','.join(body for _status, body in answers)}]"
        if not status:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Retry-After", "900")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_words: object) -> None:
        """Not on the screen of the tests."""


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    server = Provider()
    threading.Thread(target=server.serve_forever, args=[0.01]).start()
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    url = f"http://127.0.0.1:{server.server_port}/"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "secret", "POSTMARK_API_URL": url}
    keeping.hang_up()
    yield server
    keeping.hang_up()
    server.shutdown()
    server.server_close()


@pytest.fixture
def campaign(alice: Person) -> Campaign:
    """Ada, Bea and Cleo are to be asked."""
    for name in ("ada", "bea", "cleo"):
        factories.customer(alice.organization, f"{name}@example.com", name=name.capitalize())
    campaign = live_campaign(alice.organization)
    plan(campaign)
    return campaign


def delivery_to(name: str) -> Delivery:
    return Delivery.objects.get(customer__email=f"{name}@example.com")


def test_a_provider_is_given_the_whole_ask(campaign: Campaign, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    keeping.hang_up()

    sending.send_due(Queue.BULK)

    ada = delivery_to("ada")
    given = next(message for message in mail.outbox if message.to == ["ada@example.com"])
    assert isinstance(given, mail.EmailMultiAlternatives)
    answer = f"http://testserver/r/{tokens.make(Purpose.ANSWER, ada.invitation_id or 0)}/"
    ((html, kind),) = given.alternatives
    assert kind == "text/html"
    assert all(f"{answer}{score}/" in str(body) for score in range(11) for body in (given.body, html))
    assert given.extra_headers["Message-ID"] == letters.message_id(ada.pk) == ada.message_id
    assert given.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert len(mail.outbox) == 3
    assert queries.campaign_progress(campaign).sent == 3
    assert Invitation.objects.filter(sent_at__isnull=False).count() == 3


def test_one_refused_address_one_doubt_and_the_others_go_on(campaign: Campaign, provider: Provider) -> None:
    """In one call, with an answer for each."""
    inactive = (
        "Found inactive addresses: ada@example.com. Inactive recipients are ones that have generated a hard bounce."
    )
    provider.answers["ada@example.com"] = 422, json.dumps({"ErrorCode": 406, "Message": inactive})
    provider.answers["cleo@example.com"] = 422, '{"ErrorCode": 406, "Message": "Something new"}'

    sending.send_due(Queue.BULK)

    ada, bea = delivery_to("ada"), delivery_to("bea")
    assert provider.calls == ["/email/batch"]
    assert (ada.state, bea.state, bea.provider_id) == (State.FAILED, State.SENT, "p-bea@example.com")
    assert Customer.objects.get(email="ada@example.com").suppression == "bounced"
    doubted = [delivery.to_address for delivery in queries.uncertain(campaign.organization)]
    assert doubted == ["cleo@example.com"], "an answer proves nothing that names no message"


def test_a_provider_that_has_had_enough_is_left_alone_as_long_as_it_wants(
    campaign: Campaign, provider: Provider
) -> None:
    provider.answers["ada@example.com"] = 429, "{}"

    sending.send_due(Queue.BULK)
    sending.send_due(Queue.BULK)

    assert len(provider.calls) == 1
    for delivery in Delivery.objects.order_by("pk"):
        assert (delivery.state, delivery.attempts) == (State.DUE, 0)
        assert (delivery.due_at - timezone.now()).total_seconds() > 850, "sooner than the provider asked for"


def test_a_provider_that_refuses_the_sender_pauses_the_campaign(campaign: Campaign, provider: Provider) -> None:
    provider.answers["ada@example.com"] = 401, '{"ErrorCode": 10, "Message": "Bad or missing server token"}'

    sending.send_due(Queue.BULK)

    campaign.refresh_from_db()
    assert campaign.status == Status.PAUSED
    assert "Bad or missing server token" in campaign.status_reason
    assert len(provider.calls) == 1
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DUE}


def test_no_answer_from_the_provider_leaves_doubt_about_all_that_went_with_the_call(
    campaign: Campaign, provider: Provider
) -> None:
    provider.answers["bea@example.com"] = DROP

    sending.send_due(Queue.BULK)

    doubted = {delivery.to_address for delivery in queries.uncertain(campaign.organization)}
    assert doubted == {"ada@example.com", "bea@example.com", "cleo@example.com"}
    assert len(provider.calls) == 1
