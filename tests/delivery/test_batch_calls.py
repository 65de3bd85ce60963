"""Many messages with one call: each recipient gets exactly what they would have got alone, and has an answer of their own."""

import json
from typing import Any

import pytest
from pytest_django import Settings

from surveys.campaigns.models import Campaign
from surveys.core import tokens
from surveys.core.mail import Filled
from surveys.core.tokens import Purpose
from surveys.delivery import letters, queries, sending
from surveys.delivery.models import Delivery, Queue, State
from tests import factories
from tests.delivery.provider_world import SECRET, Answer, Call, api, own_account
from tests.delivery.world import live_campaign, plan
from tests.people import Person

pytestmark = pytest.mark.django_db

NAMES = {"ada": "Ada <b>Lovelace</b>", "bea": "Bea O'Neil & Söhne", "cleo": ""}


def asked(person: Person, **fields: Any) -> Campaign:
    for name, full in NAMES.items():
        factories.customer(person.organization, f"{name}@example.com", name=full)
    campaign = live_campaign(person.organization, **fields)
    plan(campaign)
    return campaign


def delivery_to(address: str) -> Delivery:
    return Delivery.objects.get(to_address=address)


def token_of(delivery: Delivery) -> str:
    return delivery.message_id.strip("<>").partition("@")[0]


def links(delivery: Delivery) -> list[str]:
    answer = f"http://testserver/r/{tokens.make(Purpose.ANSWER, delivery.invitation_id or 0)}/"
    return [f"{answer}{score}/" for score in range(11)]


# ── Providers that fill in ───────────────────────────────────────────────────────────────────────────────────────────
def _filled(text: str, places: dict[str, str]) -> str:
    for place, value in places.items():
        text = text.replace(place, value)
    return text


def _received_by_sendgrid(call: Call) -> dict[str, dict[str, Any]]:
    """What each recipient gets when the provider has filled in, by address."""
    said = call.json
    text, html = (each["value"] for each in said["content"])
    return {
        one["to"][0]["email"]: {
            "subject": _filled(said["subject"], one["substitutions"]),
            "text": _filled(text, one["substitutions"]),
            "html": _filled(html, one["substitutions"]),
            "headers": one["headers"],
            "delivery": one["custom_args"]["delivery"],
        }
        for one in said["personalizations"]
    }


def _received_by_mailgun(call: Call) -> dict[str, dict[str, Any]]:
    form = call.form
    everyone = json.loads(form["recipient-variables"])
    received = {}
    for address, known in everyone.items():
        places = {f"%recipient.{key}%": value for key, value in known.items()}
        received[address] = {
            "subject": _filled(form["subject"], places),
            "text": _filled(form["text"], places),
            "html": _filled(form["html"], places),
            "headers": {name[2:]: _filled(value, places) for name, value in form.items() if name.startswith("h:")},
            "delivery": _filled(form["v:delivery"], places),
        }
    return received


def _received_by_sparkpost(call: Call) -> dict[str, dict[str, Any]]:
    said = call.json
    content = said["content"]
    received = {}
    for one in said["recipients"]:
        places = {f"{{{{{{{key}}}}}}}": value for key, value in one["substitution_data"].items()}
        places |= {f"{{{{{key}}}}}": value for key, value in one["substitution_data"].items()}
        received[one["address"]["email"]] = {
            **{part: _filled(content[part], places) for part in ("subject", "text", "html")},
            "headers": {name: _filled(value, places) for name, value in content["headers"].items()},
            "delivery": one["metadata"]["delivery"],
        }
    return received


FILLING = {
    "sendgrid": ({"region": "global"}, _received_by_sendgrid, Answer(202)),
    "mailgun": (
        {"region": "us", "sender_domain": "mg.example.com"},
        _received_by_mailgun,
        Answer(200, {"id": "<batch@mg>", "message": "Queued. Thank you."}),
    ),
    "sparkpost": (
        {"region": "us"},
        _received_by_sparkpost,
        Answer(200, {"results": {"id": "t-1", "total_accepted_recipients": 3, "total_rejected_recipients": 0}}),
    ),
}


