"""Somebody is on the phone: who they are, what they last said and who talks with them, before they have spelled their name."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.campaigns.models import Status
from surveys.customers.models import Customer
from surveys.customers.queries import lookup
from surveys.delivery.models import Invitation
from surveys.inbox.models import Conversation
from surveys.responses.models import Verdict
from tests import factories
from tests.people import Person


@pytest.fixture
def ada(alice: Person) -> Customer:
    return factories.customer(
        alice.organization,
        "ada@example.com",
        name="Ada Okafor",
        external_id="Cust-7",
        phone="+49301234567",
        last_score=3,
        last_answered_at=timezone.now(),
    )


def names(person: Person, words: str) -> list[str]:
    page = person.get(person.url("lookup:page"), {"q": words}, headers={"hx-request": "true"})
    return re.findall(r"<strong><bdi>(.*?)</bdi>", page.content.decode())


def test_a_caller_is_found_by_whatever_they_say(alice: Person, charlie: Person, bob: Person, ada: Customer) -> None:
    factories.customer(alice.organization, "adam@example.com", name="Zed", phone="030999")
    factories.customer(charlie.organization, "ada@example.com", name="Somebody else's")
    for said in (" ADA@Example.com ", "Cust-7", "0049 30 123-4567", "49301234567", "okaf", "ada ok"):
        assert names(bob, said)[0] == "Ada Okafor", said
    assert names(alice, "ada") == ["Ada Okafor", "Zed"]  # by the name, then by the address
    assert names(alice, "Cust-") == []  # an ID is said as a whole
    for said in ("%", "_", "\\", "'", "\0", "x" * 900):
        assert names(alice, said) == []

    Conversation.objects.create(
        organization=alice.organization,
        customer=ada,
        opened_at=timezone.now(),
        touched_at=timezone.now(),
        assignee=bob.membership.user,
    )
    page = bob.get(
        bob.url("lookup:page"), {"q": "ada@example.com"}
    ).content.decode()  # without a script, the whole page
    assert "Detractor" in page
    assert f"{timezone.now():%Y-%m-%d}" in page
    assert "Conversation, open" in page
    assert "· Bob" in page
    asked = factories.invitation(factories.campaign(alice.organization, status=Status.LIVE), ada)
    Invitation.objects.update(remind_at=timezone.now() + timedelta(days=3))
    factories.response(asked, 9, verdict=Verdict.PROVISIONAL)
    people = bob.get(bob.url("campaigns:people", pk=asked.campaign_id), {"step": "sent"}).content.decode()
    assert "Answered 9, settling" in people
    settling = bob.get(bob.url("lookup:page"), {"q": "Cust-7"}).content.decode()
    assert "settling" in settling
    assert "Promoter" in settling
    record = bob.get(ada.get_absolute_url()).content.decode()
    assert "it is settling, and counts when it has" in record
    assert "the answer is settling" in record, "why it was asked says so too"
    assert "no answer yet" not in record
    assert "Going to be reminded, unless the answer that is settling counts by then" in record
    assert "Nobody is called “zzz”" in alice.get(alice.url("lookup:page"), {"q": "zzz"}).content.decode()


def test_it_costs_the_same_among_many(alice: Person, ada: Customer) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert names(alice, "ada")
        return len(captured)

    statements()
    few = statements()
    for number in range(12):
        factories.customer(alice.organization, f"ada{number}@example.com", name=f"Ada {number}")
    assert statements() == few <= 9
    assert len(names(alice, "ada")) == lookup.SHOWN


def test_every_way_of_finding_goes_on_in_an_index(alice: Person, ada: Customer) -> None:
    """From a place on, and not through all rows; what it takes among a million is in tests/bench/bench_customers.py."""
    statement, params = lookup.search(alice.organization, "0301234567")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {statement}", params)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan, plan
    for column in ("search_key", r"\(email_key\)::text"):
        place = rf"Index Cond: \(\(organization_id = \d+\) AND \({column} >= .* AND \({column} < "
        assert re.search(place, plan), plan
    assert plan.count("Limit") == 4  # all at the end, and each way that many could be found by
