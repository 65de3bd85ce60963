"""Lists for spreadsheets, written as they are read: a list of any length takes the memory of one line."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

_BYTE_ORDER_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"  # else spreadsheets take UTF-8 for something else
BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def lines(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The text of a CSV file, line by line, its heading first."""
    line = io.StringIO()
    writer = csv.writer(line)
    yield _BYTE_ORDER_MARK + _written(writer, line, heading)
    for row in rows:
        yield _written(writer, line, row)


def _written(writer: "csv._writer", line: io.StringIO, row: Sequence[object]) -> str:  # type: ignore[name-defined]
    line.seek(0)
    line.truncate()
    writer.writerow([harmless(cell) for cell in row])
    return line.getvalue()


def harmless(cell: object) -> object:
    """A spreadsheet takes text that begins so for a formula and runs it; a leading apostrophe makes it text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(BEGINNINGS) else cell


def as_json(value: object) -> str:
    """For a cell that holds more than one thing; "" for nothing."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
