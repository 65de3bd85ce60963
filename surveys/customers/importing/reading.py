"""From bytes to records. Nothing here holds more than a piece of the file in memory."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

SEPARATORS = (",", ";", "\t")
MOST_COLUMNS = 300
_MOST_LINE = 1_000_000  # characters of one physical line
_LOOK = 256 * 1024  # bytes from which separator, header and samples are taken
_SAMPLE_RECORDS = 400
_UNTEXTUAL = {b"PK\x03\x04": "Excel or ZIP", b"\xd0\xcf\x11\xe0": "Excel", b"%PDF": "PDF", b"\x89PNG": "PNG"}


class BadFile(ValueError):
    """The list cannot be read; the message is for the person who uploaded it."""


class Record(NamedTuple):
    line: int  # the physical line on which it begins; the first line of the file is 1
    cells: list[str]


@dataclass(frozen=True)
class Form:
    encoding: str
    separator: str


@dataclass
class EncodingGuess:
    """Sees the bytes of a file pass by. A byte order mark decides; else UTF-8 if all of it is; else Windows-1252."""

    _decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))
    _encoding: str = ""
    _is_utf8: bool = True

    def feed(self, data: bytes) -> None:
        """Raises BadFile for what is no text; only the beginning of the file is looked at for that."""
        if not self._encoding:
            self._encoding = _begin(data)
        if self._encoding == "utf-8-sig" and self._is_utf8:
            self._decode(data, final=False)

    def _decode(self, data: bytes, *, final: bool) -> None:
        try:
            self._decoder.decode(data, final)
        except UnicodeDecodeError:
            self._is_utf8 = False

    def result(self) -> str:
        if self._encoding == "utf-8-sig" and self._is_utf8:
            self._decode(b"", final=True)
        return self._encoding if self._is_utf8 else "cp1252"


def _begin(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for magic, what in _UNTEXTUAL.items():
        if data.startswith(magic):
            raise BadFile(
                _("This is a file of another kind (%(kind)s). Save the list as CSV and choose that file.")
                % {"kind": what}
            )
    if b"\0" in data[:_LOOK]:
        raise BadFile(
            _("This is not a text file: it contains NUL bytes. Save the list as CSV (UTF-8) and choose that.")
        )
    return "utf-8-sig"


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
    text = io.TextIOWrapper(io.BufferedReader(stream), encoding=form.encoding, errors="replace", newline="")
    reader = csv.reader(_physical_lines(text), delimiter=form.separator)
    begin = 1
    try:
        for cells in reader:
            yield Record(begin, cells)
            begin = reader.line_num + 1
    except csv.Error as error:
        raise BadFile(
            _(
                "Line %(line)d: a cell is longer than %(most)d characters (%(error)s). "
                "Often a quotation mark was opened there and never closed."
            )
            % {"line": begin, "most": csv.field_size_limit(), "error": error}
        ) from error


def _physical_lines(text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(_MOST_LINE):
        number += 1
        if len(line) == _MOST_LINE and not line.endswith(("\n", "\r")):
            raise _line_too_long(number, line)
        yield line


def _line_too_long(number: int, line: str) -> BadFile:
    text = _("Line %(line)d is longer than %(most)d characters; it begins with “%(value)s”. Is this a list?")
    return BadFile(text % {"line": number, "most": _MOST_LINE, "value": line[:40]})


class Sample(NamedTuple):
    form: Form
    header: list[str]
    header_line: int
    records: list[Record]


def sample(beginning: bytes, encoding: str) -> Sample:
    """What the beginning of a file shows: separator, header, first records. Raises BadFile when there are none."""
    whole = beginning[:_LOOK]
    if len(beginning) > _LOOK:  # the last line may be cut
        whole = whole[: max(whole.rfind(b"\n"), 0)] or whole
    best = _best_look(whole, encoding)[1]
    if best is None:
        raise BadFile(_("The file is empty."))
    if not best.records and len(beginning) > _LOOK:
        raise _line_too_long(best.header_line + 1, beginning[len(whole) :].decode(encoding, "replace").strip())
    if len(best.header) > MOST_COLUMNS:
        raise BadFile(
            _("The list has %(count)d columns; at most %(most)d can be read.")
            % {"count": len(best.header), "most": MOST_COLUMNS}
        )
    if not best.records:
        raise BadFile(
            _("The list has a header (%(header)s) and no lines below it.") % {"header": ", ".join(best.header)[:200]}
        )
    return best


def _best_look(beginning: bytes, encoding: str) -> tuple[float, Sample | None]:
    """With the separator that explains most. Raises BadFile when none does and one of them met something unreadable."""
    looks: list[tuple[float, Sample | None]] = []
    problem: BadFile | None = None
    for separator in SEPARATORS:
        try:
            looks.append(_look(beginning, Form(encoding, separator)))
        except BadFile as bad:
            problem = bad
    best = max(looks, key=lambda look: look[0], default=(0.0, None))
    if problem and not best[0]:
        raise problem
    return best


def _look(beginning: bytes, form: Form) -> tuple[float, Sample | None]:
    """How well the separator explains the beginning, and what is seen with it."""
    seen: list[Record] = []
    try:
        for record in records(Pieces([beginning]), form):
            if any(cell.strip() for cell in record.cells):
                seen.append(record)
            if len(seen) > _SAMPLE_RECORDS:
                break
    except BadFile:
        if len(seen) < 2:
            raise
    if not seen:
        return 0, None
    header, *rest = seen
    width = len(header.cells)
    alike = sum(len(record.cells) == width for record in rest) / len(rest) if rest else 1
    names = [cell.strip() for cell in header.cells]
    return (width > 1) * alike * min(width, 50), Sample(form, names, header.line, rest)
