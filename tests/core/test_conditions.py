"""Conditions: what is understood and what is refused, in which words, and what reaches the database."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from psycopg2 import sql

from surveys.accounts.models import Organization
from surveys.core.conditions import catalogue, compiler, validation, words
from surveys.core.conditions.catalogue import Root, Type
from surveys.core.conditions.compiler import Where
from surveys.core.conditions.tree import Op
from surveys.core.conditions.validation import BadCondition
from surveys.customers.models import Customer, Property, Segment
from tests import factories
from tests.people import Person

AT = datetime(2026, 3, 30, 12, tzinfo=UTC)
TYPES = {"p.plan": "text", "p.seats": "number", "p.vip": "boolean", "p.since": "date"}
PRO = {"field": "p.plan", "op": "equals", "value": "Pro"}


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
        ({"field": "p.plan", "op": "one_of", "value": "Pro"}, "needs a list of values"),
        ({"field": "p.plan", "op": "one_of", "value": []}, "what to compare Plan with"),
        ({"field": "p.seats", "op": "less", "value": "many"}, "“many” is not a number for Seats"),
        ({"field": "p.seats", "op": "less", "value": "NaN"}, "“NaN” is not a number"),
        ({"field": "p.seats", "op": "less", "value": True}, "“True” is not a number"),
        ({"field": "p.vip", "op": "equals", "value": "maybe"}, "yes or no, not “maybe”"),
        ({"field": "p.since", "op": "before", "value": "31.03.2026"}, "Write it like 2026-03-31"),
        ({"field": "last_asked", "op": "after", "value": "9999-12-31"}, "Write it like 2026-03-31"),
        ({"field": "p.seats", "op": "less", "value": "0.12345678901234567890123"}, "too many digits for Seats"),
        ({"field": "p.seats", "op": "less", "value": 1e300}, "is not a number"),
        ({"field": "p.seats", "op": "between", "value": [5]}, "from what to what Seats reaches"),
        ({"field": "p.seats", "op": "between", "value": [9, 5]}, "between 9 and 5: the first is larger"),
        ({"field": "p.since", "op": "in_last", "value": "soon"}, "“soon” is not a number of days for Since"),
        ({"field": "p.since", "op": "in_last", "value": 0}, "a whole number from 1 to 36500"),
        ({"field": "p.since", "op": "in_last", "value": 2.5}, "“2.5” is not a number of days"),
        ({"field": "last_category", "op": "one_of", "value": ["fan"]}, "Last category has no “fan”"),
        ({"field": "segment", "op": "one_of", "value": [0]}, "Segment has no “0” (any more)"),
        ({"field": "p.plan", "op": "sounds_like", "value": "Pro"}, "“sounds_like” does not go with Plan"),
        ({"any": []}, "This group is empty"),
        ({"any": [PRO], "none": [PRO]}, "A condition looks like"),
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
    "data", [None, [], "all", {"any": []}, {"all": {}}, {"all": [], "more": 1}, {"all": [PRO] * 51}, PRO]
)
def test_what_is_no_condition_at_all_is_refused(acme: Organization, data: object) -> None:
    with pytest.raises(BadCondition) as bad:
        validation.read(data, catalogue.of(Root.CUSTOMER, acme))
    assert [problem.path for problem in bad.value.problems] == [()]


def test_every_problem_is_named_with_the_way_to_it(acme: Organization) -> None:
    wrong = {"field": "p.plan", "op": "equals"}
    data = {"all": [PRO, {"any": [PRO, wrong, {"none": [wrong]}]}, {"any": []}]}

    with pytest.raises(BadCondition) as bad:
        validation.read(data, catalogue.of(Root.CUSTOMER, acme))

    assert [problem.path for problem in bad.value.problems] == [(1, 1), (1, 2, 0), (2,)]


def test_groups_stand_in_groups_five_deep(acme: Organization) -> None:
    known = catalogue.of(Root.CUSTOMER, acme)
    data: Any = {"all": [PRO]}
    for _ in range(4):
        data = {"any": [data]}
    assert validation.read(data, known).to_json() == data

    for _ in range(2000):
        data = {"none": [data]}
    with pytest.raises(BadCondition, match="not more than 5 deep"):
        validation.read(data, known)


# ── Segments in conditions ───────────────────────────────────────────────────────────────────────────────────────────


def segment(of: Organization, name: str, *asks_about: int, **more: Any) -> Segment:
    parts = [{"field": "segment", "op": "one_of", "value": [pk]} for pk in asks_about]
    conditions = more.get("conditions", {"any": parts} if parts else {"all": [PRO]})
    return Segment.objects.create(organization=of, name=name, conditions=conditions, created_at=AT, updated_at=AT)


def member_of(*segments: Segment) -> dict[str, Any]:
    return {"all": [{"field": "segment", "op": "one_of", "value": [found.pk for found in segments]}]}


def refusal(data: object, organization: Organization) -> str:
    with pytest.raises(BadCondition) as bad:
        validation.read(data, catalogue.of(Root.CUSTOMER, organization))
    (problem,) = bad.value.problems
    assert problem.path == (0,)
    return problem.message


def test_a_circle_is_refused_with_its_chain(acme: Organization) -> None:
    big, loyal = segment(acme, "Big"), segment(acme, "Loyal")
    lost = segment(acme, "Lost", big.pk, loyal.pk)
    assert validation.read(member_of(lost, big), catalogue.of(Root.CUSTOMER, acme))

    Segment.objects.filter(pk=loyal.pk).update(conditions=member_of(lost))

    assert refusal(member_of(big, lost), acme) == "This goes round in a circle: “Lost” → “Loyal” → “Lost”."


def test_a_segment_that_lost_its_property_is_named(acme: Organization) -> None:
    gone = {"all": [{"field": "p.gone", "op": "is_set"}]}
    outer = segment(acme, "Outer", segment(acme, "Inner", conditions=gone).pk)

    said = refusal(member_of(outer), acme)

    assert said.startswith("“Inner” cannot be understood: There is no field “p.gone”")


def test_segments_that_ask_about_segments_cannot_grow_without_end(acme: Organization) -> None:
    last = segment(acme, "0")
    for number in range(1, 12):
        last = segment(acme, str(number), last.pk, last.pk)

    assert "more than 500 conditions" in refusal(member_of(last), acme)


# ── In words ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def said(data: object, organization: Organization) -> str:
    known = catalogue.of(Root.CUSTOMER, organization)
    return words.sentence(validation.read(data, known), known)


def test_a_condition_reads_as_a_sentence(acme: Organization) -> None:
    assert said({}, acme) == "Everyone"
    data = {
        "all": [
            {"field": "p.plan", "op": "one_of", "value": ["Pro", "Team", "Max"]},
            {"field": "p.seats", "op": "between", "value": ["5", 9]},
            {"field": "p.vip", "op": "equals", "value": "true"},
            {"field": "p.since", "op": "before", "value": "2026-03-01"},
            {"field": "score_trend", "op": "one_of", "value": ["fell"]},
            {"none": [{"field": "last_asked", "op": "in_last", "value": 90}]},
        ]
    }
    assert said(data, acme) == (
        "Plan is Pro, Team or Max, and Seats is between 5 and 9, and Vip is yes, and Since is before 1 March 2026, "
        "and Last score fell, and Last asked not in the last 90 days"
    )


def test_groups_in_groups_leave_no_doubt_what_belongs_together(acme: Organization) -> None:
    never = {"field": "last_asked", "op": "not_set"}
    seats = {"field": "p.seats", "op": "at_least", "value": 5}
    pulse = factories.campaign(acme, "Pulse")
    asked = {"field": f"asked.{pulse.pk}", "op": "longer_ago", "value": 1}
    big = segment(acme, "Big")
    outside = {"field": "segment", "op": "other_than", "value": [big.pk]}

    assert said({"any": [PRO, {"all": [seats, never]}]}, acme) == (
        "Plan is Pro, or (Seats is at least 5, and Last asked never)"
    )
    assert said({"all": [outside, {"any": [PRO, asked]}, {"none": [PRO, seats]}, {"none": [never]}]}, acme) == (
        "not in segment Big, and (Plan is Pro, or Asked by “Pulse” longer ago than 1 day), "
        "and none of (Plan is Pro; Seats is at least 5), and Last asked at least once"
    )
    assert said({"none": [PRO]}, acme) == "Plan is not Pro"
    assert said({"all": [{"field": "p.plan", "op": "other_than", "value": ["Pro"]}]}, acme) == (
        "Plan is something other than Pro"
    )


# ── In Django's queries ──────────────────────────────────────────────────────────────────────────────────────────────


def pro(organization: Organization) -> Where:
    known = catalogue.of(Root.CUSTOMER, organization)
    return compiler.compile_where(validation.read({"all": [PRO]}, known), known, "c", AT)


def test_customers_meeting_a_condition_under_whatever_name_the_query_gives_them(
    acme: Organization, charlie: Person
) -> None:
    ada, ben = (factories.customer(acme, properties={"plan": plan}) for plan in ("Pro", "Free"))
    factories.customer(charlie.organization, properties={"plan": "Pro"})
    where = pro(acme)
    mine = Customer.objects.filter(organization=acme)

    assert list(Customer.objects.meeting(where)) == [ada]  # nobody of Charlie's
    assert list(mine.exclude(pk__in=Customer.objects.meeting(where).values("pk"))) == [ben]  # an alias of its own
    assert mine.meeting(where).filter(name__contains="Customer").order_by("-pk")[:10].count() == 1
    assert mine.meeting(where).update(language="de") == 1


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


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({}, "Everyone"),
        (
            {"all": [{"field": "p.tier", "op": "one_of", "value": ["Gold", "Silver"]}, {"none": [PRO]}]},
            "(p.tier is Gold or Silver, and none of (p.plan is Pro))",
        ),
        ({"any": [1, {"field": "p.tier", "op": ["odd"]}]}, "(1, or p.tier ['odd'])"),
    ],
)
def test_what_no_catalogue_knows_any_more_is_told_all_the_same(stored: object, said: str) -> None:
    assert words.rough(stored) == said
