"""Lists as Excel, as JSON Lines, pasted; and files that are something else than their name says."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import xlsxwriter

from surveys.customers.importing import archives, sheet_rows
from surveys.customers.models import Customer, ImportChunk, ImportJob, Property
from tests import factories
from tests.customers.world import checked, choose, counts, customer, imported, latest, upload, work
from tests.people import Person

Fill = Callable[[Any, Any], None]


def workbook(fill: Fill, **options: object) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, **options})
    fill(book, book.add_worksheet("People"))
    book.close()
    return file.getvalue()


def rezipped(content: bytes, change: Callable[[str, bytes], bytes], **added: bytes) -> bytes:
    """The workbook with parts changed, and others beside them."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, data in added.items():
            new.writestr(name, data)
    return file.getvalue()


def small(_book: Any, sheet: Any) -> None:
    sheet.write_row(0, 0, ["Email", "Plan"])
    sheet.write_row(1, 0, ["ada@example.com", "Pro"])


def typed(book: Any, sheet: Any) -> None:
    """Two empty rows and an empty column before it; what spreadsheets do to people."""
    day = book.add_format({"num_format": "d.m.yyyy"})
    header = ["Email", "Name", "Since", "MRR", "Trial", "Postal code", "Total", "Rate", "Half done"]
    sheet.write_row(2, 1, header)
    for row, (email, name) in enumerate([("ada@example.com", "Ada"), ("bob@example.com", "Bob")], start=3):
        sheet.write_row(row, 1, [email, name])
        sheet.write_datetime(row, 3, datetime(2024, 2, 29), day)
        sheet.write_number(row, 4, 1234.5)
        sheet.write_boolean(row, 5, row == 3)
        sheet.write_string(row, 6, "00123")
        sheet.write_formula(row, 7, "=1+1", None, 2)
        sheet.write_number(row, 8, 0.1 + 0.2)
    sheet.write_row(6, 1, ["broken@example.com", "Broken"])
    sheet.write_formula(6, 7, "=1/0", None, "#DIV/0!")
    sheet.write_row(7, 1, ["unused@example.com", "Unused"])
    sheet.write_formula(7, 9, "=A1", None, "")
    sheet.write_blank(500, 1, None, day)


@pytest.mark.parametrize("date_1904", [False, True])
def test_a_workbook_is_typed_as_its_cells_are(alice: Person, date_1904: bool) -> None:
    def uncomputed(name: str, data: bytes) -> bytes:
        return data.replace(b"<f>A1</f><v></v>", b"<f>A1</f>") if "sheet1" in name else data

    content = rezipped(workbook(typed, date_1904=date_1904), uncomputed)
    job = imported(alice, content, name="people.xlsx", **{"Half done": "ignore"})

    ada = customer(alice, "ada@example.com")
    assert ada.name == "Ada"
    assert ada.properties == {
        "since": "2024-02-29",
        "mrr": 1234.5,
        "trial": True,
        "postal_code": "00123",
        "total": 2,
        "rate": 0.3,
    }
    assert counts(job) == {"new": 3, "refused": 1, "blank": 1}
    refusal = job.refusals.get()
    assert (refusal.line, refusal.column, refusal.value) == (7, "Total", "#DIV/0!")
    assert refusal.reason == "cell_error"
    types = dict(Property.objects.filter(organization=alice.organization).values_list("key", "type"))
    assert types == {
        "since": "date",
        "mrr": "number",
        "trial": "boolean",
        "postal_code": "text",
        "total": "number",
        "rate": "number",
    }

    job = checked(alice, content, name="people.xlsx", **{"Half done": "property:text"})
    assert {(r.line, r.column) for r in job.refusals.all()} == {(7, "Total"), (8, "Half done")}
    assert counts(imported(alice, content, name="people.xlsx", **{"Half done": "ignore"})) == {
        "unchanged": 3,
        "refused": 1,
        "blank": 1,
    }


def test_a_number_of_a_workbook_is_never_taken_for_one_with_a_decimal_comma(alice: Person) -> None:
    def mixed(_book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["Email", "MRR"])
        sheet.write_row(1, 0, ["ada@example.com", 1.234])
        sheet.write_row(2, 0, ["bob@example.com", "1.234,50"])

    imported(alice, workbook(mixed), name="x.xlsx", MRR="property:number_comma")

    assert customer(alice, "ada@example.com").properties == {"mrr": 1.234}
    assert customer(alice, "bob@example.com").properties == {"mrr": 1234.5}


def test_one_of_several_sheets_is_chosen(alice: Person) -> None:
    def two(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["Notes"])
        sheet.write_row(1, 0, ["nothing here"])
        small(book, book.add_worksheet("Customers & more"))
        book.add_worksheet("Empty")

    upload(alice, workbook(two), "two.xlsx")
    job = latest(alice)
    assert (job.sheet, job.sheets) == ("People", ["People", "Customers & more"])
    page = alice.get(alice.url("customers:import_columns", pk=job.pk)).content.decode()
    assert "Customers &amp; more" in page
    assert "Encoding" not in page

    alice.post(alice.url("customers:import_read", pk=job.pk), {"sheet": "Customers & more"})
    job.refresh_from_db()
    assert [column["name"] for column in job.columns] == ["Email", "Plan"]
    choose(alice, job)
    work(job)
    alice.post(alice.url("customers:import_start", pk=job.pk))
    assert counts(work(job)) == {"new": 1}


