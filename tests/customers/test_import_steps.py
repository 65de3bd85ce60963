"""The steps of an import as pages: what is offered, what is refused, who may."""

import pytest
from pytest_django import Settings

from surveys.accounts.models import Role
from surveys.customers.models import Customer, ImportChunk, ImportJob, ImportRow, Property
from tests.customers.world import checked, choose, counts, customer, imported, latest, upload, work
from tests.people import Person

SMALL = "Email,Name,Plan\nada@example.com,Ada,Pro\nbob@example.com,Bob,Free\n"


def test_columns_are_guessed_and_can_be_changed(alice: Person) -> None:
    answer = upload(
        alice, "Mail;Kunde;Sprache;Zeitzone;Kundennummer;Umsatz;Seit\na@b.co;A;de;Europe/Berlin;7;1.234,5;1.2.2024\n"
    )
    page = alice.get(answer["Location"]).content.decode()
    assert "1.234,5" in page

    job = latest(alice)
    assert [(column["target"], column["kind"]) for column in job.columns] == [
        ("email", "text"),
        ("property", "text"),
        ("language", "text"),
        ("time_zone", "text"),
        ("external_id", "number"),
        ("property", "number_comma"),
        ("property", "date_dmy"),
    ]
    choose(alice, job, Kunde="name", Umsatz="property:text", Seit="ignore")
    work(job)
    alice.post(alice.url("customers:import_start", pk=job.pk))
    work(job)

    person = customer(alice, "a@b.co")
    assert (person.name, person.language, person.time_zone, person.external_id) == ("A", "de", "Europe/Berlin", "7")
    assert person.properties == {"umsatz": "1.234,5"}


def test_the_check_says_what_would_happen_and_does_nothing(alice: Person) -> None:
    imported(alice, SMALL)

    job = checked(
        alice, "Email,Name,Plan\nada@example.com,Ada Lovelace,\nBOB@example.com,,Free\neve@example.com,Eve,Pro\n"
    )

    assert counts(job) == {"new": 1, "changed": 1, "unchanged": 1}
    page = alice.get(alice.url("customers:import", pk=job.pk)).content.decode()
    assert "This would happen" in page
    assert Customer.objects.filter(organization=alice.organization).count() == 2
    assert customer(alice, "ada@example.com").name == "Ada"


def test_empty_cells_leave_what_stood_and_others_win(alice: Person) -> None:
    imported(alice, SMALL)
    job = imported(alice, "Email,Name,Plan\nADA@example.com,,Team\n")

    ada = customer(alice, "ada@example.com")
    assert counts(job) == {"changed": 1}
    assert (ada.email, ada.name, ada.properties) == ("ada@example.com", "Ada", {"plan": "Team"})
    assert ada.property_set is not None
    assert ada.property_set.values == {"plan": "Team"}


def test_a_list_without_a_good_line_cannot_be_imported(alice: Person) -> None:
    job = checked(alice, "Email,Name\nnobody,Ada\nno one,Bob\n")
    address = alice.url("customers:import", pk=job.pk)

    page = alice.get(address).content.decode()
    assert counts(job) == {"refused": 2}
    assert "No line of this list can be imported." in page
    assert alice.url("customers:import_start", pk=job.pk) not in page
    assert alice.url("customers:import_columns", pk=job.pk) in page

    answer = alice.post(alice.url("customers:import_start", pk=job.pk), follow=True)
    assert "No line of this list can be imported." in answer.content.decode()
    assert work(job).status == "checked"


def test_what_is_done_leaves_no_file_and_no_staged_rows(alice: Person) -> None:
    job = imported(alice, SMALL)

    assert job.status == "done"
    assert not ImportChunk.objects.filter(job=job).exists()
    assert not ImportRow.objects.filter(job_id=job.pk).exists()
    assert "2" in alice.get(alice.url("customers:import", pk=job.pk)).content.decode()


def test_polling_stops_when_the_work_is_over(alice: Person) -> None:
    upload(alice, SMALL)
    job = latest(alice)
    choose(alice, job)
    address = alice.url("customers:import", pk=job.pk)

    running = alice.get(address, headers={"HX-Request": "true"})
    assert (running.status_code, b"hx-trigger" in running.content) == (200, True)
    assert b"http-equiv" in alice.get(address).content, "without script the page reloads itself"
    work(job)
    over = alice.get(address, headers={"HX-Request": "true"})
    assert (over.status_code, b"hx-trigger" in over.content) == (286, False)
    assert b"<html" not in over.content


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"\n\n  \n", "The file is empty."),
        (b"email,name\n", "no lines below it"),
        (b"MZ\x90\x00\x03\x00\x00\x00\x04", "a program"),
        (b"email\0\0", "NUL bytes"),
        (b"email\n" + b"x" * 1_000_001 + b"\n", "Line 2 is longer than 1,000,000 characters; it begins with “xxxx"),
        (b'email,name\nada@example.com,"' + b"x\n" * 100_000, "Line 2: a quotation mark opens a cell there"),
        (",".join(f"c{i}" for i in range(301)).encode() + b"\nx\n", "The list has 301 columns; at most 300"),
    ],
)
def test_what_is_no_list_is_refused_in_words(alice: Person, content: bytes, words: str) -> None:
    answer = upload(alice, content)

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not ImportJob.objects.exists()
    assert not ImportChunk.objects.exists()


