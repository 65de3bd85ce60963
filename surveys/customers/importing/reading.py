"""From bytes to records. Nothing here holds more than a piece of the file in memory."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.customers.importing.encoding import BadFile
from surveys.customers.models import ImportFormat, RefusalReason

SEPARATORS = {
    ",": gettext_lazy("Comma"),
    ";": gettext_lazy("Semicolon"),
    "\t": gettext_lazy("Tab"),
    "|": gettext_lazy("Vertical bar"),
}
MOST_COLUMNS = 300
MOST_LINE = 1_000_000  # characters of one physical line, and of one cell
_LOOK = 256 * 1024  # bytes from which separator, header and samples are taken
SAMPLE_RECORDS = 400
SAMPLE_CELL = 2_500  # characters of a cell in a sample; more than any property holds
_END = "\0the end of the file"  # a line of its own behind the last one: a quotation mark that is open then swallows it
_SAYS_SEPARATOR = re.compile(r'\ufeff?"?sep=(.)"?[\r\n]*', re.IGNORECASE)  # Excel's first line

csv.field_size_limit(MOST_LINE)


class Flaw(NamedTuple):
    """Why a record is none."""

    reason: RefusalReason
    value: str


class Record(NamedTuple):
    line: int  # the physical line on which it begins; the first line of the file is 1
    cells: list[str]
    flaw: Flaw | None = None


@dataclass(frozen=True)
class Form:
    """How a file is read: encoding and separator matter for CSV, the sheet for Excel."""

    encoding: str
    separator: str
    format: ImportFormat = ImportFormat.CSV
    sheet: str = ""


class Pieces(io.RawIOBase):
    """Pieces of bytes as one stream; `position` tells how far it was read."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")
        self.position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        target = memoryview(buffer)
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        self.position += count
        return count


def records(stream: io.RawIOBase, form: Form) -> Iterator[Record]:
    """Every record of the file, the header included. Raises BadFile, naming the line."""
    return _records(stream, form, (_END,))


def _records(stream: io.RawIOBase, form: Form, ending: Sequence[str]) -> Iterator[Record]:
    """Without the ending the stream may be cut anywhere, and a quotation mark that is open there is no mistake."""
    text = io.TextIOWrapper(io.BufferedReader(stream), encoding=form.encoding, errors="replace", newline="")
    taken: list[str] = []  # the physical lines of the record in work
    reader = csv.reader(_remembered(chain(physical_lines(text), ending), taken), delimiter=form.separator)
    begin = 1
    try:
        for cells in reader:
            if len(taken) > 1:
                if ending:
                    _refuse_open_quote(begin, taken, form.separator)
            elif taken[0] is _END:
                return
            yield Record(begin, cells)
            begin = reader.line_num + 1
            taken.clear()
    except UnicodeError as error:  # UTF-16 without a byte order mark; other mistakes are replaced
        raise BadFile(_("The file cannot be read in this encoding (%(error)s).") % {"error": error}) from error
    except csv.Error as error:
        _refuse_open_quote(begin, taken, form.separator)
        raise BadFile(
            _("Line %(line)s cannot be read (%(error)s).") % {"line": _grouped(begin), "error": error}
        ) from error


