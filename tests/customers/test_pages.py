"""The list of customers and the page of one: found, sorted, paged, changed by hand."""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Role
from surveys.campaigns.models import Status
from surveys.customers import actions, queries
from surveys.customers.list_filters import ListFilters
from surveys.customers.models import Customer, Property, SuppressionReason
from surveys.delivery.models import PlanDecision
from tests import factories
from tests.customers.world import customer, imported
from tests.people import Person


def made_up(cursor: list[object]) -> str:
    return urlsafe_b64encode(json.dumps(cursor).encode()).decode()


def names(page: str) -> list[str]:
    return re.findall(r'row-link" href="[^"]+"><bdi>([^<]*)</bdi>', page)


def listed(person: Person, query: str = "") -> list[str]:
    return names(person.get(person.url("customers:list") + query).content.decode())


def test_an_empty_list_names_the_next_steps(alice: Person, bob: Person) -> None:
    page = alice.get(alice.url("customers:list")).content.decode()
    assert alice.url("customers:imports") in page
    assert alice.url("customers:new") in page
    assert "sample organization" in page
    assert "Import a list" not in bob.get(bob.url("customers:list")).content.decode()


def test_search_by_name_address_and_external_id(alice: Person, charlie: Person) -> None:
    factories.customer(alice.organization, "irem@acme.example", name="İrem 100%", external_id="A-1")
    factories.customer(alice.organization, "bob@hooli.example", name="Bob")
    factories.customer(charlie.organization, "irem@else.example", name="İrem of Charlie")

    assert listed(alice, "?q=ACME") == ["İrem 100%"]
    assert listed(alice, "?q=irem+100") == ["İrem 100%"]
    assert listed(alice, "?q=100%25") == ["İrem 100%"]
    assert listed(alice, "?q=_") == []
    assert listed(alice, "?q=A-1") == ["İrem 100%"]
    page = alice.get(alice.url("customers:list") + "?q=hooli").content.decode()
    assert "1 of 2 customers" in page


def test_what_no_name_can_hold_is_left_out_of_a_search(alice: Person) -> None:
    factories.customer(alice.organization, name="Ada")

    assert listed(alice, "?q=%00") == ["Ada"]
    assert listed(alice, "?q=a%00d&sort=%00&after=%00&page=%00") == ["Ada"]
    assert alice.get(alice.url("customers:list") + "?q=%00", headers={"HX-Request": "true"}).status_code == 200


def test_the_list_says_who_rests_between_two_asks(alice: Person) -> None:
    assert alice.organization.throttle_days == 90
    now = timezone.now()
    free_again = (now + timedelta(days=80)).astimezone(ZoneInfo(alice.organization.time_zone))
    for name, days in (("Recently", 10), ("Long ago", 91)):
        factories.customer(alice.organization, name=name, last_asked_at=now - timedelta(days=days))

    page = alice.get(alice.url("customers:list") + "?q=Recently").content.decode()
    assert "free again on <time datetime" in page
    assert f"{free_again:%-d %b %Y}</time>" in page
    assert ">May be asked</span>" not in page
    assert ">May be asked</span>" in alice.get(alice.url("customers:list") + "?q=Long").content.decode()


def test_the_language_of_a_customer_has_a_name(alice: Person) -> None:
    for code, name in (("de-at", "German"), ("pt-br", "Brazilian Portuguese"), ("yue", "yue"), ("", "Not known")):
        person = factories.customer(alice.organization, name="Ada", language=code)
        assert f"<dt>Language</dt><dd>{name}</dd>" in alice.get(person.get_absolute_url()).content.decode()


def test_sorts_and_pages_meet_everybody_once(alice: Person) -> None:
    now = timezone.now()
    for number in range(120):
        answered: dict[str, Any] = {"name": f"Person {number % 40}"}
        if number % 3:
            answered |= {"last_score": number % 11, "last_answered_at": now - timedelta(days=number % 7)}
        factories.customer(alice.organization, **answered)

    for sort in queries.SORTS:
        seen, address = [], f"?sort={sort}"
        while address:
            page = alice.get(alice.url("customers:list") + address).content.decode()
            seen += re.findall(r'row-link" href="([^"]+)"', page)
            found = re.search(r'rel="next" href="([^"]+)"', page)
            address = found[1].replace("&amp;", "&") if found else ""
        assert len(seen) == len(set(seen)) == 120, sort
    best = queries.page(alice.organization, ListFilters(sort="score"), at=now)
    scores = [person.last_score or 0 for person in best.customers]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "W10=",
        "bnVsbA==",
        "WzEsIHRydWVd",
        "%00",
        made_up(["A\0", 1]),
        made_up(["\ud800", 1]),
        made_up(["2026-01-01", 1]),
        made_up([10**30, 10**30]),
        b64encode(b"[" * 5000).decode(),
    ],
)
def test_a_made_up_cursor_is_the_first_page(alice: Person, after: str) -> None:
    factories.customer(alice.organization, name="Ada")
    for sort in ("name", "answer", "nonsense"):
        assert listed(alice, f"?sort={sort}&after={after}") == ["Ada"]


