"""Tables as files: CSV some rows at a time, or a workbook written to a temporary file first. Both take constant memory."""

import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

import xlsxwriter
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from surveys.core.csvs import harmless

MOST_ROWS_OF_A_SHEET: Final = 1_000_000  # Excel holds 1,048,576; the rest is said in the last row
_ROWS_AT_ONCE: Final = 500
_PIECE: Final = 256 * 1024  # bytes
_NARROW, _WIDE, _WIDEST = 12, 28, 60  # columns, in characters
_LONGEST_TITLE: Final = 31  # of a sheet
_NOT_IN_TITLES: Final = str.maketrans(dict.fromkeys("[]:*?/\\'"))

Cell = str | int | float | None
About = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Sheet:
    """`about` says what the table is: a first line of a CSV file, a sheet of its own in a workbook."""

    title: str
    heading: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    about: About = ()


@dataclass(frozen=True)
class FileForm:
    content_type: str
    write: Callable[[Sheet], Iterator[str | bytes]]


class Lines:
    """A file for csv.writer that holds what was written since it was last asked."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def write(self, text: str) -> None:
        self._parts.append(text)

    def taken(self) -> str:
        text = "".join(self._parts)
        self._parts.clear()
        return text


def _csv(sheet: Sheet) -> Iterator[str]:
    lines = Lines()
    writer = csv.writer(lines)
    yield "\ufeff"
    table = chain(_beginning(sheet), sheet.rows)
    while some := list(islice(table, _ROWS_AT_ONCE)):
        writer.writerows([harmless(cell) for cell in row] for row in some)
        yield lines.taken()


def _beginning(sheet: Sheet) -> Iterator[Sequence[Cell]]:
    if sheet.about:
        yield [about_line(sheet.about)]
    yield sheet.heading


def about_line(about: About) -> str:
    return " · ".join(f"{name}: {value}" for name, value in about)


def _xlsx(sheet: Sheet) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        write_workbook(file, sheet)
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def write_workbook(file: Any, sheet: Sheet) -> None:
    """Texts stay texts: neither formulas nor links are made of them."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True})
        _write_rows(book.add_worksheet(_title(sheet.title)), sheet, bold)
        if sheet.about:
            _write_about(book.add_worksheet(_title(_("About"))), sheet.about, bold)


def _title(text: str) -> str:
    return text.translate(_NOT_IN_TITLES)[:_LONGEST_TITLE] or _("Table")


def _write_rows(page: Any, sheet: Sheet, bold: Any) -> None:
    page.freeze_panes(1, 0)
    page.set_column(0, 1, _WIDE)
    page.set_column(2, max(2, len(sheet.heading) - 1), _NARROW)
    page.write_row(0, 0, sheet.heading, bold)
    rows, number = iter(sheet.rows), 0
    for number, row in enumerate(islice(rows, MOST_ROWS_OF_A_SHEET), start=1):
        page.write_row(number, 0, row)
    if next(rows, None) is not None:
        page.write_string(number + 1, 0, _("There are more: a sheet ends here. Take the CSV file for all of them."))


def _write_about(page: Any, about: About, bold: Any) -> None:
    page.set_column(0, 0, _WIDE)
    page.set_column(1, 1, _WIDEST)
    for number, (name, value) in enumerate(about):
        page.write_string(number, 0, name, bold)
        page.write_string(number, 1, value)


FORMS: Final = {
    "csv": FileForm("text/csv; charset=utf-8", _csv),
    "xlsx": FileForm("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
}


def as_file(sheet: Sheet, form: str, name: str) -> StreamingHttpResponse:
    """`form` is one of FORMS; `name` is without its ending."""
    kind = FORMS[form]
    disposition = f'attachment; filename="{name}.{form}"'
    return StreamingHttpResponse(
        kind.write(sheet), content_type=kind.content_type, headers={"Content-Disposition": disposition}
    )
