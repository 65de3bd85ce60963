"""Languages and time zones in conditions: people know them by name, the database by code."""

import re
from typing import Any

import pytest

from surveys.core.conditions import catalogue, validation, words
from surveys.core.conditions.builder import Builder
from surveys.core.conditions.catalogue import Root
from tests import factories
from tests.people import Person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "op", "value", "says"),
    [
        ("language", "one_of", ["German"], "Language is German"),
        ("language", "one_of", ["DE", "Deutsch", "fr"], "Language is German or French"),
        ("language", "equals", "de", "Language is German"),
        ("language", "one_of", ["gsw"], "Language is gsw"),
        ("language", "starts_with", "pt", "Language starts with pt"),
        ("time_zone", "one_of", ["Berlin"], "Time zone is Europe/Berlin"),
        ("time_zone", "equals", "america/new york", "Time zone is America/New York"),
    ],
)
def test_what_people_call_it_is_understood(alice: Person, field: str, op: str, value: Any, says: str) -> None:
    known = catalogue.of(Root.CUSTOMER, alice.organization)
    tree = validation.read({"all": [{"field": field, "op": op, "value": value}]}, known)
    assert words.sentence(tree, known) == says
    edited = Builder.of(tree, known)
    assert edited.sentence == says


def test_a_language_that_there_is_not_is_refused_and_those_in_use_are_offered_first(alice: Person) -> None:
    for code in ("de", "de-at", "de"):
        factories.customer(alice.organization, language=code)
    page = alice.post(alice.url("customers:filter"), {"c.word": "all", "c-0.field": "language", "c-0.op": "one_of"})
    offered = re.findall(r'<option value="([a-z-]+)">', page.content.decode().partition('"c-0.value"')[2])
    assert offered[:2] == ["de-at", "de"] or offered[:2] == ["de", "de-at"]
    assert {"fr", "ja"} < set(offered)
    typed = {"c.word": "all", "c-0.field": "language", "c-0.op": "one_of", "c-0.value": "Germanish", "save": "1"}
    assert "Language has no “Germanish”" in alice.post(alice.url("customers:filter"), typed).content.decode()
    counted = alice.post(alice.url("customers:filter"), {**typed, "c-0.value": "German", "save": ""})
    assert "one_of" in counted["Location"]
    assert "%22de%22" in counted["Location"]
    stored = '{"all":[{"field":"language","op":"equals","value":"de"}]}'
    assert len(alice.get(alice.url("customers:list"), {"where": stored}).context["rows"]) == 2
