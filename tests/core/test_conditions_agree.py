"""SQL, the evaluator in Python and a plain reading give one answer, on random trees and random people."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2 import sql

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign
from surveys.core.conditions import catalogue, compiler, days, evaluator, facts, validation, words
from surveys.core.conditions.catalogue import Catalogue, Root
from surveys.core.conditions.folding import fold
from surveys.customers import property_sets
from surveys.customers.models import Customer, EventKind, Property, PropertyWork, PropertyWorkKind, Segment
from surveys.customers.queries.events import event_catalogue
from surveys.delivery.models import Invitation
from surveys.responses.models import Response, Verdict
from tests import factories
from tests.core import conditions_world as world
from tests.core.conditions_world import AT, Plainly
from tests.people import Person

SEGMENTS: tuple[dict[str, Any], ...] = (
    {
        "any": [
            {"field": "p.plan", "op": "one_of", "value": ["Pro"]},
            {"field": "last_score", "op": "at_most", "value": 6},
        ]
    },
    {"none": [{"field": "last_asked", "op": "in_last", "value": 2}]},
    {},
)
ours = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def acme(alice: Person) -> Organization:
    for key, kind in world.PROPERTIES.items():
        Property.objects.create(
            organization=alice.organization, key=key, label=key.capitalize(), type=kind, segmentable=key == "plan"
        )
    Organization.objects.filter(pk=alice.organization.pk).update(time_zone="Europe/Berlin")
    alice.organization.refresh_from_db()
    for name in ("Pulse", "Onboarding"):
        factories.campaign(alice.organization, name, wave=1)
    for number, conditions in enumerate(SEGMENTS):
        segment(alice.organization, f"Segment {number}", conditions)
    inner = Segment.objects.earliest("pk")
    segment(alice.organization, "Outer", {"none": [{"field": "segment", "op": "one_of", "value": [inner.pk]}]})
    return alice.organization


def segment(of: Organization, name: str, conditions: Any) -> Segment:
    return Segment.objects.create(organization=of, name=name, conditions=conditions, created_at=AT, updated_at=AT)


@contextmanager
def inhabited(acme: Organization, people: list[dict[str, Any]]) -> Iterator[list[Customer]]:
    """These people are there; afterwards nobody is."""
    owner = acme.memberships.earliest("pk").user_id
    with transaction.atomic():
        rows = Customer.objects.bulk_create(_customer(acme, owner, person) for person in people)
        property_sets.refresh(acme, [row.pk for row in rows])
        campaigns = list(Campaign.objects.filter(organization=acme).order_by("pk"))
        for row, person in zip(rows, people, strict=True):
            _asked_and_answered(row, person, campaigns)
        yield rows
        transaction.set_rollback(True)


def _customer(acme: Organization, owner: int, person: dict[str, Any]) -> Customer:
    number = person["number"]
    fields = {key: value for key, value in person.items() if key not in ("owned", "asks", "answers", "number")}
    if fields["email"]:
        fields["email"] = f"{fields['email']}{number}"  # addresses are unique
    return Customer(
        organization=acme, owner_id=owner if person["owned"] else None, updated_at=person["created_at"], **fields
    )


def _asked_and_answered(row: Customer, person: dict[str, Any], campaigns: list[Campaign]) -> None:
    asks = [
        Invitation(
            organization_id=row.organization_id,
            campaign=campaigns[place],
            customer=row,
            occasion=f"wave:{number}",
            created_at=AT,
            claimed_at=claimed_at,
            properties=row.properties,
        )
        for number, (place, claimed_at) in enumerate(person["asks"])
    ]
    sent = Invitation.objects.bulk_create(asks)
    row.refresh_from_db(fields=["property_set"])
    invitations = [*sent, None, None]
    Response.objects.bulk_create(
        _response(row, campaigns, answer, invitation)
        for answer, invitation in zip(person["answers"], invitations, strict=False)
    )


def _response(
    row: Customer, campaigns: list[Campaign], answer: tuple[Any, ...], invitation: Invitation | None
) -> Response:
    place, score, at, counts, comment = answer
    return Response(
        organization_id=row.organization_id,
        campaign=campaigns[place],
        customer=row,
        invitation=invitation,
        property_set_id=row.property_set_id,
        channel="email" if invitation else "import",
        language=row.language,
        score=score,
        comment=comment,
        verdict=Verdict.CONFIRMED if counts else Verdict.QUARANTINED,
        day=at.date(),
        responded_at=at,
        updated_at=at,
    )


def by_sql(data: object, known: Catalogue) -> set[int]:
    where = compiler.compile_where(validation.read(data, known), known, "c", AT)
    statement = sql.SQL("SELECT c.id FROM {} c WHERE c.organization_id = %(organization)s AND {}")
    with connection.cursor() as cursor:
        cursor.execute(
            statement.format(sql.Identifier(known.root.table), where.sql),
            {"organization": known.organization, **where.params},
        )
        return {row[0] for row in cursor.fetchall()}


def by_python(data: object, known: Catalogue, ids: list[int]) -> set[int]:
    tree = validation.read(data, known)
    return {pk for pk, found in facts.load(ids, tree, known).items() if evaluator.holds(tree, found, known, AT)}


def with_each_alone(trees: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """In a group, one comparison easily hides behind another."""
    return [*trees, *({"all": [leaf]} for tree in trees for leaf in leaves(tree))]


def leaves(tree: dict[str, Any]) -> list[dict[str, Any]]:
    return [tree] if "field" in tree else [leaf for parts in tree.values() for part in parts for leaf in leaves(part)]


def numbered(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [person | {"number": number} for number, person in enumerate(people)]


crowds = st.lists(world.people, min_size=2, max_size=6).map(numbered)


def test_sql_python_and_a_plain_reading_agree_about_customers(acme: Organization) -> None:
    known = catalogue.of(Root.CUSTOMER, acme)
    plainly = Plainly(
        owner=acme.memberships.earliest("pk").user_id,
        campaigns=list(Campaign.objects.order_by("pk").values_list("pk", flat=True)),
        segments=dict(Segment.objects.values_list("pk", "conditions")),
    )

    @ours
    @given(crowds, st.lists(world.trees(known), min_size=1, max_size=4))
    def agree(people: list[dict[str, Any]], trees: list[dict[str, Any]]) -> None:
        with inhabited(acme, people) as rows:
            ids = [row.pk for row in rows]
            for tree in with_each_alone(trees):
                expected = {pk for pk, person in zip(ids, people, strict=True) if plainly.holds(tree, person)}
                assert by_sql(tree, known) == expected, tree
                assert by_python(tree, known, ids) == expected, tree

    agree()


def test_sql_and_python_agree_about_responses(acme: Organization) -> None:
    known = catalogue.of(Root.RESPONSE, acme)

    @ours
    @given(crowds, st.booleans(), st.lists(world.trees(known), min_size=1, max_size=4))
    def agree(people: list[dict[str, Any]], is_first_erased: bool, trees: list[dict[str, Any]]) -> None:
        with inhabited(acme, people) as rows:
            Response.objects.filter(customer=rows[0], invitation__isnull=not is_first_erased).update(customer=None)
            ids = list(Response.objects.values_list("pk", flat=True))
            for tree in with_each_alone(trees):
                assert by_sql(tree, known) == by_python(tree, known, ids), tree

    agree()


@pytest.mark.parametrize("root", Root)
def test_what_is_read_is_written_and_said_and_read_again(acme: Organization, root: Root) -> None:
    EventKind.objects.create(
        organization=acme,
        name="order.delivered",
        fields={"total": "number", "shop": "text", "on": "date", "gift": "boolean"},
        first_at=timezone.now(),
        last_at=timezone.now(),
    )
    known = event_catalogue(acme, "order.delivered") if root is Root.EVENT else catalogue.of(root, acme)

    @settings(max_examples=100, deadline=None)
    @given(world.trees(known))
    def same(data: dict[str, Any]) -> None:
        tree = validation.read(data, known)
        stored = tree.to_json()
        assert validation.read(stored, known) == tree
        assert validation.read(stored, known).to_json() == stored
        said = words.sentence(tree, known)
        assert said
        assert "%(" not in said

    same()


# ── What random values would hardly find ─────────────────────────────────────────────────────────────────────────────


def test_capital_letters_fold_alike_in_postgresql_and_in_python(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT chr(n), lower(chr(n)) FROM generate_series(1, 1114111) n"
            " WHERE n NOT BETWEEN 55296 AND 57343 AND lower(chr(n)) <> chr(n)"
        )
        lowered = dict(cursor.fetchall())
    assert lowered["İ"] == fold("İ") == "i"
    known = (chr(n) for n in range(1, 0x110000) if not 0xD800 <= n <= 0xDFFF and unicodedata.category(chr(n)) != "Cn")
    assert {c: fold(c) for c in known if fold(c) != lowered.get(c, c)} == {}


def test_letters_fold_one_by_one_in_texts_too(acme: Organization) -> None:
    known = catalogue.of(Root.CUSTOMER, acme)
    people = {word: factories.customer(acme, properties={"tier": word}).pk for word in ("Straße", "İstanbul", "ΟΔΟΣ")}

    for op, wanted, expected in (
        ("contains", "ss", set()),
        ("contains", "SSE", set()),
        ("contains", "TRAẞ", {"Straße"}),
        ("starts_with", "IST", {"İstanbul"}),
        ("contains", "οδοσ", {"ΟΔΟΣ"}),
        ("contains", "οδος", set()),  # the final form is a letter of its own
    ):
        data = {"all": [{"field": "p.tier", "op": op, "value": wanted}]}
        ids = {people[word] for word in expected}
        assert by_sql(data, known) == by_python(data, known, list(people.values())) == ids, wanted


def test_numbers_are_compared_to_the_last_digit(acme: Organization) -> None:
    known = catalogue.of(Root.CUSTOMER, acme)
    stored = ["0.1", "0.1000000000000000055511151231257827", "12345678901234567890123456789.5"]
    ids = [factories.customer(acme).pk for _ in stored]
    with connection.cursor() as cursor:
        for pk, number in zip(ids, stored, strict=True):
            cursor.execute("UPDATE surveys_customer SET properties = %s WHERE id = %s", [f'{{"seats": {number}}}', pk])

    for data, expected in (
        ({"field": "p.seats", "op": "equals", "value": "0.1"}, {ids[0]}),
        ({"field": "p.seats", "op": "greater", "value": 0.1}, {ids[1], ids[2]}),
        ({"field": "p.seats", "op": "greater", "value": 12345678901234567890123456789}, {ids[2]}),
    ):
        assert by_sql({"all": [data]}, known) == by_python({"all": [data]}, known, ids) == expected


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Europe/Berlin", date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 30), datetime(2026, 3, 29, 22, tzinfo=UTC)),  # a day of 23 hours before it
        ("Europe/Berlin", date(2026, 10, 26), datetime(2026, 10, 25, 23, tzinfo=UTC)),
        ("Asia/Beirut", date(2026, 3, 29), datetime(2026, 3, 28, 22, tzinfo=UTC)),  # begins at one o'clock
        ("America/Havana", date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC)),  # has midnight twice: the first
    ],
)
def test_a_day_begins_where_the_organization_is(zone: str, day: date, begins: datetime) -> None:
    there = ZoneInfo(zone)

    assert days.begins(day, there) == begins
    assert begins.astimezone(there).date() == day
    assert (begins - timedelta(seconds=1)).astimezone(there).date() == day - timedelta(days=1)


def test_facts_of_many_are_loaded_in_as_many_statements_as_of_one(
    acme: Organization, django_assert_num_queries: Any
) -> None:
    people = [factories.customer(acme) for _ in range(30)]
    pulse = Campaign.objects.earliest("pk")
    ids = [factories.response(factories.invitation(pulse, person), 9).pk for person in people]
    segments = list(Segment.objects.values_list("pk", flat=True))
    of_customer = {"field": "segment", "op": "one_of", "value": segments}
    of_response = {"all": [{"field": "score", "op": "equals", "value": 9}, of_customer | {"field": "customer.segment"}]}

    for root, data, one, all_of_them, statements in (
        (Root.CUSTOMER, {"all": [of_customer]}, [people[0].pk], [person.pk for person in people], 1),
        (Root.RESPONSE, of_response, ids[:1], ids, 2),
    ):
        known = catalogue.of(root, acme)
        tree = validation.read(data, known)
        for wanted in (one, all_of_them):
            with django_assert_num_queries(statements):
                assert len(facts.load(wanted, tree, known)) == len(wanted)


def test_while_a_property_is_worked_in_nobody_is_missed(acme: Organization) -> None:
    """Its property sets lag behind until the work is done."""
    ada = factories.customer(acme, properties={"plan": "Pro"}, property_set=factories.property_set(acme))
    is_pro = {"all": [{"field": "p.plan", "op": "equals", "value": "Pro"}]}
    PropertyWork.objects.create(
        organization=acme,
        kind=PropertyWorkKind.REGROUP,
        about=Property.objects.get(key="plan"),
        created_at=AT,
        starts_at=AT,
        total=1,
    )

    known = catalogue.of(Root.CUSTOMER, acme)
    assert by_sql(is_pro, known) == by_python(is_pro, known, [ada.pk]) == {ada.pk}

    PropertyWork.objects.update(status="done")
    property_sets.refresh(acme, [ada.pk])
    known = catalogue.of(Root.CUSTOMER, acme)
    assert "property_set_id" in str(compiler.compile_where(validation.read(is_pro, known), known, "c", AT).sql)
    assert by_sql(is_pro, known) == {ada.pk}
