"""Conditions for the list beside its other filters."""

import json

import pytest

from surveys.customers.models import Property
from tests import factories
from tests.people import Person

pytestmark = pytest.mark.django_db
PLAN_IS_FREE = {"c.word": "all", "c-0.field": "p.plan", "c-0.op": "equals", "c-0.value": "Free"}


def test_more_conditions_count_with_the_other_filters_and_name_them(alice: Person) -> None:
    for key, kind in (("plan", "text"), ("seats", "number")):
        Property.objects.create(organization=alice.organization, key=key, label=key.title(), type=kind, position=1)
    for name, score, plan in (("Ada", 3, "Free"), ("Bea", 10, "Free"), ("Cem", 3, "Pro")):
        factories.customer(
            alice.organization, f"{name}@example.com", name=name, last_score=score, properties={"plan": plan}
        )
    address = alice.url("customers:filter") + "?category=detractor"
    before = alice.get(address)
    assert before.context["size"].customers == 2
    found = alice.post(address, PLAN_IS_FREE)
    assert found.context["size"].customers == found.context["size"].with_address == 1
    assert [person.name for person in found.context["people"]] == ["Ada"]
    assert "Last score: Detractor" in found.content.decode()
    shown = alice.post(address, {**PLAN_IS_FREE, "save": "1"}, follow=True)
    assert [person.name for person, _cells in shown.context["rows"]] == ["Ada"]
    gone = alice.get(alice.url("customers:filter"), {"segment": "4711"}).content.decode()
    assert "There is no segment of this number" in gone


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("number", "abc", "“abc” is not a number, and Trait is one"),
        ("date", "2025", "“2025” is not a date, and Trait is one"),
        ("boolean", "perhaps", "“perhaps” is neither yes nor no"),
        ("number", "7.5", ""),
        ("date", "2026-03-31", ""),
        ("boolean", "Yes", ""),
    ],
)
def test_a_value_that_a_property_cannot_have_is_named(alice: Person, kind: str, value: str, words: str) -> None:
    Property.objects.create(organization=alice.organization, key="trait", label="Trait", type=kind, position=1)
    page = alice.get(alice.url("customers:list"), {"property": "trait", "value": value})
    assert "".join(page.context["problems"]).startswith(words)
    assert bool(page.context["problems"]) is bool(words)
    where = json.dumps({"all": [{"field": "p.trait", "op": "is_set"}]})
    assert not alice.get(alice.url("customers:list"), {"where": where}).context["problems"]
