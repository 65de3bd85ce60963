"""The list as a file: CSV row by row, or a workbook that is written to a temporary file first. Both take constant memory."""

import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final
from zoneinfo import ZoneInfo

import xlsxwriter
from django.conf.locale import LANG_INFO
from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.core.csvs import harmless
from surveys.customers.list_columns import Column, plain
from surveys.customers.models import Customer

MOST_ROWS_OF_A_SHEET: Final = 1_000_000  # Excel holds 1,048,576; the rest is said in the last row
_ROWS_AT_ONCE: Final = 500
_PIECE: Final = 256 * 1024  # bytes
LANGUAGES: Final = sorted((code, info["name"]) for code, info in LANG_INFO.items() if "name" in info)

Cells = list[str | int | float]


@dataclass(frozen=True)
class FileForm:
    content_type: str
    write: Callable[[Iterable[Customer], Sequence[Column], Organization], Iterator[str | bytes]]


def _header(columns: Sequence[Column]) -> list[str]:
    return [_("Name"), _("Email"), *(str(column.label) for column in columns if column.key != "email")]


def _table(customers: Iterable[Customer], columns: Sequence[Column], zone: ZoneInfo) -> Iterator[Cells]:
    rest = [column for column in columns if column.key != "email"]
    for customer in customers:
        yield [customer.name, customer.email or "", *(plain(column, customer, zone) for column in rest)]


class _Lines:
    """A file for csv.writer that holds what was written since it was last asked."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def write(self, text: str) -> None:
        self._parts.append(text)

    def taken(self) -> str:
        text = "".join(self._parts)
        self._parts.clear()
        return text


def _csv(customers: Iterable[Customer], columns: Sequence[Column], organization: Organization) -> Iterator[str]:
    lines = _Lines()
    writer = csv.writer(lines)
    yield "\ufeff"
    table: Iterator[Cells] = chain([_header(columns)], _table(customers, columns, ZoneInfo(organization.time_zone)))  # type: ignore[list-item]
    while some := list(islice(table, _ROWS_AT_ONCE)):
        writer.writerows([harmless(cell) for cell in row] for row in some)
        yield lines.taken()


def _xlsx(customers: Iterable[Customer], columns: Sequence[Column], organization: Organization) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        _write_workbook(file, customers, columns, organization)
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def _write_workbook(
    file: Any, customers: Iterable[Customer], columns: Sequence[Column], organization: Organization
) -> None:
    """Texts stay texts: neither formulas nor links are made of them."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet(_("Customers"))
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 1, 28)
        sheet.write_row(0, 0, _header(columns), book.add_format({"bold": True}))
        table = _table(customers, columns, ZoneInfo(organization.time_zone))
        number = 0
        for number, row in enumerate(islice(table, MOST_ROWS_OF_A_SHEET), start=1):
            sheet.write_row(number, 0, row)
        if next(table, None) is not None:
            sheet.write_string(
                number + 1, 0, _("There are more: a sheet ends here. Take the CSV file for all of them.")
            )


FORMS: Final = {
    "csv": FileForm("text/csv; charset=utf-8", _csv),
    "xlsx": FileForm("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
}
