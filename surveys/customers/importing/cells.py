"""Cells of files that know what a cell is: Excel and JSON Lines. They pass through the import as text like all others; what
is no text carries a mark in front. The marks are noncharacters, which Unicode keeps for such use within a program.

Dates need no mark: they are written year first, which every way of writing dates understands; so are true and false.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from surveys.customers import values
from surveys.customers.importing.encoding import REPLACEMENT
from surveys.customers.models import PropertyType, RefusalReason
from surveys.customers.values import Kind, Refused

NUMERAL: Final = "\ufdd0"  # a number, with a decimal point whatever the rest of the column is written with
ERROR: Final = "\ufdd1"  # an error of the spreadsheet
NESTED: Final = "\ufdd2"  # a list or an object
_MARKS: Final = (NUMERAL, ERROR, NESTED)
_MOST_DIGITS: Final = 40
_MOST_WRITTEN: Final = 400  # characters of a number

# What a cell of a workbook may be.
Value = str | int | float | bool | date | datetime | time | timedelta


def of_text(text: str) -> str:
    """A mark that somebody wrote is no mark, but a character that cannot be read; so is half a surrogate pair."""
    whole = text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return REPLACEMENT + whole if whole.startswith(_MARKS) else whole


def of_number(written: str) -> str:
    """Without an exponent: "1e3" → 1000. What has too many digits for that stays as it is written, and is no number."""
    if len(written) > _MOST_WRITTEN:
        return NUMERAL + written
    try:
        number = Decimal(written)
    except InvalidOperation:  # an exponent that nothing can hold
        return NUMERAL + written
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        return NUMERAL + written
    plain = format(number, "f")
    return NUMERAL + (plain.rstrip("0").rstrip(".") if "." in plain else plain)


def of_value(value: Value) -> str:
    if isinstance(value, str):
        return of_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return of_number(repr(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return value.isoformat()


def plain(cell: str) -> str:
    """As people read it."""
    return cell[1:] if cell.startswith(_MARKS) else cell


def understanding(read: Callable[[str], str], kind: Kind | None = None) -> Callable[[str], str]:
    """`read` for cells that may carry marks; `kind` when it reads a property."""
    is_number = kind is not None and kind.type == PropertyType.NUMBER
    read_numeral = values.as_json(Kind.NUMBER) if is_number else read

    def read_marked(cell: str) -> str:
        if cell.startswith(NUMERAL):
            return read_numeral(cell[1:])
        if cell.startswith(ERROR):
            raise Refused(RefusalReason.CELL_ERROR)
        if cell.startswith(NESTED):
            raise Refused(RefusalReason.NESTED)
        return read(cell)

    return read_marked


def reading(kind: Kind, cell: str) -> str | None:
    """The cell's value as JSON, or None when it cannot be of that kind."""
    try:
        return understanding(values.as_json(kind), kind)(cell)
    except Refused:
        return None