@pytest.mark.parametrize("provider", FILLING)
def test_each_gets_their_own_words_links_and_names_though_there_was_one_call(
    alice: Person, settings: Settings, provider: str
) -> None:
    options, received_by, answer = FILLING[provider]
    with api(lambda _call: answer) as server:
        settings.ANYMAIL = {f"{provider.upper()}_API_URL": server.url}
        own_account(alice.organization, provider, options, api_key=SECRET)
        campaign = asked(alice)
        campaign.wordings.update(intro="Dear {{ name|friend }}, we listen.")
        sending.send_due(Queue.BULK)

    (call,) = server.calls
    received = received_by(call)
    assert set(received) == {f"{name}@example.com" for name in NAMES}
    for address, mail in received.items():
        delivery = delivery_to(address)
        alone = letter_of(campaign, delivery)
        assert (mail["subject"], mail["text"], mail["html"]) == (alone.subject, alone.text, alone.html)
        assert mail["delivery"] == token_of(delivery)
        assert {name.lower(): value for name, value in mail["headers"].items()}["message-id"] == delivery.message_id
        assert (delivery.state, bool(delivery.provider_id)) == (State.SENT, True)
    assert "Dear Ada &lt;b&gt;Lovelace&lt;/b&gt;" in received["ada@example.com"]["html"]
    assert "Dear friend" in received["cleo@example.com"]["text"]


def letter_of(campaign: Campaign, delivery: Delivery) -> Filled:
    """What this recipient would get by SMTP."""
    ask = letters.Ask.of(campaign, campaign.wordings.get(), campaign.organization)
    values = letters.values(
        company=ask.company,
        name=NAMES[delivery.to_address.partition("@")[0]],
        email=delivery.to_address,
        invitation=delivery.invitation_id or 0,
    )
    return letters.letter(ask).filled(values)


@pytest.mark.parametrize(
    ("provider", "written"), [("mailgun", "%recipient.h:Message-Id% %RECIPIENT%"), ("sparkpost", "{{ secret }}")]
)
def test_words_that_look_like_a_providers_places_go_one_by_one_and_as_they_are(
    alice: Person, settings: Settings, provider: str, written: str
) -> None:
    options, _received_by, answer = FILLING[provider]
    with api(lambda _call: answer) as server:
        settings.ANYMAIL = {f"{provider.upper()}_API_URL": server.url}
        own_account(alice.organization, provider, options, api_key=SECRET)
        campaign = asked(alice)
        campaign.wordings.update(intro=f"Dear customer, {written}")
        sending.send_due(Queue.BULK)

    assert len(server.calls) == 3
    assert all(written in _read_by(provider, call) for call in server.calls)
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}


def _read_by(provider: str, call: Call) -> str:
    """The text part as its one recipient reads it."""
    if provider == "mailgun":
        return call.form["text"]
    places = {f"{{{{{key}}}}}": str(value) for key, value in call.json["substitution_data"].items()}
    return _filled(call.json["content"]["text"], places)


def test_a_name_that_looks_like_a_place_fills_nothing(alice: Person, settings: Settings) -> None:
    """Mallory calls himself what a provider calls somebody else's link; the others still go together."""
    options, _received_by, answer = FILLING["mailgun"]
    with api(lambda _call: answer) as server:
        settings.ANYMAIL = {"MAILGUN_API_URL": server.url}
        own_account(alice.organization, "mailgun", options, api_key=SECRET)
        factories.customer(alice.organization, "mallory@example.com", name="%recipient.slot0001%")
        asked(alice)
        sending.send_due(Queue.BULK)
    together, alone = server.calls
    assert len(json.loads(together.form["recipient-variables"])) == 3
    assert alone.form["to"] == "mallory@example.com"


