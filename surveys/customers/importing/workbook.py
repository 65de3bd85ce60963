"""A sheet of an Excel workbook (.xlsx) as records, read as it passes by: whatever its size, memory holds a row of it. The line
of a record is the row's number as Excel shows it."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import IO, NamedTuple
from zipfile import ZipFile

from django.utils.translation import gettext as _

from surveys.customers.importing import archives, cells, reading, sheet_rows
from surveys.customers.importing.encoding import BadFile
from surveys.customers.importing.reading import MOST_LINE, SAMPLE_CELL, SAMPLE_RECORDS, Form, Record, Sample
from surveys.customers.importing.shared_strings import SharedStrings
from surveys.customers.importing.sheet_rows import Means, Row
from surveys.customers.models import ImportFormat


class Frame(NamedTuple):
    """The columns of a list, as its first rows show them: it need not begin at A."""

    first: int
    end: int


@dataclass
class Workbook:
    """`share` is how much of the sheet was read, from 0 to 1."""

    _archive: ZipFile
    _parts: archives.Parts
    share: float = 0

    @property
    def sheets(self) -> list[str]:
        return list(self._parts.sheets)

    def records(self, name: str) -> Iterator[Record]:
        """The header and all below it; blank rows at the end are left out. Raises BadFile."""
        frame = _frame(self._first(name))
        line = 0
        for row in self._rows(name, MOST_LINE):
            for blank in range(line + 1 if line else row.number, row.number):
                yield Record(blank, [""])
            line = row.number
            yield Record(line, _framed(row, frame))

    def sample(self, name: str = "") -> Sample:
        """Of that sheet, else of the first one that has cells. Raises BadFile."""
        chosen = name if name in self._parts.sheets else self.sheets[0]
        seen = self._first(chosen)
        if not seen:
            raise BadFile(_("The sheet “%(sheet)s” is empty.") % {"sheet": chosen})
        frame = _frame(seen)
        header, *rest = [Record(row.number, _framed(row, frame)) for row in seen]
        names = [cells.plain(cell).strip() for cell in header.cells]
        form = Form("", "", ImportFormat.EXCEL, chosen)
        return reading.checked(Sample(form, names, header.line, rest))

    def _first(self, name: str) -> list[Row]:
        """The header and some rows below it, long texts cut off."""
        with closing(self._rows(name, SAMPLE_CELL)) as rows:
            return list(islice(rows, SAMPLE_RECORDS + 1))

    def _rows(self, name: str, most: int) -> Generator[Row]:
        """Those that are not blank."""
        with archives.reading(), self._strings() as strings:
            part = self._archive.getinfo(self._parts.sheets[name])
            means = Means(strings, archives.meanings(self._archive, self._parts.styles), self._parts.is_1904)
            with self._archive.open(part) as file:
                for row in sheet_rows.rows(file, means, most):
                    if any(cell.strip() for cell in row.cells.values()):
                        self.share = file.tell() / max(part.file_size, 1)
                        yield row

    @contextmanager
    def _strings(self) -> Iterator[SharedStrings]:
        strings = SharedStrings(self._archive.open(self._parts.strings) if self._parts.strings else None)
        with closing(strings):
            yield strings


def _frame(rows: list[Row]) -> Frame:
    columns = [column for row in rows for column in row.cells]
    return Frame(min(columns, default=0), max(columns, default=-1) + 1)


def _framed(row: Row, frame: Frame) -> list[str]:
    """Cells outside of the frame come last: the line has more cells than the list has columns."""
    found = [row.cells.get(column, "") for column in range(frame.first, frame.end)]
    return found + [cell for column, cell in row.cells.items() if not frame.first <= column < frame.end]


def opened(file: IO[bytes]) -> Workbook:
    """Raises BadFile."""
    archive = archives.opened(file)
    parts = archives.parts(archive)
    if not parts.sheets:
        raise BadFile(_("This Excel file has no sheet with cells."))
    return Workbook(archive, parts)
