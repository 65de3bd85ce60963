"""The list in full: what its filters let through, where its pages lie, what a file of it holds."""

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Organization, Role
from surveys.customers import queries
from surveys.customers.list_filters import ListFilters
from surveys.customers.models import Customer, Property, Segment
from surveys.customers.queries import Cursor, paging
from tests import factories
from tests.people import Person

NOW = timezone.now()


def listed(person: Person, **query: Any) -> list[str]:
    page = person.get(person.url("customers:list") + "?" + urlencode(query, doseq=True)).content.decode()
    return re.findall(r'row-link" href="[^"]+"><bdi>([^<]*)</bdi>', page)


@pytest.fixture
def people(alice: Person) -> dict[str, Customer]:
    """Five who differ in everything that the list can be narrowed by."""
    organization = alice.organization
    factories_of: dict[str, dict[str, Any]] = {
        "Ada": {"last_score": 10, "last_answered_at": NOW, "last_asked_at": NOW, "owner": alice.membership.user},
        "Bea": {"last_score": 7, "last_answered_at": NOW - timedelta(days=9), "language": "de"},
        "Cem": {"suppression": "bounced", "last_asked_at": NOW - timedelta(days=300)},
        "Dov": {"properties": {"plan": "Pro", "seats": 5}},
        "Eli": {"properties": {"plan": "Team", "trial": True}, "last_score": 2, "last_answered_at": NOW},
    }
    for key, kind, segmentable in (("plan", "text", True), ("seats", "number", False), ("trial", "boolean", False)):
        Property.objects.create(
            organization=organization, key=key, label=key.capitalize(), type=kind, segmentable=segmentable
        )
    for fields in factories_of.values():
        plan = fields.get("properties", {}).get("plan")
        fields["property_set"] = factories.property_set(organization, plan=plan) if plan else None
    made = {name: factories.customer(organization, name=name, **fields) for name, fields in factories_of.items()}
    made["Fay"] = factories.customer(organization, None, name="Fay")
    return made


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"mail": "may"}, "Eli Dov Bea"),
        ({"mail": "resting"}, "Ada"),
        ({"mail": "suppressed"}, "Cem"),
        ({"mail": "unsubscribed"}, ""),
        ({"mail": "no_address"}, "Fay"),
        ({"category": "promoter"}, "Ada"),
        ({"category": "detractor"}, "Eli"),
        ({"category": "none"}, "Fay Dov Cem"),
        ({"asked": "never", "answered": "ever"}, "Eli Bea"),
        ({"owner": "none", "category": "passive"}, "Bea"),
        ({"language": "de"}, "Bea"),
        ({"unset": "language", "category": "promoter"}, "Ada"),
        ({"p.plan": "Pro"}, "Dov"),
        ({"p.plan": ["Pro", "Team"]}, "Eli Dov"),
        ({"unset": "p.plan", "category": "none"}, "Fay Cem"),
        ({"p.seats": "5"}, "Dov"),
        ({"property": "trial", "value": "yes"}, "Eli"),
        ({"p.nothing": "x"}, ""),
        ({"q": "be", "sort": "name"}, "Bea"),
        ({"q": "ea"}, ""),
        ({"where": json.dumps({"all": [{"field": "p.plan", "op": "is_set"}]})}, "Eli Dov"),
        ({"sort": "-score"}, "Eli Bea Ada Fay Dov Cem"),
        ({"sort": "answer"}, "Eli Ada Bea Fay Dov Cem"),
    ],
)
def test_each_filter_lets_through_whom_it_names(
    alice: Person, people: dict[str, Customer], query: dict[str, Any], names: str
) -> None:
    assert " ".join(listed(alice, **query)) == names


def test_the_filter_is_a_sentence_and_each_part_can_be_taken_back(alice: Person, people: dict[str, Customer]) -> None:
    query = {"owner": str(alice.membership.user_id), "p.plan": "Pro", "mail": "may", "sort": "name"}
    page = alice.get(alice.url("customers:list"), query).content.decode()
    parts = dict(re.findall(r'href="\?*[^"]*customers/\?([^"]*)" aria-label="Remove the filter: ([^"]+)"', page))
    assert set(parts.values()) == {"Owner is Alice", "Plan is Pro", "May be asked"}
    assert "owner=" not in next(rest for rest, label in parts.items() if label == "Owner is Alice")
    assert all("sort=name" in rest for rest in parts)


def test_what_cannot_be_understood_is_said_and_shows_nobody_too_many(
    alice: Person, people: dict[str, Customer]
) -> None:
    page = alice.get(alice.url("customers:list"), {"mail": "perhaps", "owner": "x"}).content.decode()
    assert "“mail=perhaps” was left out" in page
    assert "“owner=x” was left out" in page
    lost = {"where": json.dumps({"all": [{"field": "p.gone", "op": "is_set"}]})}
    page = alice.get(alice.url("customers:list"), lost).content.decode()
    assert "p.gone" in page
    assert "row-link" not in page
    assert "There is no segment" in alice.get(alice.url("customers:list"), {"segment": 4711}).content.decode()


