"""Tables of the pages as files: the page's figures, exactly, and harmless in a spreadsheet."""

import csv
import io
from datetime import date
from typing import Any

from django.utils import timezone
from python_calamine import CalamineWorkbook

from surveys.analytics.models import Annotation
from surveys.core.nps import Split
from surveys.responses.models import Response
from tests.analytics.book import Book
from tests.people import Person

DAYS = {"from": "2025-01-01", "to": "2025-03-01"}


def file_of(person: Person, table: str, form: str = "csv", page: str = "overview", **query: Any) -> bytes:
    answer = person.get(person.url("analytics:export", page=page, table=table, form=form), query)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def lines_of(content: bytes) -> list[list[str]]:
    text = content.decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_segment_table_leaves_with_exact_figures_beside_the_rounded_ones(alice: Person) -> None:
    book = Book(alice.organization, seed=4)
    book.import_many(90)

    about, heading, *rows = lines_of(file_of(alice, "segments", **DAYS, by="p.plan"))

    assert "Organization: Acme" in about[0]
    assert "1 Jan – 1 Mar 2025" in about[0]
    assert f"Rows: {len(rows)}" in about[0]
    for row in rows:
        told = dict(zip(heading, row, strict=True))
        split = Split(int(told["Promoters"]), int(told["Passives"]), int(told["Detractors"]))
        assert split.score is not None
        assert split.interval is not None
        assert int(told["NPS"]) == split.rounded_score
        assert float(told["NPS, exactly"]) == float(split.score)
        assert float(told["95 % from, exactly"]) == split.interval.low
        assert int(told["Responses"]) == split.responses
    assert sum(int(row[1]) for row in rows) == len(book.responses)


def test_a_workbook_holds_numbers_and_what_it_was_made_from(alice: Person) -> None:
    story = Book(alice.organization, seed=5)
    story.import_many(40)
    nines = sum(response.score == 9 for response in story.responses)

    book = CalamineWorkbook.from_filelike(io.BytesIO(file_of(alice, "histogram", "xlsx", **DAYS)))

    assert len(book.sheet_names) == 2
    nine = book.get_sheet_by_index(0).to_python()[10]
    assert nine[:3] == [9.0, "Promoter", float(nines)]
    assert nine[4] == nines / 40
    assert ["Rows", "11"] in book.get_sheet_by_name("About").to_python()


def test_a_file_says_which_filters_are_not_in_it(alice: Person) -> None:
    about, *_rest = lines_of(file_of(alice, "score", **DAYS, tag=999))
    assert "“tag=999” was left out" in about[0]


def test_what_stands_out_needs_attention_or_happened_leaves_too(alice: Person) -> None:
    """Each link stands on its page, and the file has what the page lists."""
    book, now = Book(alice.organization, seed=9), timezone.now()
    book.import_many(60)
    told = {"created_at": now, "updated_at": now, "organization": alice.organization}
    Annotation.objects.create(day=date(2025, 2, 1), text="Prices rose", **told)
    Annotation.objects.create(day=date(2024, 2, 1), text="Long ago", **told)
    detractor = Response.objects.filter(score__lt=7).order_by("pk")[:1]
    Response.objects.filter(pk__in=detractor).update(day=now.date(), responded_at=now, comment="Slow", tags=[])

    overview = alice.get(alice.url("analytics:overview"), DAYS).content.decode()
    for page, table in (("annotations", "happened"), ("attention", "attention")):
        assert alice.url("analytics:export", page=page, table=table, form="csv") in overview
    _about, heading, *rows = lines_of(file_of(alice, "attention", page="attention"))
    assert rows[-1][:2] == ["1", "detractor wrote why"]
    assert rows[-1][heading.index("Address")].startswith("http")
    _about, heading, *rows = lines_of(file_of(alice, "happened", page="annotations", **DAYS))
    assert [row[0] for row in rows] == ["Prices rose"]
    days = Response.objects.filter(day__gte=date(2025, 1, 4), day__lt=date(2025, 2, 1))
    assert int(rows[0][heading.index("Responses before")]) == days.count()
    _about, heading, *rows = lines_of(file_of(alice, "annotations", page="annotations"))
    assert [row[0] for row in rows] == ["Prices rose", "Long ago"]
    assert lines_of(file_of(alice, "standing-out", page="why", **DAYS))[1][0] == "Theme"


def test_what_is_no_table_is_not_found(alice: Person) -> None:
    for page, table, form in (("overview", "people", "csv"), ("nowhere", "trend", "csv"), ("overview", "trend", "pdf")):
        address = alice.url("analytics:export", page=page, table=table, form=form)
        assert alice.get(address).status_code == 404


def test_responses_chosen_by_their_scores_have_no_score_in_a_file_either(alice: Person) -> None:
    Book(alice.organization, seed=6).import_many(40)

    _about, heading, *_rows = lines_of(file_of(alice, "trend", **DAYS, category="detractor"))

    assert "NPS" not in heading
    assert "Responses" in heading


def test_files_name_the_sides_and_say_of_few_only_that_they_are_few(alice: Person) -> None:
    Book(alice.organization, seed=8).import_many(60)
    sides = {"l": "p.plan=Free", "r": "p.plan=Team"}
    page = alice.get(alice.url("analytics:compare"), DAYS | sides).content.decode()
    assert "No responses on either side" not in page
    nobody = alice.get(alice.url("analytics:compare"), {"from": "2024-01-01", "to": "2024-02-01"} | sides)
    assert "No responses on either side" in nobody.content.decode()
    assert "As a file" not in nobody.content.decode()

    for name in ("scores", "trend"):
        _about, _heading, *rows = lines_of(file_of(alice, name, page="compare", **DAYS, **sides))
        assert {row[0] for row in rows} == {"Plan: Free", "Plan: Team"}

    for page in ("overview", "segments"):
        _about, heading, *rows = lines_of(file_of(alice, "segments", page=page, **DAYS, by="p.plan", per="p.plan"))
        told = [dict(zip(heading, row, strict=True)) for row in rows]
        assert {row["Change"] for row in told if row["Verdict"] == "too few to be sure"} == {""}