def test_the_list_takes_the_same_queries_for_one_and_for_fifty(alice: Person) -> None:
    def statements(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert alice.get(path).status_code == 200
        return len(captured)

    path = alice.url("customers:list") + "?q=person"
    factories.customer(alice.organization, name="Person")
    alice.get(path)  # the first page also notes where she was
    before = statements(path)
    for number in range(60):
        factories.customer(alice.organization, name=f"Person {number}", last_score=9)
    assert statements(path) == before


def test_one_customer_with_everything_that_is_known(alice: Person) -> None:
    imported(alice, "email,name,Plan,Trial\nada@example.com,Ada,Pro,yes\n")
    ada = customer(alice, "ada@example.com")
    pulse = factories.campaign(alice.organization, "Pulse", Status.LIVE, wave=1)
    onboarding = factories.campaign(alice.organization, "Onboarding", Status.LIVE, wave=1)
    ago = timezone.now() - timedelta(days=30)
    factories.response(factories.invitation(pulse, ada, ago, answered_at=ago), 3, "Slow <b>replies</b>", ago)
    factories.response(factories.invitation(pulse, ada, occasion="wave:2"), 9, "Better")
    PlanDecision.objects.create(
        organization=alice.organization,
        campaign=onboarding,
        customer=ada,
        occasion="wave:1",
        reason="throttled",
        until=timezone.now() + timedelta(days=60),
        decided_at=timezone.now(),
    )
    actions.suppress(
        organization=alice.organization,
        address="ada@example.com",
        reason=SuppressionReason.COMPLAINED,
        source="",
        at=timezone.now(),
    )

    page = alice.get(ada.get_absolute_url()).content.decode()

    for words in (
        "Ada",
        "ada@example.com",
        "Pro",
        "Yes",
        "Pulse",
        "Better",
        "Asked recently",
        "free on",
        "Complained",
    ):
        assert words in page, words
    assert "Slow &lt;b&gt;replies&lt;/b&gt;" in page
    assert 'class="chart spark"' in page


def test_a_customer_is_added_by_hand_and_changed(alice: Person) -> None:
    imported(alice, "email,Plan,Seats,Trial,Since\nbob@example.com,Free,2,no,2024-01-01\n")
    Property.objects.filter(key="plan").update(segmentable=True)
    data = {
        "email": " Ada@Example.com ",
        "name": "Ada",
        "language": "de",
        "p_plan": "Pro",
        "p_seats": "4.50",
        "p_trial": "yes",
    }

    answer = alice.post(alice.url("customers:new"), data)

    ada = customer(alice, "ada@example.com")
    assert answer["Location"] == ada.get_absolute_url()
    assert ada.properties == {"plan": "Pro", "seats": 4.5, "trial": True}
    assert ada.property_set is not None
    assert ada.property_set.values["plan"] == "Pro"

    alice.post(
        alice.url("customers:edit", pk=ada.pk),
        data | {"p_plan": "", "p_since": "2025-05-05", "time_zone": "Europe/Berlin"},
    )
    ada = customer(alice, "ada@example.com")
    assert ada.properties == {"seats": 4.5, "trial": True, "since": "2025-05-05"}
    assert ada.time_zone == "Europe/Berlin"
    assert ada.property_set is not None
    assert "plan" not in ada.property_set.values
    entry = AuditEntry.objects.filter(action="customer.changed").get()
    assert entry.details == {"fields": ["properties", "time_zone"]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": "nonsense"}, "This is not an email address."),
        ({"email": ""}, "This field is required."),
        ({"email": "BOB@example.com"}, "Another customer has it already: Bob"),
        ({"external_id": "7"}, "Another customer has it already: Bob"),
        ({"p_seats": "many"}, "Enter a number."),
        ({"p_plan": "x" * 2001}, "This is too long."),
        ({"time_zone": "Mars"}, "Mars"),
    ],
)
def test_what_cannot_be_is_explained_and_what_was_typed_stays(
    alice: Person, change: dict[str, str], words: str
) -> None:
    imported(alice, "email,name,external id,Plan,Seats\nbob@example.com,Bob,7,Free,2\n")
    data = {"email": "ada@example.com", "name": "Ada typed this", "p_plan": "Pro"} | change

    page = alice.post(alice.url("customers:new"), data).content.decode()

    assert words in page
    assert "Ada typed this" in page
    assert Customer.objects.count() == 1


def test_an_agent_may_edit_and_an_analyst_may_only_look(alice: Person, bob: Person) -> None:
    ada = factories.customer(alice.organization, "ada@example.com")
    assert bob.get(ada.get_absolute_url()).status_code == 200
    for address in (bob.url("customers:new"), bob.url("customers:edit", pk=ada.pk)):
        assert (bob.get(address).status_code, bob.post(address, {}).status_code) == (403, 403)
    bob.becomes(Role.AGENT)
    assert bob.get(bob.url("customers:edit", pk=ada.pk)).status_code == 200
