"""Referrals: a link of one's own, friends who land with its code, and sign-ups that are counted once, whoever tells of them."""

import csv
import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from surveys.accounts.models import Role
from surveys.automation import tracked
from surveys.automation.actions import referring, rules
from surveys.automation.models import LinkVisit, Rule, TrackedLink
from surveys.automation.plays import PLAYS
from surveys.customers.models import Customer
from surveys.delivery.models import Delivery, Kind
from surveys.outbox import actions as outbox
from surveys.outbox.models import Event
from tests import factories
from tests.automation.test_links import path, thanked
from tests.automation.world import DAY, NOON, World, outcome
from tests.people import Person
from tests.responses.mail import Mail, phone
from tests.responses.test_concurrent_clicks import together

TARGET = "https://acme.example/welcome?from=friend#top"


def switch_on(person: Person, target: str = TARGET) -> Any:
    return person.post(person.url("links:referral_settings"), {"target": target, "is_on": "on"})


def secret_of(person: Person) -> str:
    person.post(person.url("links:referral_secret"))
    page = person.get(person.url("links:referrals")).content.decode()
    assert "not shown again" not in person.get(person.url("links:referrals")).content.decode()
    return re.search(r'id="secret" type="text" readonly value="([^"]+)"', page)[1]  # type: ignore[index]


def tell(person: Person, secret: str, body: Any) -> Any:
    address = f"/hooks/referrals/{person.organization.pk}/"
    return Client(headers={"authorization": f"Bearer {secret}"}).post(address, body, content_type="application/json")


def play(by: Person, at: Any = NOON - DAY) -> Rule:
    rule = Rule.objects.filter(play="referral").first()
    rule = rule or rules.create(draft=PLAYS["referral"].draft(), by=by.membership, at=at)
    rules.switch_on(rule=rule, by=by.membership, at=at)
    return rule


def test_a_promoter_passes_a_link_on_and_what_comes_of_it_is_theirs(alice: Person) -> None:
    with pytest.raises(rules.Refused, match="where friends land"):
        play(alice)
    switch_on(alice)
    play(alice)
    ada = factories.customer(alice.organization, "ada@example.com", name="Ada Okafor")
    campaign = factories.campaign(alice.organization)
    assert "pass-on" not in thanked(Mail(factories.invitation(campaign, ada, timezone.now(), occasion="w:1")), 4).html
    shown = thanked(Mail(factories.invitation(campaign, ada, timezone.now(), occasion="w:2")), 10)
    address = re.search(r'id="pass-on"[^>]* value="([^"]+)"', shown.html)[1]  # type: ignore[index]

    landed = phone().get(path(address))["Location"]
    begin, code = landed.split("&ref=")
    code = code.removesuffix("#top")
    assert (begin, landed) == ("https://acme.example/welcome?from=friend", f"{begin}&ref={code}#top")

    secret = secret_of(alice)
    assert tell(alice, secret, {"ref": code, "id": "account-1"}).json() == {"counted": True}
    assert tell(alice, secret, {"ref": code, "id": "account-1"}).json() == {"counted": False}
    link = TrackedLink.objects.get(customer=ada)
    assert (link.visits, link.signups) == (1, 1)
    kinds = Event.objects.filter(kind__startswith="referral.").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["referral.visited", "referral.signed_up"]

    record = alice.get(alice.url("customers:detail", pk=ada.pk)).content.decode()
    assert "Somebody signed up by their link" in record
    file: Any = alice.post(alice.url("links:referrals_file"))
    text = b"".join(file.streaming_content).decode()
    lines = list(csv.reader(text.splitlines()))
    assert lines[1][:6] == ["Ada Okafor", "ada@example.com", "", address, "1", "1"]


def test_bad_tellings_are_refused_in_words(alice: Person, charlie: Person) -> None:
    switch_on(alice)
    switch_on(charlie)
    secret, other = secret_of(alice), secret_of(charlie)
    code = made(alice)
    good = {"ref": code, "id": "1"}
    refused: dict[int, list[tuple[str, Any]]] = {
        401: [("wrong", good), (other, good), ("", good)],
        400: [(secret, "no json"), (secret, []), (secret, {"ref": code}), (secret, good | {"id": "x" * 300})],
        404: [(secret, {"ref": "nothing", "id": "1"})],
    }
    for status, tries in refused.items():
        for given, body in tries:
            answer = tell(alice, given, body)
            assert (answer.status_code, bool(answer.json()["error"])) == (status, True), (status, body)
    assert tell(charlie, other, good).status_code == 404  # another organization's code
    assert tell(alice, secret, good).status_code == 201
    assert tell(alice, secret, good | {"ref": made(alice, "eve@example.com")}).status_code == 409
    renewed = secret_of(alice)
    assert tell(alice, secret, good).status_code == 401
    assert tell(alice, renewed, good).status_code == 200
    assert LinkVisit.objects.count() == 1