def test_one_that_a_provider_cannot_take_does_not_keep_the_rest(alice: Person, settings: Settings) -> None:
    def rule(call: Call) -> Answer:
        bad = [one for one in call.json["personalizations"] if one["to"][0]["email"] == "bea@example.com"]
        said = {"field": "personalizations.1.to.0.email", "message": "Does not contain a valid address."}
        return Answer(400, {"errors": [said]}) if bad else Answer(202)

    with api(rule) as server:
        settings.ANYMAIL = {"SENDGRID_API_URL": server.url}
        own_account(alice.organization, "sendgrid", {"region": "global"}, api_key=SECRET)
        asked(alice)
        sending.send_due(Queue.BULK)

    states = {delivery.to_address: delivery.state for delivery in Delivery.objects.all()}
    assert states == {"ada@example.com": "sent", "bea@example.com": "failed", "cleo@example.com": "sent"}
    assert delivery_to("bea@example.com").provider_id == ""


def test_a_call_without_an_answer_leaves_all_its_messages_in_doubt_by_name(alice: Person, settings: Settings) -> None:
    settings.OWN_MAIL_TIMEOUT = 0.3

    def late(call: Call) -> Answer:
        raise ConnectionAbortedError

    with api(late) as server:
        settings.ANYMAIL = {"SENDGRID_API_URL": server.url}
        own_account(alice.organization, "sendgrid", {"region": "global"}, api_key=SECRET)
        campaign = asked(alice)
        sending.send_due(Queue.BULK)
    doubted = {delivery.to_address for delivery in queries.uncertain(campaign.organization)}
    assert doubted == {f"{name}@example.com" for name in NAMES}
    assert len(server.calls) == 1


# ── Providers that take lists ────────────────────────────────────────────────────────────────────────────────────────
LISTS: dict[str, Any] = {
    "mailjet": (
        "/send",
        {"api_key": SECRET, "secret_key": SECRET},
        lambda said: said["Messages"],
        lambda items: {"Messages": items},
        lambda message, n: {"Status": "success", "To": [{"Email": message["To"][0]["Email"], "MessageID": n + 1}]},
        lambda message: message["HTMLPart"],
        lambda message: json.loads(message["EventPayload"])["delivery"],
    ),
    "resend": (
        "/emails/batch",
        {"api_key": SECRET},
        lambda said: said,
        lambda items: {"data": items},
        lambda _message, n: {"id": str(n + 1)},
        lambda message: message["html"],
        lambda message: json.loads(message["headers"]["X-Metadata"])["delivery"],
    ),
    "mailtrap": (
        "/batch",
        {"api_token": SECRET},
        lambda said: said["requests"],
        lambda items: {"success": True, "responses": items},
        lambda _message, n: {"success": True, "message_ids": [str(n + 1)]},
        lambda message: message["html"],
        lambda message: message["custom_variables"]["delivery"],
    ),
}


@pytest.mark.parametrize("provider", LISTS)
def test_lists_of_whole_messages_have_an_answer_for_each(alice: Person, settings: Settings, provider: str) -> None:
    path, keys, messages_of, answer_of, answer_to, html_of, delivery_in = LISTS[provider]

    def rule(call: Call) -> Answer:
        messages = messages_of(call.json)
        return Answer(200, answer_of([answer_to(message, number) for number, message in enumerate(messages)]))

    with api(rule) as server:
        settings.ANYMAIL = {f"{provider.upper()}_API_URL": server.url}
        own_account(alice.organization, provider, **keys)
        asked(alice)
        sending.send_due(Queue.BULK)

    (call,) = server.calls
    assert call.path == path
    named = {delivery_in(message): html_of(message) for message in messages_of(call.json)}
    for number, delivery in enumerate(Delivery.objects.order_by("pk")):
        assert (delivery.state, delivery.provider_id) == (State.SENT, str(number + 1))
        assert all(link in named[token_of(delivery)] for link in links(delivery))