def test_members_of_a_segment(alice: Person, charlie: Person, people: dict[str, Customer]) -> None:
    conditions = {"all": [{"field": "last_score", "op": "greater", "value": 6}]}
    made = {"conditions": conditions, "created_at": NOW, "updated_at": NOW}
    happy = Segment.objects.create(organization=alice.organization, name="Happy", **made)
    assert listed(alice, segment=happy.pk, sort="name") == ["Ada", "Bea"]
    factories.customer(charlie.organization, name="Zoe", last_score=10)
    assert listed(charlie, segment=happy.pk) == []


def test_hidden_properties_are_no_columns_and_no_filters_for_agents(
    alice: Person, bob: Person, people: dict[str, Customer]
) -> None:
    Property.objects.filter(key="plan").update(visible_to_agents=False)
    bob.becomes(Role.AGENT)
    for query in ({"p.plan": "Pro"}, {"where": json.dumps({"all": [{"field": "p.plan", "op": "is_set"}]})}):
        assert len(listed(bob, **query)) == len(people)
    page = bob.get(bob.url("customers:list"), {"col": ["p.plan", "p.seats"]}).content.decode()
    assert "Seats" in page
    assert "Plan" not in page
    assert listed(alice, **{"p.plan": "Pro"}) == ["Dov"]


def test_pages_go_back_the_way_they_came(alice: Person) -> None:
    for number in range(130):
        score = number % 11 if number % 2 else None
        factories.customer(alice.organization, name=f"Person {number % 30:02}", last_score=score)
    for sort in queries.SORTS:
        filters = ListFilters(sort=sort)
        forth = _walk(alice, filters, "after")
        assert [len(page) for page in forth] == [50, 50, 30]
        last = queries.page(alice.organization, filters, at=NOW, cursor=_last_cursor(alice, filters))
        assert [row.pk for row in last.customers] == forth[2]
        middle = queries.page(alice.organization, filters, at=NOW, cursor=Cursor(before=last.before))
        assert [row.pk for row in middle.customers] == forth[1], sort
        first = queries.page(alice.organization, filters, at=NOW, cursor=Cursor(before=middle.before))
        assert [row.pk for row in first.customers] == forth[0], sort
        assert first.before == ""


def _walk(person: Person, filters: ListFilters, way: str) -> list[list[int]]:
    pages, cursor = [], Cursor()
    while True:
        page = queries.page(person.organization, filters, at=NOW, cursor=cursor)
        pages.append([row.pk for row in page.customers])
        if not page.after:
            return pages
        cursor = Cursor(after=page.after)


def _last_cursor(person: Person, filters: ListFilters) -> Cursor:
    cursor = Cursor()
    while after := queries.page(person.organization, filters, at=NOW, cursor=cursor).after:
        cursor = Cursor(after=after)
    return cursor


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ({"sort": "name", "from": "c"}, "Cem"),
        ({"sort": "-name", "from": "D"}, "Dov"),
        ({"sort": "score", "from": "7"}, "Bea"),
        ({"sort": "-score", "from": "3"}, "Bea"),
        ({"sort": "answer", "from": (NOW - timedelta(days=5)).date().isoformat()}, "Bea"),
        ({"sort": "score", "from": "many"}, "Ada"),
    ],
)
def test_the_list_can_begin_in_its_midst(
    alice: Person, people: dict[str, Customer], query: dict[str, str], first: str
) -> None:
    assert listed(alice, **query)[0] == first


def test_a_page_deep_in_the_list_is_read_by_index(alice: Person) -> None:
    for number in range(3):
        factories.customer(alice.organization, name=f"Person {number}", last_score=5, last_answered_at=NOW)
    for sort in ("name", "-name", "score", "answer"):
        place = paging.place_of(Customer.objects.first(), sort)  # type: ignore[arg-type]
        with CaptureQueriesContext(connection) as captured:
            paging.behind(Customer.objects.filter(organization=alice.organization), sort, place, 2)
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
            )
            cursor.execute("EXPLAIN " + captured[0]["sql"])
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert re.search(r"Index Cond: .*ROW\(", plan), plan


def test_whom_the_words_name_exactly_stands_first(alice: Person) -> None:
    factories.customer(alice.organization, "ada@example.com", name="Zoe")
    factories.customer(alice.organization, "other@example.com", name="Bob", external_id="Example.com")
    factories.customer(alice.organization, "not-ada@example.com.example", name="Ada")
    assert listed(alice, q="ADA@example.com") == ["Zoe", "Ada"]
    assert listed(alice, q="Example.com", sort="name")[0] == "Bob"


