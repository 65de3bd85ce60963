"""Customers take or erase what is known about them: only who reads the mails of their address can."""

import io
import json
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Organization
from surveys.customers import actions as customers
from surveys.customers.models import Customer, Suppression
from surveys.delivery import sending
from surveys.delivery.models import Delivery, Queue, State
from surveys.responses.models import Response
from tests import factories
from tests.helpers.smtp import SmtpSink
from tests.people import Person
from tests.privacy.test_preferences import OWN, Reader
from tests.responses.mail import Shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(alice: Person) -> Reader:
    Organization.objects.update(name="Acme", reply_to="hello@acme.example")
    campaign = factories.campaign(alice.organization)
    person = factories.customer(alice.organization, "ada@example.com", name="Ada Okafor", language="de")
    reader = Reader(factories.invitation(campaign, person, timezone.now() - timedelta(days=40)))
    factories.response(reader.invitation, 3, "Too slow")
    return reader


def mailed_link(ada: Reader, smtp_sink: SmtpSink) -> str:
    shown = ada.press(link="1")
    assert "a…@example.com" in shown.html
    sending.send_due(Queue.EMAIL)
    mail = smtp_sink.wait_for(1)[-1]
    assert mail.recipient == "ada@example.com"
    assert mail.message["From"].startswith("Acme <")
    assert mail.message["Reply-To"] == "hello@acme.example"
    assert mail.message["Subject"] == "Was Acme über Sie weiß"
    found = re.search(r"http://testserver(/p/data/\S+/)", mail.text)
    assert found
    assert found[1] in mail.html
    return found[1]


def press(link: str, **fields: str) -> Any:
    return Client().post(link, {"nonce": Shown(Client().get(link)).field("nonce"), **fields}, headers=OWN)


def test_everything_is_taken_as_a_file(ada: Reader, alice: Person, smtp_sink: SmtpSink) -> None:
    link = mailed_link(ada, smtp_sink)
    shown = Client().get(link)
    assert '<html lang="de"' in shown.content.decode()
    assert not AuditEntry.objects.filter(action="customer.data_taken").exists(), "GET shows only"

    taken = press(link, take="1")

    assert taken["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(taken.content)) as packed:
        document = json.loads(packed.read("data.json"))
        assert "Too slow" in packed.read("data.html").decode()
    assert document["profile"]["email"] == "ada@example.com"
    assert document["responses"][0]["comment"] == "Too slow"
    assert document["messages"][-1]["to_address"] == "ada@example.com"
    trail = alice.get(alice.url("audit:trail")).content.decode()
    assert "asked for a link to what is known about them" in trail
    assert "downloaded all that is known about them" in trail


def test_everything_is_erased_when_it_is_asked_for_twice(ada: Reader, alice: Person, smtp_sink: SmtpSink) -> None:
    link = mailed_link(ada, smtp_sink)
    assert press(link, erase="1").status_code == 400
    forged = Client().post(link, {"erase": "1", "sure": "yes"}, headers=OWN)
    assert forged.status_code == 403
    assert Customer.objects.exists()

    done = press(link, erase="1", sure="yes")

    assert "Alles über Sie ist gelöscht" in done.content.decode()
    assert not Customer.objects.exists()
    assert Suppression.objects.get().reason == "erased"
    assert Response.objects.values_list("score", "comment").get() == (3, "")
    assert not Delivery.objects.exclude(to_address="").exists(), "not even of the mail with the link"
    entry = AuditEntry.objects.get(action="customer.erased_by_wish")
    assert (entry.actor_email, entry.ip) == ("", None)
    assert "erased all that was known about them" in alice.get(alice.url("audit:trail")).content.decode()
    for gone in (link, ada.url):
        assert Client().get(gone).status_code == 200
        assert "Ada" not in Client().get(gone).content.decode()


def test_the_link_is_good_for_two_days_and_for_the_address_it_went_to(ada: Reader, smtp_sink: SmtpSink) -> None:
    link = mailed_link(ada, smtp_sink)
    with time_machine.travel(timezone.now() + timedelta(hours=49), tick=False):
        late = Client().get(link)
    assert "48 Stunden" in late.content.decode()
    assert "nonce" not in late.content.decode()
    Customer.objects.update(email="eve@example.com")
    assert "nonce" not in Client().get(link).content.decode()
    broken = {Client().get(one).content for one in (link[:-3] + "x/", "/p/data/x/", "/p/data/", "/p/data/e30:1:x/")}
    assert len(broken) == 1
    assert Client().head(link).content == b""


def test_three_links_a_day(ada: Reader, alice: Person) -> None:
    for _ in range(3):
        ada.press(link="1")
    shown = ada.press(link="1")
    assert "Für heute wurden genug Links verschickt" in shown.html
    assert Delivery.objects.filter(customer=ada.customer, campaign=None).count() == 3
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1), tick=False):
        ada.press(link="1")
    assert Delivery.objects.filter(customer=ada.customer, campaign=None).count() == 4


def test_where_the_organization_does_it_itself_or_has_no_address(
    ada: Reader, alice: Person, smtp_sink: SmtpSink
) -> None:
    link = mailed_link(ada, smtp_sink)
    alice.post(alice.url("privacy:self_service"), {"customers_may_correct": "on"})
    assert "hello@acme.example" in ada.press(link="1").html
    assert "nonce" not in Client().get(link).content.decode()
    alice.post(alice.url("privacy:self_service"), {"customers_may_correct": "on", "customers_may_take_data": "on"})
    Customer.objects.update(email=None)
    assert "hello@acme.example" in ada.press(link="1").html
    assert Delivery.objects.filter(campaign=None).count() == 1


def test_what_waits_to_be_sent_to_a_deleted_customer_stays(ada: Reader, alice: Person) -> None:
    ada.press(link="1")
    customers.delete(organization=alice.organization, ids=[ada.customer.pk], at=timezone.now())
    stopped = Delivery.objects.get()
    assert stopped.state == State.CANCELLED
    assert stopped.customer_id is None
