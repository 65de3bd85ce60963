"""An uploaded file as a source of records, whatever it is: CSV, Excel, JSON Lines."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Protocol

from django.utils.translation import gettext as _

from surveys.customers.importing import json_lines, kinds, reading, workbook
from surveys.customers.importing.encoding import BadFile, EncodingGuess
from surveys.customers.importing.reading import Form, Pieces, Record, Sample
from surveys.customers.importing.workbook import Workbook
from surveys.customers.models import ImportFormat

MOST_PACKED = 64 * 1024**2  # bytes of a workbook


class Named(Protocol):
    """A column of a file, whatever becomes of it."""

    @property
    def name(self) -> str: ...


@dataclass
class Arrival:
    """Sees an uploaded file pass by, piece by piece, and knows in the end what it is."""

    name: str
    format: ImportFormat = ImportFormat.CSV
    beginning: bytes = b""
    size: int = 0
    _guess: EncodingGuess = field(default_factory=EncodingGuess)

    def feed(self, piece: bytes) -> None:
        """Raises BadFile for what is no list, as soon as that is known."""
        if not self.beginning:
            self.beginning = piece
            self.format = kinds.format_of(piece, self.name)
        self.size += len(piece)
        if self.format == ImportFormat.CSV:
            self._guess.feed(piece)
        if self.format == ImportFormat.EXCEL and self.size > MOST_PACKED:
            raise BadFile(
                _("The Excel file is larger than %(most)d MB. Save the sheet as CSV and choose that.")
                % {"most": MOST_PACKED // 1024**2}
            )

    def form(self) -> Form:
        return Form(self._guess.result() if self.format == ImportFormat.CSV else "", "", self.format)


@dataclass(frozen=True)
class Look:
    sample: Sample
    sheets: list[str]


def look(form: Form, beginning: bytes, pieces: Iterable[bytes]) -> Look:
    """What the file shows when it is read so; a separator or a sheet that is not given is found out. Raises BadFile.

    `beginning` is the first of the pieces; of CSV nothing else is read.
    """
    if form.format == ImportFormat.CSV:
        return Look(reading.sample(beginning, form.encoding, form.separator), [])
    if form.format == ImportFormat.JSON_LINES:
        return Look(json_lines.sample(Pieces(pieces)), [])
    with _spooled(pieces) as file:
        book = workbook.opened(file)
        return Look(book.sample(form.sheet), book.sheets)


class Source:
    """The records below the header. `position` is how far it was read, in bytes of the file."""

    def __init__(self, form: Form, columns: Sequence[Named], pieces: Iterable[bytes], size: int) -> None:
        self._form = form
        self._names = [column.name for column in columns]
        self._stream = Pieces(pieces)
        self._size = size
        self._position: int | None = None

    @property
    def position(self) -> int:
        return self._stream.position if self._position is None else self._position

    def records(self) -> Iterator[Record]:
        """Raises BadFile."""
        if self._form.format == ImportFormat.JSON_LINES:
            return json_lines.records(self._stream, self._names)
        if self._form.format == ImportFormat.EXCEL:
            return self._of_workbook()
        return _below_header(reading.records(self._stream, self._form))

    def _of_workbook(self) -> Iterator[Record]:
        with _spooled(iter(lambda: self._stream.read(1024**2), b"")) as file:
            book = workbook.opened(file)
            for record in _below_header(self._of_sheet(book)):
                self._position = int(self._size * book.share)
                yield record

    def _of_sheet(self, book: Workbook) -> Iterator[Record]:
        if self._form.sheet not in book.sheets:
            raise BadFile(_("The sheet “%(sheet)s” has no cells.") % {"sheet": self._form.sheet})
        return book.records(self._form.sheet)


@contextmanager
def _spooled(pieces: Iterable[bytes | None]) -> Iterator[IO[bytes]]:
    """As a file that can be sought in."""
    with TemporaryFile() as file:
        for piece in pieces:
            file.write(piece or b"")
        file.seek(0)
        yield file


def _below_header(records: Iterator[Record]) -> Iterator[Record]:
    """The header is the first record that is not blank; blank ones above it count for nothing."""
    for record in records:
        if any(cell.strip() for cell in record.cells):
            break
    yield from records