def made(person: Person, email: str = "ada@example.com") -> str:
    """The code of a link, made by a colleague who says that somebody came."""
    promoter = factories.customer(person.organization, email)
    newcomer = factories.customer(person.organization, f"friend-of-{email}")
    visit = referring.add_signup(promoter=promoter, newcomer=newcomer, by=person.membership, at=timezone.now()).visit
    referring.take_back(signup=visit, by=person.membership, at=timezone.now())
    return tracked.code_of(visit.link_id)


@pytest.mark.django_db(transaction=True)
def test_sign_ups_told_at_once_count_once(alice: Person) -> None:
    switch_on(alice)
    secret, code = secret_of(alice), made(alice)
    answers = together([lambda: tell(alice, secret, {"ref": code, "id": "same"}).status_code] * 8)
    assert sorted(answers) == [200] * 7 + [201]
    assert TrackedLink.objects.get().signups == LinkVisit.objects.count() == 1
    assert Event.objects.filter(kind="referral.signed_up").count() == 2  # with the one that was taken back


def test_colleagues_say_who_came_and_take_it_back(alice: Person, bob: Person, charlie: Person) -> None:
    ada = factories.customer(alice.organization, "ada@example.com", name="Ada")
    eve = factories.customer(alice.organization, "eve@example.com", name="Eve", external_id="E-1")
    said = {"promoter": "Ada@Example.com", "newcomer": "E-1"}
    assert bob.post(bob.url("links:sign_up"), said).status_code == 403
    bob.becomes(Role.AGENT)
    first, again = (bob.post(bob.url("links:sign_up"), said, follow=True).content.decode() for _ in range(2))
    assert "Counted." in first
    assert "noted before, on" in again
    assert "Counted." not in again
    visit, link = LinkVisit.objects.get(), TrackedLink.objects.get()
    assert (link.customer, link.signups, visit.newcomer_id) == (ada, 1, eve.pk)
    assert "Eve came because of Ada" in bob.get(bob.url("links:referrals")).content.decode()
    assert "same customer" in bob.post(bob.url("links:sign_up"), said | {"promoter": "E-1"}).content.decode()
    lost = bob.post(bob.url("links:sign_up"), said | {"promoter": "bo@example.com"}).content.decode()
    assert "bo@example.com" in lost
    assert "came by a recommendation of" in bob.get(bob.url("customers:detail", pk=eve.pk)).content.decode()

    assert charlie.post(charlie.url("links:take_back", pk=visit.pk)).status_code == 404
    bob.post(bob.url("links:take_back", pk=visit.pk))
    assert (LinkVisit.objects.count(), TrackedLink.objects.get().signups) == (0, 0)


def merged(survivor: Customer, gone: Customer) -> None:
    with transaction.atomic():
        both = {"ids": [survivor.pk, gone.pk], "survivor": survivor.pk, "gone": gone.pk}
        outbox.publish("customers.merged", survivor, at=timezone.now(), **both)


def test_who_becomes_one_came_once_and_not_by_themselves(alice: Person) -> None:
    names = ("ada", "eve", "eva", "bo")
    ada, eve, eva, bo = (factories.customer(alice.organization, f"{name}@example.com") for name in names)
    for promoter, newcomer in ((ada, eve), (bo, eva), (eve, bo)):
        referring.add_signup(promoter=promoter, newcomer=newcomer, by=alice.membership, at=timezone.now())

    merged(eva, eve)
    counted = {link.customer: link.signups for link in TrackedLink.objects.filter(merged_into=None)}
    assert counted == {ada: 1, bo: 0, eva: 1}
    again = {"promoter": "ada@example.com", "newcomer": "eva@example.com"}
    assert "noted before, on" in alice.post(alice.url("links:sign_up"), again, follow=True).content.decode()

    merged(eva, bo)
    assert {link.customer: link.signups for link in TrackedLink.objects.filter(merged_into=None)} == {ada: 1, eva: 0}
    assert [visit.newcomer_id for visit in LinkVisit.objects.all()] == [eva.pk]
    assert Event.objects.filter(kind="referral.taken_back").count() == 2


def test_the_mail_of_the_play_has_the_same_link(alice: Person) -> None:
    world = World(alice)
    ada = factories.customer(alice.organization, "ada@example.com")
    switch_on(world.alice)
    rule = play(world.alice)
    world.answered(ada, 10)
    world.goes_on(NOON)
    world.goes_on(NOON + 5 * DAY)
    assert outcome(rule) == "done"
    sent = Delivery.objects.get(kind=Kind.AUTOMATION)
    assert tracked.address(TrackedLink.objects.get().pk) in (sent.content or {})["text"]
