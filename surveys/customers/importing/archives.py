"""An .xlsx as an archive: it is a ZIP of XML, and may be something else, or a bomb.

The directory tells how large the parts are; a part that is larger than that fails its checksum while it is read, in pieces,
and no further than it claims. Nothing is kept, so a file that is refused costs no memory.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from posixpath import normpath
from typing import IO, Final
from xml.parsers.expat import ExpatError
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.customers.importing.encoding import BadFile
from surveys.customers.importing.kinds import another_kind
from surveys.customers.importing.number_formats import Formats, Meaning
from surveys.customers.importing.xml_parts import Handler, attribute, damaged, passing

MOST_UNPACKED: Final = 200 * 1024**2  # bytes
_MOST_PARTS: Final = 2_000
_MOST_RATIO: Final = 200  # unpacked to packed; what Excel writes stays below 50
_ABOVE: Final = 20 * 1024**2  # bytes unpacked from which the ratio matters
_LOOK: Final = 16  # pieces of a sheet in which its first cell must be

# A part that gives a ZIP away.
_OTHERS: Final = {
    "xl/workbook.bin": gettext_lazy("a binary Excel workbook (.xlsb)"),
    "word/document.xml": gettext_lazy("a Word document"),
    "ppt/presentation.xml": gettext_lazy("a PowerPoint presentation"),
    "Index/Document.iwa": gettext_lazy("a Numbers or Pages document"),
    "AndroidManifest.xml": gettext_lazy("an app"),
}
_OPEN_DOCUMENT: Final = b"application/vnd.oasis.opendocument"
_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"


@dataclass(frozen=True)
class Parts:
    """What a workbook consists of. Paths are those of the archive."""

    sheets: dict[str, str]  # by name, in their order
    strings: ZipInfo | None
    styles: ZipInfo | None
    is_1904: bool


@contextmanager
def reading() -> Iterator[None]:
    """What goes wrong inside is the file's fault. Raises BadFile."""
    try:
        yield
    except (BadZipFile, ExpatError, EOFError, NotImplementedError, RuntimeError, OSError, zlib.error) as error:
        raise damaged() from error


def opened(file: IO[bytes]) -> ZipFile:
    """Raises BadFile for what is no workbook, and for one that is too large."""
    with reading():
        archive = ZipFile(file)
        _check_directory(archive)
        return archive


def _check_directory(archive: ZipFile) -> None:
    parts = archive.infolist()
    names = [part.filename for part in parts]
    _refuse_other_kinds(archive, names)
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if len(parts) > _MOST_PARTS or unpacked > MOST_UNPACKED or unpacked > max(_ABOVE, _MOST_RATIO * packed):
        raise BadFile(
            _(
                "Unpacked, this Excel file would be %(unpacked)s MB in %(parts)s parts; at most %(most)d MB are read, and"
                " nothing was unpacked. Save the sheet as CSV and choose that."
            )
            % {
                "unpacked": number_format(-(-unpacked // 1024**2), force_grouping=True),
                "parts": number_format(len(parts), force_grouping=True),
                "most": MOST_UNPACKED // 1024**2,
            }
        )
    is_odd = any(part.flag_bits & 1 or part.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for part in parts)
    if is_odd or len(set(names)) < len(names):
        raise damaged()


def _refuse_other_kinds(archive: ZipFile, names: list[str]) -> None:
    if _WORKBOOK in names:
        return
    for name, what in _OTHERS.items():
        if name in names:
            raise another_kind(what)
    is_small = "mimetype" in names and archive.getinfo("mimetype").file_size < 200
    is_open_document = is_small and archive.read("mimetype").startswith(_OPEN_DOCUMENT)
    raise another_kind(_("an OpenDocument file (.ods)") if is_open_document else _("a ZIP archive"))


class _Relations(Handler):
    def __init__(self) -> None:
        self.targets: dict[str, str] = {}
        self.kinds: dict[str, str] = {}

    def begin(self, name: str, attributes: list[str]) -> None:
        if name == "Relationship":
            target = attribute(attributes, "Target")
            path = target[1:] if target.startswith("/") else normpath("xl/" + target)
            self.targets[attribute(attributes, "Id")] = path
            self.kinds[attribute(attributes, "Type").rpartition("/")[2]] = path
        if len(self.targets) > _MOST_PARTS:
            raise damaged()


class _Workbook(Handler):
    def __init__(self) -> None:
        self.sheets: dict[str, str] = {}  # the IDs of their relations by name
        self.is_1904 = False

    def begin(self, name: str, attributes: list[str]) -> None:
        if name == "sheet":
            id_ = next((attributes[i + 1] for i in range(0, len(attributes), 2) if attributes[i].endswith(":id")), "")
            self.sheets[attribute(attributes, "name")[:100]] = id_
        elif name == "workbookPr":
            self.is_1904 = attribute(attributes, "date1904") in ("1", "true")
        if len(self.sheets) > _MOST_PARTS:
            raise damaged()


def parts(archive: ZipFile) -> Parts:
    """Raises BadFile."""
    known = {part.filename.lower(): part for part in archive.infolist()}
    relations, book = _Relations(), _Workbook()
    if _RELATIONS not in known:
        raise damaged()
    _pass(archive, known[_RELATIONS], relations)
    _pass(archive, known[_WORKBOOK], book)
    found = {name: known.get(relations.targets.get(id_, "").lower()) for name, id_ in book.sheets.items()}
    paths = {name: part.filename for name, part in found.items() if part and not part.is_dir()}
    kinds = {kind: known.get(path.lower()) for kind, path in relations.kinds.items()}
    with_cells = {path for path in set(paths.values()) if _has_cells(archive, path)}
    return Parts(
        sheets={name: path for name, path in paths.items() if path in with_cells},
        strings=kinds.get("sharedStrings"),
        styles=kinds.get("styles"),
        is_1904=book.is_1904,
    )


def _pass(archive: ZipFile, part: ZipInfo, handler: Handler) -> None:
    with reading(), archive.open(part) as file:
        for _piece in passing(file, handler):
            pass


class _FirstCell(Handler):
    is_sheet = has_cell = False

    def begin(self, name: str, attributes: list[str]) -> None:
        self.is_sheet = self.is_sheet or name == "sheetData"
        self.has_cell = self.has_cell or (self.is_sheet and name == "c")


def _has_cells(archive: ZipFile, path: str) -> bool:
    """In its first megabytes: what has none there is no list."""
    first = _FirstCell()
    with reading(), archive.open(path) as file:
        pieces = islice(passing(file, first), _LOOK)
        return any(first.has_cell for _piece in pieces)


def meanings(archive: ZipFile, styles: ZipInfo | None) -> dict[str, Meaning]:
    """What the numbers in cells of each style mean. Raises BadFile."""
    formats = Formats()
    if styles:
        _pass(archive, styles, formats)
    return formats.meanings()
