"""The four lists of tests/data, through the wizard: exactly what their README says."""

import csv
import io

import pytest

from surveys.customers.models import Customer, Property
from tests.customers.world import DATA, checked, counts, customer, imported, latest
from tests.people import Person

MESSY = (DATA / "customers-messy.csv").read_bytes()
REFUSED = {
    204: ("E-Mail", "not-an-email", "This is not an email address."),
    205: ("E-Mail", "", "There is no email address."),
    206: ("E-Mail", "two@at@example.com", "This is not an email address."),
    207: ("E-Mail", "spaces in@example.com", "This is not an email address."),
    216: ("E-Mail", "header@example.com\nBcc: victim@example.com", "This is not an email address."),
    219: (
        "Full Name",
        "N" * 300,
        "This is too long. Texts have at most 2,000 characters, names 255, external IDs 100.",
    ),
    220: ("Signed up", "31.02.2024", "There is no such date"),
    221: ("MRR (EUR)", "twelve", "This is not a number"),
    222: ("Language", "klingon", "This language code is not known."),
    224: ("", "extra", "The line has more cells than the header has columns."),
    225: ("E-Mail", "zero\u200bwidth@example.com", "This is not an email address."),
}


def test_the_messy_list_gives_what_its_description_says(alice: Person) -> None:
    job = imported(alice, MESSY)

    assert counts(job) == {"new": 209, "repeated": 3, "refused": 11, "blank": 1}
    assert Customer.objects.filter(organization=alice.organization).count() == 209
    mei = customer(alice, "mei.garcia46@stark.example")
    assert mei.email == "mei.garcia46@stark.example"
    assert mei.properties["plan"] == "Enterprise"
    assert mei.properties["mrr_eur"] == 1234.5
    assert mei.properties["signed_up"] == "2024-02-01"
    irem = customer(alice, "irem.patel@acme.example")
    assert (irem.name, irem.properties["plan"], irem.properties["mrr_eur"]) == ("İrem Patel", "Starter", 31.47)


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("jörg@exämple.org", "Jörg Ä"),
        ("formula@example.com", '=HYPERLINK("http://evil.example","x")'),
        ("quote@example.com", 'O"Quote, ""Q""'),
        ("newline@example.com", "Line\nBreak"),
        ("emoji@example.com", "Zoë 🦊"),
        ("rtl@example.com", "مريم حداد"),
        ("script@example.com", "<script>alert(1)</script>"),
        ("short@example.com", "Short Row"),
        ("nbsp@example.com", "No-break Space"),
    ],
)
def test_odd_but_right_lines_are_taken_as_they_are(alice: Person, email: str, name: str) -> None:
    lines = MESSY.decode("utf-8-sig").split("\r\n")
    imported(alice, "\r\n".join([lines[0], *lines[200:]]))

    assert customer(alice, email).name == name


def test_refused_lines_come_back_as_a_csv_with_line_column_value_and_reason(alice: Person) -> None:
    job = imported(alice, MESSY)

    answer = alice.get(alice.url("customers:import_refused", pk=job.pk))
    lines = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))

    assert lines[0] == ["Line", "Column", "Value", "Reason"]
    found = {int(line): (column, value, reason) for line, column, value, reason in lines[1:]}
    assert found.keys() == REFUSED.keys()
    for line, (column, value, reason) in REFUSED.items():
        assert found[line][:2] == (column, value)
        assert found[line][2].startswith(reason)


def test_importing_the_messy_list_again_changes_nothing(alice: Person) -> None:
    imported(alice, MESSY)
    before = list(Customer.objects.order_by("pk").values_list("pk", "email", "properties", "updated_at"))

    again = checked(alice, MESSY)
    assert counts(again) == {"unchanged": 209, "repeated": 3, "refused": 11, "blank": 1}
    again = imported(alice, MESSY)

    assert counts(again) == {"unchanged": 209, "repeated": 3, "refused": 11, "blank": 1}
    assert list(Customer.objects.order_by("pk").values_list("pk", "email", "properties", "updated_at")) == before


def test_the_clean_list_is_typed_and_the_utf_16_list_finds_its_people(alice: Person) -> None:
    assert counts(imported(alice, (DATA / "customers.csv").read_bytes())) == {"new": 5000}

    declared = Property.objects.filter(organization=alice.organization)
    assert dict(declared.values_list("key", "type")) == {
        "country": "text",
        "plan": "text",
        "mrr": "number",
        "signed_up": "date",
        "seats": "number",
        "trial": "boolean",
        "account_id": "text",
    }
    assert set(declared.filter(segmentable=True).values_list("key", flat=True)) == {"country", "plan", "trial"}
    mei = customer(alice, "mei.garcia46@stark.example")
    assert mei.time_zone == "Europe/Berlin"
    assert mei.properties == {
        "country": "DE",
        "plan": "Free",
        "mrr": 0,
        "signed_up": "2022-06-12",
        "seats": 1,
        "trial": False,
        "account_id": "A459",
    }
    assert mei.property_set is not None
    assert mei.property_set.values == {"country": "DE", "plan": "Free", "trial": "false"}

    utf_16 = imported(alice, (DATA / "customers-utf-16.tsv").read_bytes())
    assert counts(utf_16) == {"unchanged": 100}
    assert (utf_16.encoding, utf_16.separator) == ("utf-16", "\t")


def test_lists_in_other_encodings(alice: Person, charlie: Person) -> None:
    assert counts(imported(alice, (DATA / "customers-windows-1252.csv").read_bytes())) == {"new": 100}
    assert latest(alice).encoding == "cp1252"
    assert Customer.objects.filter(organization=alice.organization, name="Amara Müller").exists()

    assert counts(imported(charlie, (DATA / "customers-utf-16.tsv").read_bytes())) == {"new": 100}
