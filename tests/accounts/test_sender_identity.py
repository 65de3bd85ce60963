"""Nobody sends surveys from an address that is not shown to be theirs."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from surveys.accounts.models import AuditEntry, Organization, SenderAddress
from surveys.campaigns.models import Campaign, Status
from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.delivery.letters import Ask
from surveys.delivery.models import Delivery, Kind
from tests import factories
from tests.accounts.test_settings import SENDER, stored
from tests.people import Person

OURS = "surveys@acme.example"


def choose(person: Person, address: str) -> Any:
    return person.post(person.url("accounts:sender"), SENDER | {"sender_email": address})


def mails() -> list[Delivery]:
    return list(Delivery.objects.filter(kind=Kind.SYSTEM).order_by("id"))


def link_in(mail: Delivery) -> str:
    found = re.search(r"/sender/[^/\s]+/", (mail.content or {})["text"])
    assert found
    return found[0]


def launch(person: Person) -> str:
    campaign = Campaign.objects.filter(organization=person.organization).first() or factories.campaign(
        person.organization
    )
    factories.customer(person.organization)
    person.post(person.url("campaigns:launch", pk=campaign.pk))
    return Campaign.objects.get(pk=campaign.pk).status


def sender_of_asks(person: Person) -> str:
    campaign = Campaign.objects.filter(organization=person.organization).first() or factories.campaign(
        person.organization
    )
    return Ask.of(campaign, campaign.wordings.get(), stored(person)).sender_email


def test_an_address_is_used_and_campaigns_launch_when_its_link_was_followed(alice: Person, client: Client) -> None:
    choose(alice, OURS)
    (mail,) = mails()
    assert mail.to_address == OURS
    assert launch(alice) == Status.DRAFT
    check = alice.get(alice.url("campaigns:check", pk=Campaign.objects.get().pk)).content.decode()
    assert "Launch now" not in check
    assert alice.url("accounts:sender") in check

    assert OURS in client.get(link_in(mail)).content.decode()
    assert stored(alice).sender_email == "", "a scanner that opens links has confirmed it"
    client.post(link_in(mail))

    assert (stored(alice).sender_email, stored(alice).wanted_sender_email) == (OURS, "")
    assert sender_of_asks(alice) == OURS
    assert launch(alice) == Status.SCHEDULED
    entry = AuditEntry.objects.get(action="sender.verified")
    assert (entry.actor_id, entry.ip, entry.details["changed"]) == (None, "127.0.0.1", {"sender_email": ["", OURS]})
    assert "is confirmed" in client.post(link_in(mail)).content.decode(), "a second press is no error"


def test_until_then_mails_leave_from_the_last_confirmed_address_and_the_page_says_so(
    alice: Person, client: Client
) -> None:
    choose(alice, OURS)
    client.post(link_in(mails()[0]))
    choose(alice, "new@acme.example")

    assert sender_of_asks(alice) == OURS
    page = alice.get(alice.url("accounts:sender")).content.decode()
    assert "new@acme.example is not confirmed yet" in page
    assert f"go on leaving from {OURS}" in page

    choose(alice, OURS.title())
    assert (stored(alice).sender_email, len(mails())) == (OURS.title(), 2), "confirmed once is confirmed"
    choose(alice, "")
    assert stored(alice).sender_email == ""
    assert launch(alice) == Status.SCHEDULED, "the operator's own address needs no link"


def test_a_link_expires_and_dies_when_another_address_is_wanted(alice: Person, client: Client) -> None:
    choose(alice, OURS)
    link = link_in(mails()[0])
    SenderAddress.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.post(link).status_code == 410

    assert alice.post(alice.url("accounts:send_sender_link")).status_code == 302
    assert len(mails()) == 1, "not twice within a minute"
    SenderAddress.objects.update(mailed_at=timezone.now() - timedelta(minutes=2))
    alice.post(alice.url("accounts:send_sender_link"))
    assert len(mails()) == 2
    choose(alice, "other@acme.example")
    assert client.post(link_in(mails()[1])).status_code == 410
    alice.post(alice.url("accounts:keep_sender"))
    assert stored(alice).wanted_sender_email == ""
    assert not SenderAddress.objects.verified().exists()


def test_a_link_is_not_made_up(alice: Person, client: Client) -> None:
    choose(alice, OURS)
    pk = SenderAddress.objects.get().pk
    for token in ("x", tokens.make(Purpose.UNSUBSCRIBE, pk), tokens.make(Purpose.SENDER, pk + 1)):
        assert client.post(reverse("identity:confirm_sender", args=[token])).status_code == 404
    assert not SenderAddress.objects.verified().exists()


def test_one_organizations_confirmation_is_not_anothers(alice: Person, charlie: Person, client: Client) -> None:
    choose(alice, OURS)
    client.post(link_in(mails()[0]))

    choose(charlie, OURS)

    assert (stored(charlie).sender_email, stored(charlie).wanted_sender_email) == ("", OURS)


def test_an_organization_cannot_make_the_server_mail_strangers_without_end(alice: Person) -> None:
    answers = [choose(alice, f"stranger{number}@example.net").status_code for number in range(22)]

    assert answers.count(302) == len(mails()) == 20
    assert answers[-1] == 429


def test_without_a_mail_server_the_page_says_who_can_help_and_the_operator_vouches(
    alice: Person, settings: Settings
) -> None:
    settings.MAIL_IS_SET_UP = False
    choose(alice, OURS)
    assert not mails()
    page = alice.get(alice.url("accounts:sender")).content.decode()
    assert "This server has no mail server" in page
    assert f"manage.py verify_sender acme {OURS}" in page
    assert launch(alice) == Status.DRAFT

    call_command("verify_sender", "acme", OURS)

    assert stored(alice).sender_email == OURS
    assert launch(alice) == Status.SCHEDULED


@pytest.mark.parametrize("word", ["acme.example", OURS])
def test_addresses_that_the_operator_has_named_need_no_link(alice: Person, settings: Settings, word: str) -> None:
    settings.VERIFIED_SENDERS = frozenset({word})

    choose(alice, OURS.upper())

    assert stored(alice).sender_email.lower() == OURS
    assert not mails()
    choose(alice, "surveys@evil-acme.example")
    assert stored(alice).wanted_sender_email == "surveys@evil-acme.example"
    assert Organization.objects.count() == 1