def refused(person: Person, content: bytes, name: str = "list.csv") -> str:
    answer = upload(person, content, name)
    assert answer.status_code == 200
    assert not ImportJob.objects.exists()
    assert not ImportChunk.objects.exists()
    return str(answer.content.decode().replace("&#x27;", "'"))


def zipped(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "an old Excel workbook (.xls)"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "a picture (PNG)"),
        (b"<!DOCTYPE html><table>", "a web page (HTML)"),
        (zipped(**{"customers.csv": b"email\na@b.co\n"}), "a ZIP archive"),
        (zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "an OpenDocument file (.ods)"),
        (zipped(**{"word/document.xml": b"<x/>"}), "a Word document"),
        (b"PK\x03\x04" + b"\x00" * 100, "This Excel file is damaged."),
        (workbook(small)[:-300], "This Excel file is damaged."),
        (b'[{"email": "a@b.co"}]', "one JSON array"),
        (b'{\n  "email": "a@b.co"\n}\n', "one JSON object over several lines"),
    ],
)
def test_what_is_renamed_is_refused_by_its_true_name(alice: Person, content: bytes, words: str) -> None:
    assert words in refused(alice, content)


def test_a_bomb_is_refused_without_being_unpacked(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be 300 MB; the declared sizes tell, and nothing is read of what is packed."""
    bomb = rezipped(workbook(small), lambda _name, data: data, **{"xl/media/zeros.bin": b"0" * 300 * 1024**2})
    assert len(bomb) < 400_000
    monkeypatch.setattr(archives, "passing", None)

    assert "Unpacked, this Excel file would be 301 MB" in refused(alice, bomb, "bomb.xlsx")


def test_a_bomb_that_lies_about_its_size_is_refused_at_what_it_claims(alice: Person) -> None:
    def filled(name: str, data: bytes) -> bytes:
        return data + b" " * 60 * 1024**2 if name == "xl/worksheets/sheet1.xml" else data

    honest = rezipped(workbook(small), filled)
    size = zipfile.ZipFile(io.BytesIO(honest)).getinfo("xl/worksheets/sheet1.xml").file_size
    lying = honest.replace(size.to_bytes(4, "little"), (700).to_bytes(4, "little"))
    assert "This Excel file is damaged." in refused(alice, lying, "bomb.xlsx")
    assert "Unpacked" in refused(alice, rezipped(honest, filled), "bomb.xlsx")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b"<worksheet ", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet ', "This Excel file is damaged."),
        (b'r="B2"', b'r="XFD1048576"', "cells far apart (1,048,576 rows, 16,384 columns)"),
        (b'r="B2"', b'r="&#88;FD1048576"', "cells far apart (1,048,576 rows, 16,384 columns)"),
        (b'r="B2"', b'r="B3"', "This Excel file is damaged."),
        (b'r="B2"', b'r="2"', "This Excel file is damaged."),
        (b'<row r="2"', b'<row r="1"', "This Excel file is damaged."),
    ],
)
def test_a_workbook_made_to_hurt_is_not_opened(alice: Person, before: bytes, after: bytes, words: str) -> None:
    def hurt(name: str, data: bytes) -> bytes:
        assert "sheet1" not in name or before in data
        return data.replace(before, after) if "sheet1.xml" in name else data

    assert words in refused(alice, rezipped(workbook(small), hurt), "x.xlsx")


def test_a_sheet_with_too_many_cells_is_refused_before_it_is_read(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_rows, "MOST_CELLS", 3)
    assert "more than 3 cells" in refused(alice, workbook(small), "x.xlsx")


LINES = [
    {"email": "ada@example.com", "name": "Ada", "mrr": 1234.5, "since": "2024-02-29", "trial": True},
    {"email": "bob@example.com", "mrr": 1e3, "plan": None},
    {"email": "nested@example.com", "plan": {"name": "Pro"}},
    {"email": "late@example.com", "seats": 12, "plan": "Pro\ud83e\udd8a"},
    {"email": "half@example.com", "plan": "\ud83e"},
]


def test_json_lines_have_the_columns_of_all_their_lines(alice: Person) -> None:
    lines = [*map(json.dumps, LINES), "", "no json", '["an", "array"]']
    job = imported(alice, "\n".join(lines), name="people.jsonl")

    names = [column["name"] for column in job.columns]
    assert names == ["email", "name", "mrr", "since", "trial", "plan", "seats"]
    assert counts(job) == {"new": 3, "refused": 4, "blank": 1}
    ada = customer(alice, "ada@example.com")
    assert (ada.name, ada.properties) == ("Ada", {"mrr": 1234.5, "since": "2024-02-29", "trial": True})
    assert customer(alice, "bob@example.com").properties == {"mrr": 1000}
    assert customer(alice, "late@example.com").properties == {"plan": "Pro🦊", "seats": 12}
    assert [(r.line, r.column, r.reason, r.value) for r in job.refusals.order_by("line")] == [
        (3, "plan", "nested", '{"name": "Pro"}'),
        (5, "plan", "unreadable", "\N{REPLACEMENT CHARACTER}"),
        (7, "", "not_json", "no json"),
        (8, "", "not_json", '["an", "array"]'),
    ]


def test_lines_copied_from_a_spreadsheet_are_pasted(alice: Person) -> None:
    pasted = "E-Mail\tName\tUmsatz\r\nada@example.com\tAda\t1.234,50\r\n"
    answer = alice.post(alice.url("customers:imports"), {"text": pasted})
    job = latest(alice)
    assert answer["Location"] == alice.url("customers:import_columns", pk=job.pk)
    assert (job.separator, job.columns[2]["kind"]) == ("\t", "number_comma")

    choose(alice, job)
    work(job)
    alice.post(alice.url("customers:import_start", pk=job.pk))
    work(job)
    assert customer(alice, "ada@example.com").properties == {"umsatz": 1234.5}

    empty = alice.post(alice.url("customers:imports"), {"text": " \n"})
    assert "Paste some lines first" in empty.content.decode()
    header = alice.post(alice.url("customers:imports"), {"text": "email,name"})
    assert "no lines below it" in header.content.decode()
    assert "email,name</textarea>" in header.content.decode(), "what was typed is still there"


def test_the_account_owner_is_a_colleague(alice: Person, bob: Person, charlie: Person) -> None:
    factories.customer(alice.organization, "old@example.com", owner=alice.membership.user)
    job = imported(
        alice,
        "email,Owner\nada@example.com,BOB@example.com\nold@example.com,\neve@example.com,charlie@example.com\n",
        Owner="owner",
    )

    assert customer(alice, "ada@example.com").owner == bob.membership.user
    assert customer(alice, "old@example.com").owner == alice.membership.user
    refusal = job.refusals.get()
    assert (refusal.line, refusal.value) == (4, "charlie@example.com")
    assert refusal.get_reason_display() == "Nobody in this organization signs in with this address."


def test_only_new_people_are_added_when_so_chosen(alice: Person) -> None:
    imported(alice, "email,plan\nada@example.com,Free\nbob@example.com,Free\n")
    lines = "email,plan\nada@example.com,Pro\nbob@example.com,Free\neve@example.com,Pro\n"

    would = checked(alice, lines, options=["only_add"])
    assert counts(would) == {"new": 1, "skipped": 1, "unchanged": 1}
    assert "Left alone" in alice.get(alice.url("customers:import", pk=would.pk)).content.decode()
    assert counts(imported(alice, lines, options=["only_add"])) == {"new": 1, "skipped": 1, "unchanged": 1}
    assert customer(alice, "ada@example.com").properties == {"plan": "Free"}


def test_empty_cells_clear_when_so_chosen(alice: Person) -> None:
    imported(alice, "email,name,plan,seats\nada@example.com,Ada,Free,3\nbob@example.com,Bob,Free,3\n")
    lines = "email,name,plan\nada@example.com,,\nbob@example.com,Bob,Free\nnew@example.com,,\nADA@example.com,,Pro\n"

    assert counts(checked(alice, lines, options=["clears_empty"])) == {
        "new": 1,
        "changed": 1,
        "unchanged": 1,
        "repeated": 1,
    }
    job = imported(alice, lines, options=["clears_empty"])

    ada = customer(alice, "ada@example.com")
    assert counts(job) == {"new": 1, "changed": 1, "unchanged": 1, "repeated": 1}
    assert (ada.name, ada.properties) == ("", {"plan": "Pro", "seats": 3})
    assert customer(alice, "new@example.com").properties == {}
    assert ada.changes.get().changes == {"name": ["Ada", None], "p.plan": ["Free", "Pro"]}
    assert counts(imported(alice, lines, options=["clears_empty"])) == {"unchanged": 3, "repeated": 1}
    assert Customer.objects.filter(organization=alice.organization).count() == 3


def test_postal_codes_keep_their_zeros_and_doubtful_columns_are_pointed_out(alice: Person) -> None:
    Property.objects.create(organization=alice.organization, key="seats", label="Seats", type="number")
    answer = upload(
        alice,
        'email,zip,signed,mrr,seats\na@example.com,01234,03/04/2024,"1,234",many\nb@example.com,1234,05/06/2024,"2,345",few\n',
    )
    kinds = {column["name"]: column["kind"] for column in latest(alice).columns}
    assert (kinds["zip"], kinds["signed"], kinds["mrr"], kinds["seats"]) == ("text", "date_dmy", "number", "number")

    page = alice.get(answer["Location"]).content.decode()
    assert "“signed” can be read in two ways" in page
    assert "“mrr” can be read in two ways" in page
    assert "cells such as “many” do not fit it" in page
