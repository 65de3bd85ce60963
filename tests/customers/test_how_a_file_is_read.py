"""Encodings, separators, quotation marks and headers: what is guessed is shown, what is doubtful is said."""

import re

import pytest

from surveys.customers.models import Customer
from tests.customers.world import checked, choose, counts, customer, imported, latest, upload, work
from tests.people import Person

JAPANESE = "メール,氏名,都市\n" + "".join(f"p{i}@example.com,山田太郎{i},東京ソ表\n" for i in range(20))
PEOPLE = [f"p{i}@example.com,Zoë Müller {i}" for i in range(30)]


def columns_page(person: Person) -> str:
    return str(person.get(person.url("customers:import_columns", pk=latest(person).pk)).content.decode())


def chosen(page: str) -> list[str]:
    """The encoding and the separator that the page says were read."""
    return re.findall(r'<option value="([^"]*)" selected>', page)[:2]


def read_as(person: Person, encoding: str, separator: str = ",") -> str:
    address = person.url("customers:import_read", pk=latest(person).pk)
    answer = person.post(address, {"encoding": encoding, "separator": separator}, follow=True)
    return str(answer.content.decode())


@pytest.mark.parametrize(
    ("text", "written", "encoding", "separator"),
    [
        (JAPANESE, "utf-8", "utf-8-sig", ","),
        (JAPANESE, "utf-16", "utf-16", ","),
        (JAPANESE, "cp932", "cp932", ","),
        ("mail|name\nzoe@example.com|Zoë – “Z”\n", "cp1252", "cp1252", "|"),
        ("mail;name\nzoe@example.com;Zoe\n", "ascii", "utf-8-sig", ";"),
    ],
)
def test_the_page_names_the_encoding_and_the_separator(
    alice: Person, text: str, written: str, encoding: str, separator: str
) -> None:
    upload(alice, text.encode(written))
    page = columns_page(alice)
    assert chosen(page) == [encoding, separator]
    assert "cannot be read" not in page


def test_another_encoding_and_separator_can_be_chosen(alice: Person) -> None:
    upload(alice, "mail;имя\nivan@example.com;Иван, Петров\n".encode("cp1251"))
    assert "Èâàí" in columns_page(alice), "taken for Windows-1252"

    page = read_as(alice, "cp1251", ";")
    assert chosen(page) == ["cp1251", ";"]
    assert "Иван, Петров" in page
    job = latest(alice)
    choose(alice, job, имя="name")
    work(job)
    alice.post(alice.url("customers:import_start", pk=job.pk))
    assert counts(work(job)) == {"new": 1}
    assert customer(alice, "ivan@example.com").name == "Иван, Петров"


def test_a_form_in_which_nothing_can_be_read_changes_nothing(alice: Person) -> None:
    upload(alice, "mail,name\nzoe@example.com,Zoë\n")
    assert "The file cannot be read in this encoding" in read_as(alice, "utf-16")
    assert "Select a valid choice" in read_as(alice, "rot13")
    assert (latest(alice).encoding, latest(alice).columns[1]["samples"]) == ("utf-8-sig", ["Zoë"])
    work(checked(alice, "mail,name\nzoe@example.com,Zoë\n"))
    alice.post(alice.url("customers:import_start", pk=latest(alice).pk))
    read_as(alice, "utf-16")
    assert latest(alice).status == "running"


def test_slightly_broken_utf_8_is_told_and_not_taken_for_something_else(alice: Person) -> None:
    lines = [line.encode() for line in ["email,name", *PEOPLE]]
    lines[20] = lines[20].replace(b"\xc3\xbc", b"\xfc")

    job = checked(alice, b"\n".join(lines))

    assert job.encoding == "utf-8-sig"
    assert counts(job) == {"new": 29, "refused": 1}
    assert [(refusal.line, refusal.reason) for refusal in job.refusals.all()] == [(21, "unreadable")]
    page = columns_page(alice)
    assert "Some characters cannot be read in this encoding" in page
    assert "M\N{REPLACEMENT CHARACTER}ller" in page, "though it is not among the first lines"


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        (['a@x.co,"Ada', "b@x.co,Bob", "c@x.co,Eve"], 2),
        (["a@x.co,Ada", 'b@x.co,"Bob', 'c@x.co,"Eve"', "d@x.co,Dan"], 3),
        (['a@x.co,"Ada', 'Lovelace"', 'b@x.co,"Bob', "c@x.co,Eve"], 4),
        (['a@x.co,"Ada""', "b@x.co,Bob"], 2),
    ],
)
def test_a_quotation_mark_that_is_not_closed_refuses_the_file_with_its_line(
    alice: Person, lines: list[str], line: int
) -> None:
    page = upload(alice, "\r\n".join(["email,name", *lines, ""])).content.decode()
    assert f"Line {line}: a quotation mark opens a cell there and is not closed" in page


def test_quotation_marks_that_are_closed_are_fine(alice: Person) -> None:
    text = 'email,name\na@x.co,"Ada\n""the first"",\nLovelace"\nb@x.co,5" disk\nc@x.co,"x"\nd@x.co,"Dan\n"'
    assert counts(imported(alice, text)) == {"new": 4}
    assert customer(alice, "a@x.co").name == 'Ada\n"the first",\nLovelace'


def test_a_header_that_looks_like_a_person_is_doubted(alice: Person) -> None:
    upload(alice, "ada@example.com,Ada\nbob@example.com,Bob\n")
    assert "The first line is taken for the header and is not imported" in columns_page(alice)
    upload(alice, "email,2024\nbob@example.com,7\n")
    assert "The first line is taken for the header" not in columns_page(alice)


@pytest.mark.parametrize("first", ["sep=;", "SEP=;\r", '"sep=;"', "\ufeffsep=;"])
def test_the_line_by_which_excel_says_the_separator_is_no_header(alice: Person, first: str) -> None:
    job = imported(alice, f"{first}\nemail;name\nada@example.com;Lovelace, Ada\nnobody;Bob, Builder, Boss\n")

    assert (job.separator, [column["name"] for column in job.columns]) == (";", ["email", "name"])
    assert customer(alice, "ada@example.com").name == "Lovelace, Ada"
    assert [refusal.line for refusal in job.refusals.all()] == [4]


@pytest.mark.parametrize("length", [100_000, 300_000, 900_000])
def test_one_huge_cell_refuses_its_line_and_no_other(alice: Person, length: int) -> None:
    job = imported(alice, f"email,name\nada@example.com,{'x' * length}\nbob@example.com,Bob\n")

    assert counts(job) == {"new": 1, "refused": 1}
    assert [(refusal.line, refusal.reason) for refusal in job.refusals.all()] == [(2, "too_long")]
    assert Customer.objects.get().name == "Bob"
