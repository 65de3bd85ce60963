"""Which message an event is about, and that nothing of anybody else is touched by it."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.customers import actions as customers
from surveys.customers.models import Customer, Suppression
from surveys.delivery import own_roads, routes
from surveys.delivery.hooks import roads
from surveys.delivery.models import Delivery, DeliveryEvent, Invitation, MailAccount, State, UnreadEvent
from tests.delivery.hooks import providers
from tests.delivery.hooks.providers import Request
from tests.delivery.hooks.world import Hook, about, hook, operators, part, sent_to
from tests.people import Person

pytestmark = pytest.mark.django_db


def account(of: Person, provider: str = "postmark", **secrets: str) -> MailAccount:
    at = timezone.now()
    return MailAccount.objects.create(
        organization=of.organization,
        provider=provider,
        secrets=own_roads.sealed(secrets),
        is_on=True,
        created_at=at,
        updated_at=at,
    )


def suppression_of(delivery: Delivery) -> str:
    return Customer.objects.get(pk=delivery.customer_id or 0).suppression


def test_an_account_settles_what_its_own_organization_sent(alice: Person) -> None:
    mine = account(alice)
    ada = sent_to(alice, "ada@example.com", state=State.UNCERTAIN)

    assert hook("postmark", mine.pk).post(about(ada, part("postmark", "delivered"))).status_code == 200

    ada.refresh_from_db()
    assert (ada.state, ada.reason) == (State.DELIVERED, "")
    assert Invitation.objects.get(pk=ada.invitation_id or 0).sent_at == ada.sent_at == ada.sending_at
    assert (
        "uncertain"
        not in alice.get(alice.url("delivery:uncertain")).content.decode().split("ada@example.com")[0][-200:]
    )
    assert DeliveryEvent.objects.get().route == routes.of_account(mine.pk)


def test_an_account_of_charlie_cannot_touch_a_message_of_alice(alice: Person, charlie: Person) -> None:
    """Not with her token, her Message-ID, nor with the id that her provider gave it."""
    theirs = hook("sendgrid", account(charlie, "sendgrid").pk)
    ada = sent_to(alice, "ada@example.com")
    namesake = sent_to(charlie, "ada@example.com", provider_id="other")

    assert theirs.post(about(ada, part("sendgrid", "complained"))).status_code == 200

    ada.refresh_from_db()
    assert (ada.state, suppression_of(ada), suppression_of(namesake)) == (State.SENT, "", "")
    noted = DeliveryEvent.objects.get()
    assert (noted.delivery_id, noted.organization_id) == (None, charlie.organization.pk)
    assert "ada@example.com" not in alice.get(alice.url("delivery:told")).content.decode()


@pytest.mark.parametrize("way", ["token", "message id", "provider id"])
def test_each_way_to_name_a_message(alice: Person, settings: Settings, way: str) -> None:
    road = operators("sendgrid", settings)
    ada = sent_to(alice, "ada@example.com")
    words = {"$TOKEN": "none", "$MESSAGE_ID": "<other@example.com>", "$ID": "unknown"}
    names = {"token": "$TOKEN", "message id": "$MESSAGE_ID", "provider id": "$ID"}
    del words[names[way]]

    road.post(about(ada, part("sendgrid", "delivered"), words=words))

    assert DeliveryEvent.objects.get().delivery_id == ada.pk


def test_a_forwarded_mail_that_bounces_says_nothing_about_the_customer(alice: Person, settings: Settings) -> None:
    road = operators("postmark", settings)
    ada = sent_to(alice, "ada@example.com")

    road.post(about(ada, part("postmark", "bounced"), words={"$ADDRESS": "ada@forwarded.example"}))
    road.post(about(ada, part("postmark", "complained"), words={"$ADDRESS": "ada@forwarded.example"}))
    ada.refresh_from_db()
    assert (ada.state, suppression_of(ada)) == (State.SENT, "")
    assert not Suppression.objects.exists()

    road.post(about(ada, part("postmark", "complained"), words={"$ADDRESS": "Ada <ADA@Example.com>"}))
    assert suppression_of(ada) == "complained"


def test_of_somebody_who_was_erased_nothing_is_kept(alice: Person, settings: Settings) -> None:
    road = operators("postmark", settings)
    ada = sent_to(alice, "ada@example.com")
    road.post(about(ada, part("postmark", "soft_bounced")))
    customers.erase(organization=alice.organization, ids=[ada.customer_id or 0], at=timezone.now())
    address = ada.to_address
    road.post(about(ada, part("postmark", "bounced")))

    kept = DeliveryEvent.objects.filter(delivery_id=ada.pk).values_list("address_hash", "domain", "said")
    assert set(kept) == {("", "", "")}
    ada.refresh_from_db()
    assert (ada.last_error, ada.to_address, address) == ("", "", "ada@example.com")


def test_failed_and_cancelled_messages_stay_and_their_address_is_heeded(alice: Person, settings: Settings) -> None:
    road = operators("postmark", settings)
    ada, bea = (
        sent_to(alice, "ada@example.com", state=State.CANCELLED),
        sent_to(alice, "bea@example.com", state=State.FAILED),
    )

    road.post(about(ada, part("postmark", "complained")))
    road.post(about(bea, part("postmark", "delivered")))

    for delivery, state, suppression in ((ada, State.CANCELLED, "complained"), (bea, State.FAILED, "")):
        delivery.refresh_from_db()
        assert (delivery.state, suppression_of(delivery)) == (state, suppression)
    assert Invitation.objects.get(pk=ada.invitation_id or 0).complained_at


def test_a_message_that_waits_to_be_tried_again_has_left_after_all(alice: Person, settings: Settings) -> None:
    road = operators("postmark", settings)
    ada = sent_to(alice, "ada@example.com", state=State.DUE)
    untried = sent_to(alice, "bea@example.com", state=State.DUE)
    Delivery.objects.filter(pk=untried.pk).update(attempts=0, sending_at=None)

    for delivery in (ada, untried):
        road.post(about(delivery, part("postmark", "delivered")))

    states = [Delivery.objects.get(pk=delivery.pk).state for delivery in (ada, untried)]
    assert states == [State.DELIVERED, State.DUE]


# ── The address ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_only_the_providers_own_address_takes_its_reports(alice: Person) -> None:
    mine = account(alice)
    good = hook("postmark", mine.pk)
    token = good.path.split("/")[-2]
    answer = tokens.make(Purpose.ANSWER, mine.pk)
    for path in (
        good.path.replace("postmark", "sendgrid"),
        good.path.replace(token, token[:-1]),
        good.path.replace(token, token[::-1]),
        good.path.replace(token, answer),
        roads.address(mine.pk + 1, "postmark").partition("testserver")[2],
        roads.address(roads.OPERATORS, "postmark").partition("testserver")[2],
    ):
        assert Client().post(path, "{}", content_type="application/json").status_code == 404, path
    MailAccount.objects.all().delete()
    assert good.send(Request(b"{}")).status_code == 404


def test_methods_sizes_and_kinds(alice: Person) -> None:
    road = hook("postmark", account(alice).pk)
    client = Client()
    assert [client.get(road.path).status_code, client.head(road.path).status_code] == [200, 200]
    assert [client.put(road.path).status_code, client.delete(road.path).status_code] == [405, 405]
    assert road.send(Request(b"<xml/>", "text/xml")).status_code == 400
    assert road.send(Request(b"x" * (5 * 1024 * 1024 + 1))).status_code == 413
    answered = road.send(Request(b"this is not JSON"))
    assert (answered.status_code, answered.cookies) == (200, {})
    assert "JSON" in UnreadEvent.objects.get().problem
    assert "this is not JSON" in alice.get(alice.url("delivery:told")).content.decode()


def test_a_login_that_the_provider_was_told_to_send(alice: Person) -> None:
    road = hook("brevo", account(alice, "brevo", webhook_login="brevo:s3cret:x").pk)
    ada = sent_to(alice, "ada@example.com")
    request = road.request(about(ada, part("brevo", "delivered")))

    refused = [
        road.send(request),
        road.send(request, Authorization="Basic YnJldm86d3Jvbmc="),
        road.send(request, Authorization="Basic ???"),
    ]
    assert [response.status_code for response in refused] == [401, 401, 401]
    assert refused[0]["WWW-Authenticate"].startswith("Basic")
    assert not DeliveryEvent.objects.exists()
    assert road.send(request, Authorization="Basic YnJldm86czNjcmV0Ong=").status_code == 200
    assert DeliveryEvent.objects.count() == 1


def test_the_key_of_an_account_is_its_own(alice: Person, charlie: Person, settings: Settings) -> None:
    """Neither the operator's key nor another account's opens it."""
    settings.WEBHOOK_PROVIDER, settings.WEBHOOK_KEY = "mailersend", providers.SECRET
    ada = sent_to(alice, "ada@example.com")
    event: Any = about(ada, part("mailersend", "delivered"))
    other = hook("mailersend", account(alice, "mailersend", webhook_key="another").pk)
    right = hook("mailersend", account(charlie, "mailersend", webhook_key=providers.SECRET).pk)

    assert (other.post(event).status_code, right.post(event).status_code) == (403, 200)
    refused = UnreadEvent.objects.get()
    assert "signature" in refused.problem
    assert other.post(event).status_code == 403
    assert UnreadEvent.objects.count() == 1, "said once an hour"


def test_characters_that_no_database_takes(alice: Person) -> None:
    road: Hook = hook("postmark", account(alice).pk)
    ada = sent_to(alice, "ada@example.com")
    event = about(ada, part("postmark", "bounced"))
    event["Details"] = "smtp;550 5.1.1 \x00 no \ud800 such user" + "x" * 1000

    assert road.post(event).status_code == 200

    said = DeliveryEvent.objects.get().said
    assert said.startswith("smtp;550 5.1.1")
    assert len(said) == 500


def test_a_report_of_nonsense_leaves_some_rows_and_not_millions(alice: Person) -> None:
    address = roads.address(account(alice, "brevo").pk, "brevo")
    said = [
        Client().post(address, f"[{','.join(['0'] * count)}]", content_type="application/json").status_code
        for count in (300, 5_000, 5_001)
    ]
    kept = list(UnreadEvent.objects.order_by("pk").values_list("problem", flat=True))
    assert (said, len(kept)) == ([200, 200, 413], 42)
    assert kept[20] == "280 more parts of the same report were not understood."
