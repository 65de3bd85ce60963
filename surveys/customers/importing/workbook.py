"""A sheet of an Excel workbook (.xlsx) as records. The line of a record is the row's number as Excel shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, load_workbook

from surveys.customers.importing import archives, cells, reading
from surveys.customers.importing.encoding import BadFile
from surveys.customers.importing.reading import SAMPLE_RECORDS, Form, Record, Sample
from surveys.customers.models import ImportFormat


@dataclass(frozen=True)
class Workbook:
    """Looked into and found harmless; it is opened only then."""

    sheets: dict[str, archives.Extent]
    _opened: CalamineWorkbook

    def rows(self, name: str) -> int:
        return self.sheets[name].rows

    def records(self, name: str) -> Iterator[Record]:
        """Blank rows below the last one that is not are left out: spreadsheets have them by the thousand."""
        blank: list[Record] = []
        for record in self._all_records(name):
            if not any(record.cells):
                blank.append(record)
                continue
            yield from blank
            blank.clear()
            yield record

    def _all_records(self, name: str) -> Iterator[Record]:
        sheet, errors = self._sheet(name), self.sheets[name].errors
        first_column = sheet.start[1] if sheet.start else 0
        names = [_letters(number) for number in range(first_column, first_column + sheet.width)]
        for number, row in enumerate(sheet.iter_rows(), start=1):
            found = [cells.of_value(value) for value in row]
            if errors:
                for index, letters in enumerate(names[: len(found)]):
                    if not found[index] and (error := errors.get(f"{letters}{number}")):
                        found[index] = cells.ERROR + error
            yield Record(number, found)

    def _sheet(self, name: str) -> CalamineSheet:
        try:
            return self._opened.get_sheet_by_name(name)
        except CalamineError as error:
            raise _unreadable(error) from error

    def sample(self, name: str = "") -> Sample:
        """Of that sheet, else of the first one that has cells. Raises BadFile."""
        chosen = name if name in self.sheets else next(iter(self.sheets))
        seen: list[Record] = []
        for record in self.records(chosen):
            if any(record.cells):
                seen.append(record)
            if len(seen) > SAMPLE_RECORDS:
                break
        if not seen:
            raise BadFile(_("The sheet “%(sheet)s” is empty.") % {"sheet": chosen})
        header, *rest = seen
        names = [cells.plain(cell).strip() for cell in header.cells]
        form = Form("", "", ImportFormat.EXCEL, chosen)
        return reading.checked(Sample(form, names, header.line, rest))


def opened(file: IO[bytes]) -> Workbook:
    """Raises BadFile."""
    found = archives.sheets(file)
    if not found:
        raise BadFile(_("This Excel file has no sheet with cells."))
    file.seek(0)
    try:
        return Workbook(found, load_workbook(file))
    except CalamineError as error:
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> BadFile:
    return BadFile(
        _("This Excel file cannot be read (%(error)s). Save the sheet as CSV.") % {"error": str(error)[:200]}
    )


def _letters(number: int) -> str:
    """0 → "A", 27 → "AB"."""
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name
