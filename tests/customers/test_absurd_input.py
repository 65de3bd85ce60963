"""What nobody types but somebody sends: it gets an answer in words, and costs next to nothing."""

import json
import resource
from typing import Any
from urllib.parse import urlencode

import pytest

from surveys.customers.models import Property
from tests import factories
from tests.people import Person

pytestmark = pytest.mark.django_db
DEEP: dict[str, Any] = {"field": "last_score", "op": "is_set"}
for _level in range(300):
    DEEP = {"all": [DEEP]}


@pytest.fixture
def seats(alice: Person) -> Property:
    return Property.objects.create(
        organization=alice.organization, key="seats", label="Seats", type="number", position=1
    )


def most_memory() -> int:
    """In megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@pytest.mark.parametrize("number", ["1e99999999", "1e-99999999", "9" * 400, "1e20000000000"])
def test_a_number_that_is_too_long_is_an_error_at_its_field(alice: Person, seats: Property, number: str) -> None:
    ada = factories.customer(alice.organization, "ada@example.com", name="Ada", properties={"seats": 3})
    before = most_memory()
    page = alice.post(alice.url("customers:edit", pk=ada.pk), {"email": "ada@example.com", "p_seats": number})
    assert page.status_code == 200
    assert page.context["form"].errors.keys() == {"p_seats"}
    bulk = alice.url("customers:bulk") + f"?scope=picked&id={ada.pk}"
    page = alice.post(bulk, {"kind": "property", "property": "seats", "value": number})
    assert page.status_code == 200
    assert {name for offer in page.context["offers"] for name in offer.form.errors} == {"value"}
    assert most_memory() - before < 50
    ada.refresh_from_db()
    assert ada.properties == {"seats": 3}


def test_a_text_that_is_too_long_is_an_error_at_its_field(alice: Person) -> None:
    Property.objects.create(organization=alice.organization, key="note", label="Note", type="text", position=1)
    page = alice.post(alice.url("customers:new"), {"email": "ada@example.com", "p_note": "x" * 2001})
    assert page.context["form"].errors.keys() == {"p_note"}


_BUILDER = ["customers:filter", "customers:segment_new"]


@pytest.mark.parametrize(
    ("pages", "where", "words"),
    [
        (["customers:list", *_BUILDER], {"all": [{"field": "\ud800", "op": "is_set"}]}, "There is no field “\ufffd”"),
        (["customers:list"], {"all": [{"field": "email", "op": "contains", "value": "\ud800"}]}, "is not a text"),
        (_BUILDER, {"all": [{"field": "email", "op": "contains", "value": "\ud800"}]}, "\ufffd"),
        (["customers:list"], {"all": [{"field": "last_score", "op": "equals", "value": [["\ud800"]]}]}, "not a number"),
        (_BUILDER, {"all": [{"field": "last_score", "op": "equals", "value": [["\ud800"]]}]}, "Say what to compare"),
        (["customers:list", *_BUILDER], DEEP, "not more than 5 deep"),
    ],
)
def test_conditions_that_cannot_be_are_refused_in_words(
    alice: Person, pages: list[str], where: Any, words: str
) -> None:
    for page in pages:
        answer = alice.get(alice.url(page), {"where": json.dumps(where)})
        assert answer.status_code == 200
        assert words in answer.content.decode()


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("customers:list", {"sort": "answer", "from": "9999-12-31"}),
        ("customers:list", {"sort": "-answer", "from": "0001-01-01"}),
        ("customers:merge", {"id": "1" * 5000}),
        ("customers:bulk", {"scope": "picked", "id": "1" * 5000}),
        ("customers:segment_new", {"like": "1" * 5000}),
    ],
)
def test_days_and_numbers_out_of_reach_lead_nowhere(alice: Person, page: str, query: dict[str, str]) -> None:
    assert alice.get(f"{alice.url(page)}?{urlencode(query)}").status_code in (200, 302)
