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
    """Answers as Postmark does. `answers`: by address, a status and a body, or DROP to hang up without a word."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, tuple[int, str]] = {}
        self.posted: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.posted.append(message)
        accepted = json.dumps({"ErrorCode": 0, "Message": "OK", "MessageID": "p-1", "To": message["To"]})
        status, body = self.server.answers.get(message["To"], (200, accepted))
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


def test_one_refused_address_one_delay_and_the_others_go_on(campaign: Campaign, provider: Provider) -> None:
    inactive = (
        "Found inactive addresses: ada@example.com. Inactive recipients are ones that have generated a hard bounce."
    )
    provider.answers["ada@example.com"] = 422, json.dumps({"ErrorCode": 406, "Message": inactive})
    provider.answers["bea@example.com"] = 429, "{}"

    sending.send_due(Queue.BULK)

    ada, bea, cleo = (delivery_to(name) for name in ("ada", "bea", "cleo"))
    assert [ada.state, bea.state, cleo.state] == [State.FAILED, State.DUE, State.SENT]
    assert Customer.objects.get(email="ada@example.com").suppression == "bounced"
    assert (bea.due_at - timezone.now()).total_seconds() > 850, "sooner than the provider asked for"


def test_a_provider_that_refuses_the_sender_pauses_the_campaign(campaign: Campaign, provider: Provider) -> None:
    provider.answers["ada@example.com"] = 401, '{"ErrorCode": 10, "Message": "Bad or missing server token"}'

    sending.send_due(Queue.BULK)

    campaign.refresh_from_db()
    assert campaign.status == Status.PAUSED
    assert "Bad or missing server token" in campaign.status_reason
    assert len(provider.posted) == 1
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DUE}


def test_no_answer_from_the_provider_leaves_doubt(campaign: Campaign, provider: Provider) -> None:
    """Nor does an answer prove anything that names no message."""
    provider.answers["bea@example.com"] = DROP
    provider.answers["cleo@example.com"] = 422, '{"ErrorCode": 406, "Message": "Something new"}'

    sending.send_due(Queue.BULK)

    doubted = {delivery.to_address for delivery in queries.uncertain(campaign.organization)}
    assert doubted == {"bea@example.com", "cleo@example.com"}
    assert delivery_to("ada").state == State.SENT
