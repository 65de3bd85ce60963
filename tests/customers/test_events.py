"""What happened to customers elsewhere is stored once, however often, late or out of order it is told."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.core.conditions import compiler, validation
from surveys.customers import actions
from surveys.customers.actions import blocking, events
from surveys.customers.actions.events import Fate, Recorded
from surveys.customers.events import Flaw, IncomingEvent
from surveys.customers.models import Customer, CustomerEvent, EventKind, Suppression
from surveys.customers.queries.events import event_catalogue
from tests import factories
from tests.customers.test_erasing_at_once import Other
from tests.customers.test_merging import merge
from tests.people import Person

AT = timezone.now()


def told(email: str = "ada@example.com", kind: str = "order.delivered", **fields: Any) -> IncomingEvent:
    whole: dict[str, Any] = {"kind": kind, "email": email, "occurred_at": AT} | fields
    return IncomingEvent(**whole)


def record(organization: Organization, *events_told: IncomingEvent) -> Recorded:
    return events.record(organization=organization, told=events_told, at=AT)


def fates(recorded: Recorded) -> list[str]:
    return [outcome.fate.value for outcome in recorded.outcomes]


def flaws(recorded: Recorded) -> list[Flaw | None]:
    return [outcome.flaw for outcome in recorded.outcomes]


def ids(organization: Organization) -> list[str]:
    stored = CustomerEvent.objects.filter(organization=organization).order_by("event_id")
    return list(stored.values_list("event_id", flat=True))


def test_an_event_told_again_changes_nothing_and_another_organization_has_its_own(
    alice: Person, charlie: Person
) -> None:
    ada = factories.customer(alice.organization, "Ada@Example.com", external_id="A-1")
    first = record(alice.organization, told(event_id="o-1", data={"total": 12}), told(event_id="o-1"))
    again = record(alice.organization, told(event_id="o-1", kind="order.lost", data={"total": 99}))
    other = record(charlie.organization, told(event_id="o-1"))

    assert [fates(first), fates(again), fates(other)] == [["stored", "duplicate"], ["duplicate"], ["stored"]]
    stored = CustomerEvent.objects.get(organization=alice.organization)
    assert (stored.kind, stored.data, stored.customer_id) == ("order.delivered", {"total": 12}, ada.pk)
    assert list(EventKind.objects.filter(organization=alice.organization).values_list("name", "fields")) == [
        ("order.delivered", {"total": "number"})
    ]


def test_without_an_id_the_content_says_what_is_the_same(alice: Person) -> None:
    twice = [told(data={"sku": "x", "n": 1}), told("ADA@example.com", data={"n": 1.0, "sku": "x", "note": None})]
    later = told(occurred_at=AT + timedelta(seconds=1), data={"sku": "x", "n": 1})
    assert fates(record(alice.organization, *twice, later)) == ["stored", "duplicate", "stored"]
    assert all(event_id.startswith("content-") for event_id in ids(alice.organization))


def test_who_is_unknown_is_added_with_the_address_and_is_refused_without(alice: Person) -> None:
    ada = factories.customer(alice.organization, "ada@example.com", external_id="A-1")
    bea = factories.customer(alice.organization, "bea@example.com")
    forgotten = factories.customer(alice.organization, "gone@example.com")
    actions.erase(organization=alice.organization, ids=[forgotten.pk], at=AT)
    blocked = factories.customer(alice.organization, "blocked@example.com")
    blocking.block(address="blocked@example.com", by=alice.membership, at=AT)
    actions.delete(organization=alice.organization, ids=[blocked.pk], at=AT)

    recorded = record(
        alice.organization,
        told("", external_id="A-1"),
        told("new@example.com", external_id="N-1"),
        told("NEW@example.com", kind="order.returned"),
        told("", external_id="nobody"),
        told("bea@example.com", external_id="A-1"),
        told("gone@example.com"),
        told("blocked@example.com"),
    )

    new = Customer.objects.get(organization=alice.organization, external_id="N-1")
    assert [outcome.customer for outcome in recorded.outcomes[:3]] == [ada.pk, new.pk, new.pk]
    assert flaws(recorded)[3:6] == [Flaw.UNKNOWN, Flaw.TWO_PEOPLE, Flaw.ERASED]
    assert (new.email, new.suppression, new.property_set_id is None) == ("new@example.com", "", False)
    assert Customer.objects.get(organization=alice.organization, email="blocked@example.com").suppression == "blocked"
    assert not CustomerEvent.objects.filter(customer=bea).exists()


@pytest.mark.parametrize(
    ("fields", "flaw"),
    [
        ({"kind": ""}, Flaw.NO_KIND),
        ({"kind": "order delivered"}, Flaw.BAD_KIND),
        ({"kind": "x" * 61}, Flaw.BAD_KIND),
        ({"event_id": "x" * 101}, Flaw.BAD_ID),
        ({"event_id": "a\0b"}, Flaw.BAD_ID),
        ({"occurred_at": None}, Flaw.NO_TIME),
        ({"occurred_at": datetime(2026, 1, 1)}, Flaw.NO_ZONE),
        ({"occurred_at": AT + timedelta(days=367)}, Flaw.TOO_FAR),
        ({"occurred_at": AT - timedelta(days=settings.EVENT_DAYS + 1)}, Flaw.TOO_OLD),
        ({"email": " "}, Flaw.NOBODY),
        ({"email": "ada at example"}, Flaw.BAD_ADDRESS),
        ({"external_id": "\ud800"}, Flaw.BAD_EXTERNAL_ID),
        ({"data": {str(n): n for n in range(31)}}, Flaw.TOO_MANY_FIELDS),
        ({"data": {" ": 1}}, Flaw.BAD_FIELD_NAME),
        ({"data": {"x": [1]}}, Flaw.BAD_VALUE),
        ({"data": {"x": float("nan")}}, Flaw.BAD_VALUE),
        ({"data": {"x": "y" * 501}}, Flaw.TOO_LONG),
    ],
)
def test_what_cannot_be_stored_is_named_and_keeps_nobody_else_from_it(
    alice: Person, fields: dict[str, Any], flaw: Flaw
) -> None:
    recorded = record(alice.organization, told(**fields), told(event_id="good"))
    assert flaws(recorded) == [flaw, None]
    assert ids(alice.organization) == ["good"]


def test_the_operators_limit_of_customers_refuses_only_who_is_new(alice: Person) -> None:
    factories.customer(alice.organization, "ada@example.com")
    Organization.objects.filter(pk=alice.organization.pk).update(customers_limit=1)
    recorded = record(alice.organization, told("new@example.com"), told())
    assert [fates(recorded), flaws(recorded)[0]] == [["refused", "stored"], Flaw.NO_ROOM]


def test_an_outlook_says_the_same_and_writes_nothing(alice: Person) -> None:
    record(alice.organization, told(event_id="known"))
    batch = [told(event_id="known"), told("new@example.com"), told("", external_id="?"), told(kind=""), told(), told()]
    before = Customer.objects.count(), CustomerEvent.objects.count()
    foreseen = events.outlook(organization=alice.organization, told=batch, at=AT)
    assert (Customer.objects.count(), CustomerEvent.objects.count()) == before
    assert fates(foreseen) == fates(record(alice.organization, *batch))


def test_conditions_ask_about_the_fields_that_came(alice: Person) -> None:
    record(
        alice.organization,
        told(event_id="1", data={"total": 12.5, "country": "PT", "gift": True, "due": "2026-05-01"}),
        told(event_id="2", data={"total": 99, "country": "AO", "gift": False, "due": "2026-06-01"}),
        told(event_id="3", data={"total": "many", "new": "field"}),
        told(event_id="4", kind="ticket.closed", data={"total": 99}),
    )
    known = event_catalogue(alice.organization, "order.delivered")
    assert {field.key: field.type.value for field in known.fields} == {
        "e.country": "text",
        "e.due": "date",
        "e.gift": "boolean",
        "e.new": "text",
        "e.total": "number",
        "occurred": "moment",
    }
    assert found(alice, {"field": "e.total", "op": "greater", "value": 50}) == ["2"]
    assert found(alice, {"field": "e.due", "op": "before", "value": "2026-05-02"}) == ["1"]
    assert found(alice, {"none": [{"field": "e.gift", "op": "equals", "value": True}]}) == ["2", "3"]
    assert found(alice, {"field": "occurred", "op": "in_last", "value": 1}) == ["1", "2", "3"]


def found(person: Person, conditions: dict[str, Any]) -> list[str]:
    known = event_catalogue(person.organization, "order.delivered")
    whole = conditions if "field" not in conditions else {"all": [conditions]}
    where = compiler.compile_where(validation.read(whole, known), known, "e", AT)
    statement = compiler.sql.SQL(
        "SELECT e.event_id FROM surveys_customerevent e WHERE e.kind = 'order.delivered' AND {} ORDER BY 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.format(where.sql), where.params)
        return [event_id for (event_id,) in cursor.fetchall()]


def test_events_go_with_their_customer_and_move_with_a_merge(alice: Person) -> None:
    ada, twin, bea = (factories.customer(alice.organization, f"{name}@example.com") for name in ("ada", "twin", "bea"))
    record(alice.organization, told(event_id="1"), told("twin@example.com", event_id="2"))
    record(alice.organization, told("bea@example.com", event_id="3"))
    merge(alice, ada, twin)
    assert owners(ada.organization) == {"1": ada.pk, "2": ada.pk, "3": bea.pk}
    actions.delete(organization=alice.organization, ids=[bea.pk], at=AT)
    actions.erase(organization=alice.organization, ids=[ada.pk], at=AT)
    assert owners(ada.organization) == {}
    assert Suppression.objects.filter(organization=alice.organization).count() == 1


def owners(organization: Organization) -> dict[str, int]:
    return dict(CustomerEvent.objects.filter(organization=organization).values_list("event_id", "customer_id"))


def test_old_events_are_forgotten_and_not_taken_again(alice: Person) -> None:
    edge = AT - timedelta(days=settings.EVENT_DAYS)
    record(alice.organization, told(event_id="old", occurred_at=edge), told(event_id="young"))
    record(alice.organization, told(event_id="unseen", occurred_at=edge))
    CustomerEvent.objects.exclude(event_id="unseen").update(planned_at=AT)
    later = AT + timedelta(days=1)
    assert events.prune(at=later) == 1
    assert ids(alice.organization) == ["unseen", "young"]
    again = events.record(
        organization=alice.organization, told=[told(event_id="old", occurred_at=edge), told(event_id="young")], at=later
    )
    assert fates(again) == ["refused", "duplicate"]


@pytest.mark.django_db(transaction=True)
def test_two_who_tell_the_same_at_once_store_it_once_and_add_the_person_once(alice: Person) -> None:
    def batch(start: int) -> Sequence[IncomingEvent]:
        numbers = [*range(start, 40), *range(start)]
        return [told(f"person{n % 7}@example.com", event_id=f"e-{n}", data={f"f{n}": n}) for n in numbers]

    tellers = [Other(partial(record, alice.organization, *batch(start))) for start in (0, 17, 33)]
    results = [teller.finish() for teller in tellers]

    assert sum(len(result.of(Fate.STORED)) for result in results) == 40
    assert sum(len(result.of(Fate.DUPLICATE)) for result in results) == 80
    assert CustomerEvent.objects.filter(organization=alice.organization).count() == 40
    assert Customer.objects.filter(organization=alice.organization).count() == 7
    assert len(EventKind.objects.get(organization=alice.organization).fields) == 40


@pytest.mark.django_db(transaction=True)
def test_an_event_told_while_its_customer_is_deleted_leaves_no_row_without_an_owner(alice: Person) -> None:
    ada = factories.customer(alice.organization, None, external_id="A-1")
    deleting = Other(lambda: actions.delete(organization=alice.organization, ids=[ada.pk], at=AT))
    telling = Other(lambda: record(alice.organization, told("", external_id="A-1", event_id="1")))
    deleting.finish()
    recorded = telling.finish()
    assert not CustomerEvent.objects.filter(organization=alice.organization).exists(), recorded