def test_a_file_over_the_limit_is_refused(alice: Person, settings: Settings) -> None:
    settings.UPLOAD_LIMIT = 1024 * 1024
    at_once = upload(alice, b"email\n" + b"ada@example.com\n" * 80_000)
    assert at_once.status_code == 413
    assert "up to 1 MB" in at_once.content.decode()

    just_over = upload(alice, b"email\n" + b"ada@example.com\n" * 65_600)
    assert "larger than 1 MB" in just_over.content.decode()
    assert not ImportChunk.objects.exists()


def test_a_quote_that_is_never_closed_far_down_fails_the_check_and_imports_nothing(alice: Person) -> None:
    good = "".join(f"p{i}@example.com,x\n" for i in range(12_000))
    job = checked(alice, "email,name\n" + good + 'late@example.com,"never closed\n' + "y\n" * 100_000)

    assert job.status == "failed"
    assert "Line 12,002: a quotation mark opens a cell there" in job.error
    assert job.error in alice.get(alice.url("customers:import", pk=job.pk)).content.decode().replace("&#x27;", "'")
    assert not Customer.objects.exists()


def test_characters_that_cannot_be_kept_refuse_their_line(alice: Person) -> None:
    padding = "".join(f"p{i}@example.com,{'x' * 50}\n" for i in range(6000))
    job = imported(alice, f"email,name\n{padding}nul@example.com,A\0B\n")

    refusal = job.refusals.get()
    assert (refusal.line, refusal.column, refusal.value) == (6002, "name", "A␀B")
    assert counts(job) == {"new": 6000, "refused": 1}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Email": "ignore"}, "No column becomes the email address."),
        ({"Name": "email"}, "Columns 1, 2 (“Email”, “Name”) all become Email."),
    ],
)
def test_impossible_columns_are_explained_and_keep_what_was_chosen(
    alice: Person, changes: dict[str, str], words: str
) -> None:
    upload(alice, SMALL)
    answer = choose(alice, latest(alice), **changes)
    assert words in answer.content.decode()
    assert latest(alice).status == "uploaded"


def test_two_columns_of_one_name_cannot_become_one_property(alice: Person) -> None:
    upload(alice, "email,Plan,Plan\nada@example.com,Pro,Free\n")
    answer = choose(alice, latest(alice))
    assert "Columns 2, 3 (“Plan”) all become the same property." in answer.content.decode()


def test_a_property_keeps_its_type(alice: Person) -> None:
    imported(alice, SMALL)
    upload(alice, "email,Plan\nada@example.com,7\n")
    job = latest(alice)
    assert job.columns[1]["kind"] == "text"
    assert "exists already, as: Text" in choose(alice, job, Plan="property:number").content.decode()


def test_text_of_few_values_can_be_compared_by_and_the_rest_cannot(alice: Person) -> None:
    lines = [f"p{i}@example.com,{'AB'[i % 2]},{i},{'yes' if i % 3 else 'no'},note {i}" for i in range(300)]
    columns = ",".join(f"extra{i}" for i in range(9))
    values = ",".join("x" for _ in range(9))
    imported(alice, "\n".join([f"email,plan,seats,trial,note,{columns}", *(f"{line},{values}" for line in lines)]))

    segmentable = Property.objects.filter(organization=alice.organization, segmentable=True)
    keys = list(segmentable.values_list("key", flat=True))
    assert keys[:2] == ["plan", "trial"]
    assert len(keys) == 8, "no more than eight"


def test_an_analyst_and_an_agent_may_not_import(alice: Person, bob: Person) -> None:
    job = checked(alice, SMALL)
    for role in (Role.ANALYST, Role.AGENT):
        bob.becomes(role)
        assert upload(bob, SMALL).status_code == 403
        for name in ("import", "import_columns", "import_refused"):
            assert bob.get(bob.url(f"customers:{name}", pk=job.pk)).status_code == 403
        for name in ("import_start", "import_cancel"):
            assert bob.post(bob.url(f"customers:{name}", pk=job.pk)).status_code == 403
    job.refresh_from_db()
    assert job.status == "checked"


def test_a_list_can_be_thrown_away_and_pressing_twice_does_nothing(alice: Person) -> None:
    job = checked(alice, SMALL)
    alice.post(alice.url("customers:import_cancel", pk=job.pk))
    alice.post(alice.url("customers:import_start", pk=job.pk))
    work(job)

    assert job.status == "cancelled"
    assert not Customer.objects.exists()
    assert alice.get(alice.url("customers:import", pk=job.pk)).status_code == 200
    listed = alice.get(alice.url("customers:imports")).content.decode()
    assert "Stopped" in listed
    assert "Cancelled" not in listed