def _remembered(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def physical_lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Raises BadFile for a line that no list has."""
    number = 0
    while line := text.readline(MOST_LINE):
        number += 1
        if len(line) == MOST_LINE and not line.endswith(("\n", "\r")):
            raise _line_too_long(number, line)
        yield "\n" if number == 1 and _SAYS_SEPARATOR.fullmatch(line) else line


def _line_too_long(number: int, line: str) -> BadFile:
    text = _("Line %(line)s is longer than %(most)s characters; it begins with “%(value)s”. Is this a list?")
    return BadFile(text % {"line": _grouped(number), "most": _grouped(MOST_LINE), "value": line[:40]})


def _refuse_open_quote(begin: int, lines: Sequence[str], separator: str) -> None:
    """Raises BadFile when a cell of this record swallowed others, because its quotation mark is not closed."""
    try:
        list(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error:
        opened = _opens_and_stays_open(lines, separator)
        if opened is not None:
            text = _(
                "Line %(line)s: a quotation mark opens a cell there and is not closed at the cell's end, so that the lines "
                "below cannot be told apart. Close it, or double it if it belongs to the text; or choose another separator."
            )
            raise BadFile(text % {"line": _grouped(begin + opened)}) from None


def _opens_and_stays_open(lines: Sequence[str], separator: str) -> int | None:
    """The index of the line that opens a quotation mark which the end of its cell does not close."""
    before, opened = separator, 0  # before: separator, quote ("in quotes"), close or text
    for index, line in enumerate(lines):
        for character in line:
            if before == "quote":
                before = "close" if character == '"' else before
            elif character == '"' and before in (separator, "close"):
                opened = opened if before == "close" else index
                before = "quote"
            elif character in (separator, "\r", "\n"):
                before = separator
            elif before == "close":
                return opened
            else:
                before = "text"
    return opened if before == "quote" else None


def _grouped(number: int) -> str:
    return number_format(number, force_grouping=True)


class Sample(NamedTuple):
    form: Form
    header: list[str]
    header_line: int
    records: list[Record]
    problem: BadFile | None = None  # met behind these records


def sample(beginning: bytes, encoding: str, separator: str = "") -> Sample:
    """What the beginning of a file shows: separator (unless it is given), header, first records. Raises BadFile when there
    are none."""
    separators = [separator] if separator else _separators(beginning, encoding)
    best = _best_look(beginning, encoding, separators)
    if best is None:
        raise BadFile(_("The file is empty."))
    if best.problem:
        raise best.problem
    return checked(best)


def checked(found: Sample) -> Sample:
    """Raises BadFile when it has too many columns, or no lines."""
    if len(found.header) > MOST_COLUMNS:
        raise BadFile(
            _("The list has %(count)s columns; at most %(most)d can be read.")
            % {"count": _grouped(len(found.header)), "most": MOST_COLUMNS}
        )
    if not found.records:
        raise BadFile(
            _("The list has a header (%(header)s) and no lines below it.") % {"header": ", ".join(found.header)[:200]}
        )
    return found


def _separators(beginning: bytes, encoding: str) -> list[str]:
    """What the first line says, if it says so; else all come into question."""
    first_line = beginning[:64].decode(encoding, "replace").partition("\n")[0]
    said = _SAYS_SEPARATOR.fullmatch(first_line)
    return [said[1]] if said and said[1] in SEPARATORS else list(SEPARATORS)


def _best_look(beginning: bytes, encoding: str, separators: Sequence[str]) -> Sample | None:
    """With the separator that explains most. Where the first lines are too long for a look, at all of the beginning."""
    if len(beginning) <= _LOOK:
        return _best(beginning, encoding, separators, (_END,))
    piece = beginning[:_LOOK]
    best = _best(piece[: max(piece.rfind(b"\n"), 0)] or piece, encoding, separators, ())
    return best if best and best.records else _best(beginning, encoding, separators, ())


def _best(beginning: bytes, encoding: str, separators: Sequence[str], ending: Sequence[str]) -> Sample | None:
    looks = [_look(beginning, Form(encoding, separator), ending) for separator in separators]
    return max(looks, key=lambda look: look[0])[1]


def _look(beginning: bytes, form: Form, ending: Sequence[str]) -> tuple[float, Sample | None]:
    """How well the separator explains the beginning, and what is seen with it."""
    seen: list[Record] = []
    problem = None
    try:
        for record in _records(Pieces([beginning]), form, ending):
            if any(cell.strip() for cell in record.cells):
                seen.append(record)
            if len(seen) > SAMPLE_RECORDS:
                break
    except BadFile as bad:
        problem = bad
    if not seen:
        return 0, Sample(form, [], 0, [], problem) if problem else None
    header, *rest = seen
    width = len(header.cells)
    alike = sum(len(record.cells) == width for record in rest) / len(rest) if rest else 1
    names = [cell.strip() for cell in header.cells]
    return (width > 1) * alike * min(width, 50), Sample(form, names, header.line, rest, problem)
