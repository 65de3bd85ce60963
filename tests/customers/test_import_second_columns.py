"""Columns that are called like what every customer has already."""

import pytest

from surveys.customers.models import Customer, Property
from tests.customers.world import imported
from tests.people import Person

pytestmark = pytest.mark.django_db


def test_a_second_email_or_name_is_a_property_of_its_own_name_that_nobody_compares_by(alice: Person) -> None:
    lines = ["Email,Name,e-mail ,Full name,Billing,Plan"]
    lines += [f"p{n}@example.com,Person {n},q@example.com,Ada,pay@example.com,Pro" for n in range(4)]
    imported(alice, "\n".join(lines))
    found = {known.label: known.segmentable for known in Property.objects.filter(organization=alice.organization)}
    assert found == {"e-mail": False, "Full name": False, "Billing": False, "Plan": True}

    imported(alice, "Customer name,Email,Name\nBo,bo@example.com,Robert\n")
    assert Property.objects.get(label="Name (property)").key == "name"
    bo = Customer.objects.get(email="bo@example.com")
    assert (bo.name, bo.properties["name"]) == ("Bo", "Robert")
