"""What was said about the columns of a list is remembered for the next list with the same header."""

from surveys.customers.models import ImportMapping, Property
from tests.customers.world import checked, choose, customer, imported, latest, upload
from tests.people import Person

HEADER = "Mail,Who,Extra,Amount\n"
FIRST = HEADER + 'ada@example.com,Ada,x,"1,5"\n'


def test_a_list_with_the_same_header_is_read_in_the_same_way(alice: Person, charlie: Person) -> None:
    imported(alice, FIRST, Who="name", Extra="ignore", Amount="property:number_comma", name="march.csv")
    answer = upload(alice, HEADER + 'bob@example.com,Bob,y,"2,500"\n')

    page = alice.get(answer["Location"]).content.decode()
    assert "The header is that of “march.csv”" in page
    assert "two ways" not in page, "it was decided last time"
    assert [(column["target"], column["kind"]) for column in latest(alice).columns] == [
        ("email", "text"),
        ("name", "text"),
        ("ignore", "text"),
        ("property", "number_comma"),
    ]
    choose(alice, latest(alice))

    alice.post(alice.url("customers:import_cancel", pk=latest(alice).pk))
    upload(alice, HEADER + "bob@example.com,Bob,y,7\n")
    alice.post(alice.url("customers:import_read", pk=latest(alice).pk), {"guess": "yes"})
    assert latest(alice).columns[1]["target"] == "property", "guessed anew"
    assert latest(alice).mapping is None

    upload(charlie, FIRST)
    assert latest(charlie).mapping is None


def test_a_property_that_has_another_type_by_now_is_guessed(alice: Person) -> None:
    imported(alice, FIRST, Amount="property:number_comma")
    Property.objects.filter(organization=alice.organization, key="amount").update(type="text")

    checked(alice, FIRST)

    assert latest(alice).columns[3]["kind"] == "text"


def test_mappings_are_named_renamed_and_forgotten(alice: Person) -> None:
    upload(alice, FIRST)
    form = {"remember_as": "From the shop"}
    for number, column in enumerate(latest(alice).columns):
        form |= {f"target_{number}": column["target"], f"kind_{number}": column["kind"]}
    alice.post(alice.url("customers:import_columns", pk=latest(alice).pk), form)
    mapping = ImportMapping.objects.get(organization=alice.organization)
    assert mapping.name == "From the shop"

    address = alice.url("customers:import_mapping", pk=mapping.pk)
    alice.post(address, {"name": "Web shop"})
    assert "Web shop" in alice.get(alice.url("customers:import_mappings")).content.decode()
    nameless = alice.post(address, {"name": " "})
    assert "Give it a name" in nameless.content.decode()

    alice.post(alice.url("customers:import_mapping_delete", pk=mapping.pk))
    assert "Nothing is remembered yet" in alice.get(alice.url("customers:import_mappings")).content.decode()
    upload(alice, FIRST)
    assert latest(alice).mapping is None


def test_an_outsider_and_an_agent_cannot_touch_them(alice: Person, bob: Person, charlie: Person) -> None:
    imported(alice, FIRST)
    mapping = ImportMapping.objects.get(organization=alice.organization)
    for name in ("import_mapping", "import_mapping_delete"):
        assert bob.post(bob.url(f"customers:{name}", pk=mapping.pk), {"name": "mine"}).status_code == 403
        assert charlie.post(charlie.url(f"customers:{name}", pk=mapping.pk), {"name": "mine"}).status_code == 404
    assert bob.get(bob.url("customers:import_mappings")).status_code == 403
    assert customer(alice, "ada@example.com")