def test_large_counts_are_estimates_and_small_ones_exact(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        factories.customer(alice.organization, name=f"Person {number}")
    everybody = Customer.objects.filter(organization=alice.organization)
    assert queries.count(everybody) == queries.Count(4)
    monkeypatch.setattr("surveys.customers.queries.counting.MOST_COUNTED", 2)
    monkeypatch.setattr("surveys.customers.queries.counting.MOST_COUNTED_OF_ALL", 0)
    counted = queries.count(everybody)
    assert counted.is_about
    assert counted.number >= 3
    assert "About" in alice.get(alice.url("customers:list")).content.decode()


def test_a_list_of_thousands_is_counted_exactly(alice: Person) -> None:
    owner = {"organization": alice.organization, "created_at": NOW, "updated_at": NOW}
    Customer.objects.bulk_create(Customer(email=f"{n}@cc.example", **owner) for n in range(12_345))
    assert "12,345 customers" in alice.get(alice.url("customers:list")).content.decode()
    assert "12,345 of 12,345" in alice.get(alice.url("customers:list"), {"q": "cc.example"}).content.decode()


def test_columns_are_chosen_remembered_and_in_the_address(alice: Person, people: dict[str, Customer]) -> None:
    answer = alice.post(alice.url("customers:columns") + "?sort=name", {"col": ["email", "p.plan", "p.nothing"]})
    assert answer["Location"].endswith("?sort=name&col=email&col=p.plan")
    page = alice.get(alice.url("customers:list")).content.decode()
    assert page.index('<th scope="col">Email</th>') < page.index('<th scope="col">Plan</th>')
    assert 'data-label="Last score"' not in page
    assert 'data-label="Seats"' in alice.get(alice.url("customers:list"), {"col": "p.seats"}).content.decode()
    alice.post(alice.url("customers:columns"), {"usual": "1", "col": "email"})
    assert 'data-label="Last score"' in alice.get(alice.url("customers:list")).content.decode()


def export(person: Person, form: str, **query: Any) -> Any:
    address = person.url(f"customers:export_{form}") + "?" + urlencode(query, doseq=True)
    return person.post(address)


def test_the_file_holds_what_the_list_shows(alice: Person, people: dict[str, Customer]) -> None:
    Customer.objects.filter(name="Dov").update(name='=HYPERLINK("x")', external_id="-1")
    answer = export(
        alice, "csv", sort="name", asked="never", col=["p.plan", "p.seats", "p.trial", "score", "external_id"]
    )
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text[1:])))
    assert rows[0] == ["Name", "Email", "Plan", "Seats", "Trial", "Last score", "External ID"]
    assert [row[0] for row in rows[1:]] == ['\'=HYPERLINK("x")', "Bea", "Eli", "Fay"]
    assert rows[1][2:] == ["Pro", "5", "", "", "'-1"]
    assert rows[3][2:6] == ["Team", "", "yes", "2"]
    entry = AuditEntry.objects.get(action="customers.exported")
    assert entry.details["filters"] == [["asked", "never"]]


def test_the_workbook_holds_texts_and_numbers_and_no_formulas(alice: Person) -> None:
    factories.customer(alice.organization, "a@example.com", name="=1+1", asked_count=3)
    answer = export(alice, "xlsx", col="asked_count")
    with ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "=1+1</t>" in sheet
    assert "<f>" not in sheet
    assert "<v>3</v>" in sheet


def test_only_who_may_take_customers_away_sees_the_way(alice: Person, bob: Person) -> None:
    factories.customer(alice.organization)
    bob.becomes(Role.AGENT)
    assert bob.url("customers:export_csv") not in bob.get(bob.url("customers:list")).content.decode()
    assert export(bob, "csv").status_code == 403
    assert alice.url("customers:export_csv") in alice.get(alice.url("customers:list")).content.decode()


def test_two_who_edit_at_once_are_told(alice: Person, bob: Person) -> None:
    bob.becomes(Role.AGENT)
    ada = factories.customer(alice.organization, "ada@example.com", name="Ada")
    address = alice.url("customers:edit", pk=ada.pk)
    version = re.search(r'name="version" value="([^"]+)"', alice.get(address).content.decode())
    assert version
    form = {"email": "ada@example.com", "name": "Ada", "version": version[1]}
    bob.post(address, form | {"name": "Ada Lovelace", "phone": "+49 (30) 123-456"})

    page = alice.post(address, form | {"name": "Ada L.", "language": "de"}).content.decode()

    assert "Bob has changed this customer while you were editing (Name, Phone)" in page
    assert 'value="Ada L."' in page
    assert page.count('role="alert"') == 1
    ada.refresh_from_db()
    assert (ada.name, ada.phone, ada.language) == ("Ada Lovelace", "+4930123456", "")
    newer = re.search(r'name="version" value="([^"]+)"', page)
    assert newer
    alice.post(address, form | {"name": "Ada L.", "version": newer[1]})
    ada.refresh_from_db()
    assert ada.name == "Ada L."


def test_a_suspension_hides_nothing_from_those_who_may_see_it(
    alice: Person, bob: Person, people: dict[str, Customer]
) -> None:
    Property.objects.filter(key="plan").update(visible_to_agents=False)
    bob.becomes(Role.AGENT)
    Organization.objects.filter(pk=alice.organization.pk).update(suspended_at=timezone.now())
    customer = next(each for each in people.values() if each.properties.get("plan"))
    alice.organization.refresh_from_db()

    file = export(alice, "csv", col="p.plan")

    assert b"".join(file.streaming_content).decode().splitlines()[0].endswith("Plan")
    assert "Plan" in alice.get(customer.get_absolute_url()).content.decode()
    assert "Plan" not in bob.get(customer.get_absolute_url()).content.decode()
