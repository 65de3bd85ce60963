"""Conditions: SQL against a plain reading of the same tree in Python, on random trees and customers."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2 import sql

from surveys.accounts.models import Organization
from surveys.core.conditions import catalogue, compiler, validation, words
from surveys.core.conditions.catalogue import Root, Type
from surveys.core.conditions.tree import EVERYONE, Op
from surveys.core.conditions.validation import BadCondition
from surveys.customers.models import Customer, Property
from tests import factories
from tests.people import Person

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 3, 30, 12, tzinfo=UTC)
TYPES = {"p.plan": "text", "p.seats": "number", "p.vip": "boolean", "p.since": "date"}
STANDING = {"language": "text", "last_asked": "moment", "last_answered": "moment", "last_score": "number"}
OPS = {
    "text": ["equals", "one_of", "contains", "is_set", "not_set"],
    "number": ["equals", "greater", "less", "is_set", "not_set"],
    "boolean": ["equals", "is_set", "not_set"],
    "date": ["equals", "before", "after", "is_set", "not_set"],
    "moment": ["before", "after", "is_set", "not_set"],
}

texts = st.sampled_from(["Pro", "pro", "Team", "de", "de-AT", "100%_", "a\\b", '"', "ü", "{}"])
numbers = st.sampled_from([0, 1, -3, 7, 7.5, 10, 1e6, 12345678901234567890])
days = st.sampled_from([date(2026, 3, 28) + timedelta(days=n) for n in range(4)])  # clocks change on the 29th
# Moments around local midnight, in UTC, on both sides of the change of clocks.
moments = st.builds(
    lambda day, hour: datetime(day.year, day.month, day.day, hour, tzinfo=UTC), days, st.integers(21, 23)
)
VALUES = {"text": texts, "number": numbers, "boolean": st.booleans(), "date": days.map(str), "moment": days.map(str)}

people = st.fixed_dictionaries(
    {
        "language": st.sampled_from(["", "de", "de-AT", "en"]),
        "last_asked_at": st.none() | moments,
        "last_answered_at": st.none() | moments,
        "last_score": st.none() | st.sampled_from([0, 7, 10]),
        "properties": st.fixed_dictionaries(
            {},
            optional={"plan": texts, "seats": numbers | st.just("many"), "vip": st.booleans(), "since": days.map(str)},
        ),
    }
)


@st.composite
def comparisons(draw: st.DrawFn) -> dict[str, Any]:
    field, kind = draw(st.sampled_from(sorted((TYPES | STANDING).items())))
    op = draw(st.sampled_from(OPS[kind]))
    if op in ("is_set", "not_set"):
        return {"field": field, "op": op}
    value = draw(st.lists(texts, min_size=1, max_size=3) if op == "one_of" else VALUES[kind])
    return {"field": field, "op": op, "value": value}


trees = st.lists(comparisons(), max_size=3).map(lambda parts: {"all": parts} if parts else {})


def holds(tree: dict[str, Any], person: dict[str, Any]) -> bool:
    """The independent reading: what the tree says about one person."""
    return all(_holds(part, person) for part in tree.get("all", []))


def _holds(part: dict[str, Any], person: dict[str, Any]) -> bool:
    field, op = part["field"], part["op"]
    wanted: Any = part.get("value")
    if field.startswith("p."):
        value = person["properties"].get(field[2:])
    else:
        value = person[{"last_asked": "last_asked_at", "last_answered": "last_answered_at"}.get(field, field)]
    value = None if value == "" else value
    if op in ("is_set", "not_set"):
        return (value is not None) == (op == "is_set")
    if value is None:
        return False
    if isinstance(value, datetime):
        value = value.astimezone(BERLIN).date().isoformat()
    if op in ("greater", "less") and isinstance(value, str):
        return False  # a value from before the property became a number
    return {
        "equals": lambda: value == wanted,
        "one_of": lambda: value in wanted,
        "contains": lambda: wanted.lower() in value.lower(),
        "greater": lambda: value > wanted,
        "less": lambda: value < wanted,
        "before": lambda: value < wanted,
        "after": lambda: value > wanted,
    }[op]()


@pytest.fixture
def acme(alice: Person) -> Organization:
    for key, kind in TYPES.items():
        Property.objects.create(
            organization=alice.organization, key=key[2:], label=key[2:].capitalize(), type=kind, position=0
        )
    Organization.objects.filter(pk=alice.organization.pk).update(time_zone="Europe/Berlin")
    alice.organization.refresh_from_db()
    return alice.organization


def matching(data: object, organization: Organization) -> set[int]:
    known = catalogue.of(Root.CUSTOMER, organization)
    where = compiler.compile_where(validation.read(data, known), known, "c", at=AT)
    statement = sql.SQL("SELECT c.id FROM surveys_customer c WHERE c.organization_id = %(organization)s AND {}")
    with connection.cursor() as cursor:
        cursor.execute(statement.format(where.sql), {"organization": organization.pk, **where.params})
        return {row[0] for row in cursor.fetchall()}


def test_sql_and_a_plain_reading_agree_on_random_trees_and_people(acme: Organization) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(people, min_size=3, max_size=8), st.lists(trees, min_size=2, max_size=6))
    def agree(persons: list[dict[str, Any]], conditions: list[dict[str, Any]]) -> None:
        Customer.objects.all().delete()
        rows = Customer.objects.bulk_create(
            Customer(organization=acme, created_at=datetime.now(UTC), updated_at=datetime.now(UTC), **person)
            for person in persons
        )
        alone = [{"all": [part]} for condition in conditions for part in condition.get("all", [])]
        for condition in [*conditions, *alone]:
            expected = {row.pk for row, person in zip(rows, persons, strict=True) if holds(condition, person)}
            assert matching(condition, acme) == expected, condition

    agree()


def test_everything_that_was_read_is_written_back_the_same(acme: Organization) -> None:
    known = catalogue.of(Root.CUSTOMER, acme)

    @settings(max_examples=50, deadline=None)
    @given(trees)
    def same(condition: dict[str, Any]) -> None:
        tree = validation.read(condition, known)
        assert validation.read(tree.to_json(), known) == tree

    same()


def test_values_stand_beside_the_statement_never_in_it(acme: Organization) -> None:
    known = catalogue.of(Root.CUSTOMER, acme)
    evil = "x'); DROP TABLE surveys_customer; --"
    tree = validation.read({"all": [{"field": "p.plan", "op": "contains", "value": evil}]}, known)

    where = compiler.compile_where(tree, known, "c", at=AT)

    connection.ensure_connection()
    assert "DROP" not in where.sql.as_string(connection.connection)
    assert evil in where.params.values()
    assert matching(tree.to_json(), acme) == set()


@pytest.mark.parametrize(
    ("comparison", "says"),
    [
        ({"field": "p.plam", "op": "equals", "value": "Pro"}, "no field “p.plam”"),
        ({"field": "p.plan", "op": "greater", "value": "Pro"}, "“greater” does not go with Plan"),
        ({"field": "p.plan", "op": "equals", "value": "  "}, "what to compare Plan with"),
        ({"field": "p.plan", "op": "equals", "value": 7}, "“7” is not a text for Plan"),
        ({"field": "p.plan", "op": "equals", "value": "a\x00b"}, "is not a text for Plan"),
        ({"field": "p.plan", "op": "one_of", "value": "Pro"}, "needs a list"),
        ({"field": "p.plan", "op": "one_of", "value": []}, "what to compare Plan with"),
        ({"field": "p.seats", "op": "less", "value": "many"}, "“many” is not a number for Seats"),
        ({"field": "p.seats", "op": "less", "value": "NaN"}, "“NaN” is not a number"),
        ({"field": "p.seats", "op": "less", "value": True}, "“True” is not a number"),
        ({"field": "p.vip", "op": "equals", "value": "maybe"}, "yes or no, not “maybe”"),
        ({"field": "p.since", "op": "before", "value": "31.03.2026"}, "Write it like 2026-03-31"),
        ({"field": "last_asked", "op": "after", "value": "9999-12-31"}, "Write it like 2026-03-31"),
        ({"field": ["x"], "op": "equals"}, "no field"),
        ("not a comparison", "a field, an op and a value"),
    ],
)
def test_a_slip_is_named_with_its_value_and_the_way_out(acme: Organization, comparison: object, says: str) -> None:
    known = catalogue.of(Root.CUSTOMER, acme)
    good = {"field": "p.plan", "op": "equals", "value": "Pro"}

    with pytest.raises(BadCondition) as bad:
        validation.read({"all": [good, comparison]}, known)

    (problem,) = bad.value.problems
    assert problem.path == (1,)
    assert re.search(re.escape(says), problem.message)


@pytest.mark.parametrize(
    "data", [None, [], "all", {"any": []}, {"all": {}}, {"all": [], "more": 1}, {"all": [{}] * 51}]
)
def test_what_is_no_condition_at_all_is_refused(acme: Organization, data: object) -> None:
    with pytest.raises(BadCondition):
        validation.read(data, catalogue.of(Root.CUSTOMER, acme))


def test_a_condition_reads_as_a_sentence(acme: Organization) -> None:
    known = catalogue.of(Root.CUSTOMER, acme)
    tree = validation.read(
        {
            "all": [
                {"field": "p.plan", "op": "one_of", "value": ["Pro", "Team", "Max"]},
                {"field": "p.seats", "op": "greater", "value": "5"},
                {"field": "p.vip", "op": "equals", "value": "true"},
                {"field": "p.since", "op": "before", "value": "2026-03-01"},
                {"field": "last_asked", "op": "not_set"},
            ]
        },
        known,
    )

    assert words.sentence(tree, known) == (
        "Plan is Pro, Team or Max, and Seats is more than 5, and Vip is yes, "
        "and Since is before 1 March 2026, and Last asked never"
    )
    assert words.sentence(EVERYONE, known) == "Everyone"


def test_a_field_of_another_organization_is_no_field_here(acme: Organization, charlie: Person) -> None:
    with pytest.raises(BadCondition, match="no field"):
        validation.read(
            {"all": [{"field": "p.plan", "op": "is_set"}]}, catalogue.of(Root.CUSTOMER, charlie.organization)
        )


def test_a_property_suggests_the_values_that_it_has(acme: Organization) -> None:
    factories.property_set(acme, plan="Pro")
    factories.property_set(acme, plan="Max", region="EU")

    field = catalogue.of(Root.CUSTOMER, acme).get("p.plan")

    assert field is not None
    assert field.type is Type.TEXT
    assert Op.CONTAINS in field.ops
    assert field.suggestions == ("Max", "Pro")
