"""Which customer a line means: by address, by external ID, and what happens when they disagree."""

from surveys.customers.models import Customer
from tests.customers.world import checked, counts, customer, imported
from tests.people import Person


def lines(*rows: str) -> str:
    return "email,external id,name\n" + "\n".join(rows)


def test_a_line_that_matches_by_external_id_updates_the_address(alice: Person) -> None:
    imported(alice, lines("ada@old.example,7,Ada"))
    job = imported(alice, lines("ada@new.example,7,"))

    assert counts(job) == {"changed": 1}
    person = customer(alice, "ada@new.example")
    assert (person.external_id, person.name) == ("7", "Ada")
    assert Customer.objects.count() == 1


def test_a_line_whose_ids_point_at_two_people_is_refused(alice: Person) -> None:
    imported(alice, lines("ada@example.com,1,Ada", "bob@example.com,2,Bob"))
    job = imported(alice, lines("eve@example.com,3,Eve", "ada@example.com,2,Who"))

    assert counts(job) == {"new": 1, "refused": 1}
    refusal = job.refusals.get()
    assert (refusal.line, refusal.column, refusal.value, refusal.reason) == (3, "external id", "2", "two_people")
    assert customer(alice, "ada@example.com").name == "Ada"


def test_two_people_of_the_same_list_are_not_mixed_up(alice: Person) -> None:
    job = imported(alice, lines("ada@example.com,1,Ada", "bob@example.com,2,Bob", "ada@example.com,2,Who"))

    assert counts(job) == {"new": 2, "refused": 1}
    assert job.refusals.get().line == 4


def test_an_address_that_changes_within_the_list_stays_one_person(alice: Person) -> None:
    rows = (
        "a@example.com,1,",
        "b@example.com,1,",
        "b@example.com,2,Last",
        "c@example.com,,Other",
        "c@example.com,2,No",
    )
    job = imported(alice, lines(*rows))

    assert counts(job) == {"new": 2, "repeated": 2, "refused": 1}
    assert list(Customer.objects.order_by("pk").values_list("email", "external_id", "name")) == [
        ("b@example.com", "2", "Last"),
        ("c@example.com", None, "Other"),
    ]


def test_two_lines_for_one_known_customer_by_different_ids(alice: Person) -> None:
    imported(alice, lines("ada@example.com,1,Ada"))
    job = checked(alice, lines("ada@example.com,2,Ada", "other@example.com,1,Ada"))

    assert counts(job) == {"changed": 1, "refused": 1}
    assert job.refusals.get().line == 3


def test_a_customer_without_an_address_is_known_by_the_external_id(alice: Person) -> None:
    job = imported(alice, lines("ada@example.com,,Ada", ",9,Nina", ",,Nobody"))

    assert counts(job) == {"new": 2, "refused": 1}
    assert Customer.objects.get(external_id="9").email is None
    assert counts(imported(alice, lines(",9,Nina Simone", "ada@example.com,,Ada"))) == {"changed": 1, "unchanged": 1}


def test_another_organizations_customers_are_other_people(alice: Person, charlie: Person) -> None:
    imported(alice, lines("ada@example.com,7,Ada"))
    job = imported(charlie, lines("ada@example.com,7,Someone else"))

    assert counts(job) == {"new": 1}
    assert customer(alice, "ada@example.com").name == "Ada"
