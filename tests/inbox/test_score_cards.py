"""A help desk shows a customer's score in its sidebar: by addresses that it signs, one customer each, for an hour at most."""

import hashlib
import hmac
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Role
from surveys.customers.models import Customer, Property
from surveys.inbox.models import CardKey
from tests import factories
from tests.people import Person

DESK = "https://acme.zendesk.com"


class Desk:
    """A help desk that knows nothing of ours but the words of docs/score-cards.md."""

    def __init__(self, key: int, secret: str) -> None:
        self.key = key
        self.secret = secret

    def query(self, seconds: int = 600, **who: str) -> dict[str, str]:
        ((by, value),) = who.items()
        expires = str(int(timezone.now().timestamp()) + seconds)
        lines = "\n".join(["nps-card-1", str(self.key), by, value, expires])
        signed = hmac.new(self.secret.encode(), lines.encode(), hashlib.sha256).hexdigest()
        return {by: value, "exp": expires, "sig": signed}

    def opens(self, query: dict[str, str], key: int | None = None) -> Any:
        return Client().get(f"/c/{key or self.key}/?{urlencode(query)}")


@pytest.fixture
def desk(alice: Person) -> Desk:
    page = alice.post(alice.url("cards:keys"), {"name": "Zendesk", "origins": f"{DESK}/"}, follow=True)
    secret = re.search(r'id="made"[^>]*value="([^"]+)"', page.content.decode())
    assert secret
    key = CardKey.objects.get(organization=alice.organization)
    assert secret[1] not in key.secret
    assert secret[1] not in alice.get(alice.url("cards:keys")).content.decode()  # shown once
    return Desk(key.pk, secret[1])


@pytest.fixture
def ada(alice: Person) -> Customer:
    for key, visible in (("plan", True), ("margin", False)):
        Property.objects.create(
            organization=alice.organization, key=key, label=key.title(), type="text", visible_to_agents=visible
        )
    person = factories.customer(
        alice.organization,
        "ada@example.com",
        name="Ada <Okafor>",
        external_id="A-7",
        properties={"plan": "Enterprise", "margin": "secret margin"},
    )
    asked = factories.invitation(factories.campaign(alice.organization), person)
    factories.response(asked, 3, "Too <b>slow</b>.")
    return person


def test_the_card_shows_one_customer_to_the_desk_and_to_no_other_page(desk: Desk, ada: Customer, bob: Person) -> None:
    answer = desk.opens(desk.query(email=" ADA@example.com"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Ada &lt;Okafor&gt;" in page
    assert "Detractor" in page
    assert "Too &lt;b&gt;slow&lt;/b&gt;." in page
    assert "Enterprise" in page
    assert "secret margin" not in page  # not for agents, so not for a desk
    assert len(answer.content) < 10_000
    assert "<script" not in page
    assert not answer.cookies
    assert f"frame-ancestors {DESK}" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "A-7" not in desk.query(external_id="A-7")["sig"]
    assert "Ada" in desk.opens(desk.query(external_id="A-7")).content.decode()
    assert "Not known here" in desk.opens(desk.query(email="nobody@example.com")).content.decode()
    own = bob.get(bob.url("customers:detail", pk=ada.pk))
    assert own.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert DESK not in own.headers["Content-Security-Policy"]
    assert CardKey.objects.get(pk=desk.key).used_at


def nothing(answer: HttpResponse) -> bytes:
    assert answer.status_code == 404
    assert "X-Frame-Options" in answer.headers
    return answer.content


def test_what_is_not_signed_now_for_this_customer_by_this_key_is_nothing(
    desk: Desk, ada: Customer, alice: Person, charlie: Person
) -> None:
    good = desk.query(email="ada@example.com")
    other = factories.customer(alice.organization, "eve@example.com")
    charlie.post(charlie.url("cards:keys"), {"name": "Theirs", "origins": ""})
    theirs = CardKey.objects.get(organization=charlie.organization)
    two_names = desk.query(email="ada@example.com") | {"external_id": "A-7"}
    tried = [
        good | {"sig": "0" * 64},
        good | {"sig": good["sig"][:-1]},
        {name: value for name, value in good.items() if name != "sig"},
        good | {"email": str(other.email)},  # replayed for somebody else
        good | {"exp": str(int(good["exp"]) + 1)},  # or for longer
        desk.query(-1, email="ada@example.com"),  # over
        desk.query(2 * 3600, email="ada@example.com"),  # for too long
        desk.query(email="ada@example.com\n1"),
        Desk(desk.key, "not the secret").query(email="ada@example.com"),
        two_names,
        {"external_id": good["email"], "exp": good["exp"], "sig": good["sig"]},  # another way of naming
        {},
    ]
    bodies = {nothing(desk.opens(query)) for query in tried}
    bodies |= {nothing(desk.opens(good, key=theirs.pk)), nothing(desk.opens(good, key=999_999_999))}
    assert Client().post(f"/c/{desk.key}/?{urlencode(good)}").status_code == 405
    assert desk.opens(good).status_code == 200

    alice.post(alice.url("cards:revoke", pk=desk.key))
    bodies.add(nothing(desk.opens(good)))
    assert len(bodies) == 1  # nothing can be learned by trying
    trail = AuditEntry.objects.filter(organization=alice.organization, action__startswith="card_key.").order_by("pk")
    assert [entry.action for entry in trail] == ["card_key.made", "card_key.revoked"]


def test_keys_belong_to_who_manages_the_inbox_and_survive_a_new_secret_key(
    desk: Desk, ada: Customer, alice: Person, bob: Person, settings: Any
) -> None:
    bob.becomes(Role.AGENT)
    assert bob.get(bob.url("cards:keys")).status_code == 403
    page = alice.post(alice.url("cards:key", pk=desk.key), {"name": "Desk", "origins": "https://a.example/path"})
    assert "“https://a.example/path” is no address of a site" in page.content.decode()
    alice.post(alice.url("cards:key", pk=desk.key), {"name": "Desk", "origins": ""})
    answer = desk.opens(desk.query(email="ada@example.com"))
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]

    tried = alice.post(alice.url("cards:try", pk=desk.key), {"by": "external_id", "value": "A-7"})
    assert "Ada" in Client().get(tried.headers["Location"]).content.decode()

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    call_command("reseal_secrets")
    settings.SECRET_KEY_FALLBACKS = []
    assert (
        desk.opens(desk.query(seconds=int(timedelta(minutes=59).total_seconds()), email="ada@example.com")).status_code
        == 200
    )
