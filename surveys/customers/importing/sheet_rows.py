"""The rows of a sheet, while its XML passes by. What all its cells hold together has a limit, which counts a text that cells
share as often as it is shared: a small file must not become a large one in the memory of whoever reads it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_uppercase
from typing import IO, Final, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from surveys.customers.importing import cells, number_formats
from surveys.customers.importing.encoding import BadFile
from surveys.customers.importing.number_formats import Meaning
from surveys.customers.importing.shared_strings import SharedStrings, Texts
from surveys.customers.importing.xml_parts import attribute, damaged, passing

MOST_CELLS: Final = 2_000_000  # of the rectangle that holds all cells of a sheet
MOST_TEXT: Final = 200 * 1024**2  # bytes in all cells of a sheet together
MOST_ROW: Final = 4 * 1024**2  # bytes in the cells of one row together
_MOST_NUMERAL: Final = 400  # characters of a number, date or error
_FIRST_NAMES: Final = ascii_uppercase  # of columns
_EXACT: Final = 15  # digits of which a spreadsheet loses none
_PLACE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class Row(NamedTuple):
    """Its cells by column, the first is 0; only those that are not empty."""

    number: int
    cells: dict[int, str]


Cell = str | int  # of a shared text its number: it is fetched when its row is taken


@dataclass(frozen=True)
class Means:
    """What cells refer to."""

    strings: SharedStrings
    meanings: dict[str, Meaning]
    is_1904: bool


class Sheet(Texts):
    """Makes rows of the elements."""

    def __init__(self, means: Means) -> None:
        super().__init__()
        self.finished: list[tuple[int, dict[int, Cell]]] = []
        self._means = means
        self._row, self._column = 0, -1  # in work
        self._lowest, self._rightmost, self._count, self._size, self._row_size = 0, 0, 0, 0, 0
        self._cells: dict[int, Cell] = {}
        self._in_cell = self._has_value = self._has_formula = False
        self._type = self._style = ""

    def begin(self, name: str, attributes: list[str]) -> None:
        if name == "c":
            self._begin_cell(attributes)
        elif name == "row":
            self._begin_row(attributes)
        elif self._in_cell:
            if name == "v":
                self._has_value = True
                self._is_text = self._type != "inlineStr"
            elif name == "f":
                self._has_formula = True
            elif self._type == "inlineStr":
                super().begin(name, attributes)

    def end(self, name: str) -> None:
        if name == "c":
            if self._in_cell:
                self._end_cell()
            self._in_cell = False
        elif name == "v":
            self._is_text = False
        elif name == "row":
            if self._cells:
                self.finished.append((self._row, self._cells))
                self._cells = {}
        elif self._in_cell:
            super().end(name)

    def _begin_row(self, attributes: list[str]) -> None:
        number = attribute(attributes, "r") or str(self._row + 1)
        if not (number.isascii() and number.isdigit() and len(number) < 8 and int(number) > self._row) or self._cells:
            raise damaged()
        self._row, self._column, self._row_size = int(number), -1, 0

    def _begin_cell(self, attributes: list[str]) -> None:
        if self._in_cell or not self._row:
            raise damaged()
        self._in_cell, self._has_value, self._has_formula = True, False, False
        self._type = self._style = ""
        self._column += 1
        for place in range(0, len(attributes), 2):
            name, value = attributes[place], attributes[place + 1]
            if name == "r":
                self._place(value)
            elif name == "t":
                self._type = value
            elif name == "s":
                self._style = value
        self._count += 1
        self._rightmost = max(self._rightmost, self._column + 1)
        self._lowest = max(self._lowest, self._row)
        if self._count > MOST_CELLS or self._lowest * self._rightmost > MOST_CELLS:
            raise self._too_many()

    def _place(self, value: str) -> None:
        if self._column < len(_FIRST_NAMES) and value == f"{_FIRST_NAMES[self._column]}{self._row}":
            return  # where it is expected
        found = _PLACE.fullmatch(value)
        if not found:
            raise damaged()
        column, row = column_number(found[1]), int(found[2])
        if row != self._row:
            self._lowest = max(self._lowest, row)
            self._rightmost = max(self._rightmost, column + 1)
            raise self._too_many() if self._lowest * self._rightmost > MOST_CELLS else damaged()
        self._column = column

    def _too_many(self) -> BadFile:
        return BadFile(
            _(
                "A sheet of this Excel file has more than %(most)s cells, or cells far apart (%(rows)s rows, %(columns)s"
                " columns). Save the sheet as CSV, which may be of any length, and choose that."
            )
            % {
                "most": number_format(MOST_CELLS, force_grouping=True),
                "rows": number_format(self._lowest, force_grouping=True),
                "columns": number_format(self._rightmost, force_grouping=True),
            }
        )

    def _end_cell(self) -> None:
        text = self.taken()
        if self._has_formula and not text and (self._type != "str" or not self._has_value):
            self._cells[self._column] = cells.ERROR + _("formula without a result")
        elif text:
            self._cells[self._column] = self._cell(text)

    def _cell(self, text: str) -> Cell:
        if self._type == "s":
            return self._shared(text)
        if self._type in ("inlineStr", "str"):
            self._weigh(len(text.encode("utf-8", "surrogatepass")))
            return cells.of_text(text)
        if len(text) > _MOST_NUMERAL:
            raise damaged()
        self._weigh(len(text))
        if self._type == "b":
            return "true" if text.strip() in ("1", "true") else "false"
        if self._type == "e":
            return cells.ERROR + text
        return text if self._type == "d" else self._number(text)

    def _shared(self, text: str) -> int:
        number = text.strip()
        if not (number.isascii() and number.isdigit() and len(number) < 8):
            raise damaged()
        self._weigh(self._means.strings.size(int(number)))
        return int(number)

    def _weigh(self, size: int) -> None:
        """Before a text is fetched."""
        self._size += size
        self._row_size += size
        if self._row_size > MOST_ROW:
            raise BadFile(
                _("Row %(row)s of this Excel file holds more than %(most)d MB of text. Is this a list?")
                % {"row": number_format(self._row, force_grouping=True), "most": MOST_ROW // 1024**2}
            )
        if self._size > MOST_TEXT:
            raise BadFile(
                _(
                    "The cells of this Excel file hold more than %(most)d MB of text, counting a text as often as cells"
                    " share it. Save the sheet as CSV and choose that."
                )
                % {"most": MOST_TEXT // 1024**2}
            )

    def _number(self, text: str) -> str:
        meant = self._means.meanings.get(self._style)
        if meant is None and text.isascii() and text.isdigit() and len(text) <= _EXACT and text[0] != "0":
            return cells.NUMERAL + text
        try:
            number = float(text)
        except ValueError:
            raise damaged() from None
        if meant is None:
            return cells.of_value(number)
        return cells.of_value(number_formats.moment(number, meant, is_1904=self._means.is_1904))


def column_number(letters: str) -> int:
    """A → 0, AB → 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def rows(part: IO[bytes], means: Means, most: int) -> Iterator[Row]:
    """Those that have a cell which is not empty; of a text its first `most` characters. Raises BadFile, and what `passing`
    raises."""
    sheet = Sheet(means)
    for _piece in passing(part, sheet):
        for number, found in sheet.finished:
            yield Row(number, {column: _fetched(cell, means.strings, most) for column, cell in found.items()})
        sheet.finished = []


def _fetched(cell: Cell, strings: SharedStrings, most: int) -> str:
    text = cell if isinstance(cell, str) else cells.of_text(strings.text(cell, 4 * most))
    return text[:most]
