"""Looking into an .xlsx before anything opens it: it is a ZIP of XML, and may be something else, or a bomb.

The directory tells how large the parts are; a part that is larger than that fails its checksum while it is looked at, in
pieces, and no further than it claims. Nothing is kept, so a file that is refused costs no memory.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Final
from xml.etree import ElementTree
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.customers.importing.encoding import BadFile
from surveys.customers.importing.kinds import another_kind

MOST_UNPACKED: Final = 200 * 1024**2  # bytes
MOST_CELLS: Final = 2_000_000  # of the rectangle that holds all cells of a sheet: it is in memory as a whole
_MOST_PARTS: Final = 2_000
_MOST_RATIO: Final = 200  # unpacked to packed; what Excel writes stays below 50
_ABOVE: Final = 20 * 1024**2  # bytes unpacked from which the ratio matters
_MOST_ROW: Final = 16 * 1024**2  # bytes of one row's XML
_PIECE: Final = 1024**2
_MOST_ERRORS: Final = 100_000

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
_R: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

_PLACE: Final = re.compile(rb"\sr\s*=\s*[\"']([^\"']*)[\"']")
_ROW: Final = re.compile(rb"<(?:\w+:)?row[\s>/]")
_CELL: Final = re.compile(rb"<(?:\w+:)?c[\s>/]")
_PLAIN_PLACES: Final = re.compile(rb"(?:[A-Z]{0,3}[0-9]{1,7} )*")
_FAILED: Final = re.compile(rb"<(?:\w+:)?c\s([^>]*\bt\s*=\s*[\"']e[\"'][^>]*)>.*?<(?:\w+:)?v>([^<]*)<", re.DOTALL)
_NOT_COMPUTED: Final = re.compile(
    rb"<(?:\w+:)?c\s([^>]*)>\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_ROW_ENDS: Final = re.compile(rb"</(?:\w+:)?row>")


@dataclass
class Extent:
    """What the XML of a sheet says about its cells. `errors` has what stands in cells that have no value: an error of the
    spreadsheet, or a formula that no program has computed yet; by the cell's name ("B7")."""

    rows: int = 0
    columns: int = 0
    cells: int = 0
    errors: dict[str, str] = field(default_factory=dict)


def sheets(file: IO[bytes]) -> dict[str, Extent]:
    """Its sheets by name, in their order. Raises BadFile for what is no workbook, and for one that is too large."""
    try:
        with ZipFile(file) as archive:
            _check_directory(archive)
            return _sheets(archive)
    except (BadZipFile, ElementTree.ParseError, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise _damaged() from error


def _damaged() -> BadFile:
    return BadFile(_("This Excel file is damaged. Open it in a spreadsheet program, save it again, and choose that."))


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
        raise _damaged()


def _refuse_other_kinds(archive: ZipFile, names: list[str]) -> None:
    if _WORKBOOK in names:
        return
    for name, what in _OTHERS.items():
        if name in names:
            raise another_kind(what)
    is_small = "mimetype" in names and archive.getinfo("mimetype").file_size < 200
    is_open_document = is_small and archive.read("mimetype").startswith(_OPEN_DOCUMENT)
    raise another_kind(_("an OpenDocument file (.ods)") if is_open_document else _("a ZIP archive"))


def _sheets(archive: ZipFile) -> dict[str, Extent]:
    extents = {part.filename: _looked_at(archive, part) for part in archive.infolist() if _is_read(part)}
    if _RELATIONS not in extents:
        raise _damaged()
    targets = {
        relation.get("Id"): "xl/" + relation.get("Target", "").removeprefix("/xl/")
        for relation in ElementTree.fromstring(archive.read(_RELATIONS))
    }
    workbook = ElementTree.fromstring(archive.read(_WORKBOOK))
    found = [(element.get("name", ""), targets.get(element.get(_R))) for element in workbook.findall(".//{*}sheet")]
    return {name: extents[path] for name, path in found if path in extents and extents[path].cells}


def _is_read(part: ZipInfo) -> bool:
    return part.filename.startswith("xl/") and part.filename.endswith((".xml", ".rels"))


def _looked_at(archive: ZipFile, part: ZipInfo) -> Extent:
    """Its checksum is compared too, when the last byte was read."""
    extent = Extent()
    is_sheet = part.filename.startswith("xl/worksheets/")
    with archive.open(part) as file:
        for rows in _whole_rows(file, is_sheet):
            if b"\0" in rows or b"<!DOCTYPE" in rows or b"<!ENTITY" in rows:
                raise _damaged()
            if is_sheet:
                _measure(rows, extent)
    return extent


def _whole_rows(file: IO[bytes], is_sheet: bool) -> Iterator[bytes]:
    rest = b""
    while piece := file.read(_PIECE):
        rest += piece
        ends = [match.end() for match in _ROW_ENDS.finditer(rest)] if is_sheet else [len(rest)]
        if ends:
            yield rest[: ends[-1]]
            rest = rest[ends[-1] :] if is_sheet else rest[-16:]
        elif len(rest) > _MOST_ROW:
            raise _damaged()
    yield rest


def _measure(rows: bytes, extent: Extent) -> None:
    places = b"".join(place + b" " for place in _PLACE.findall(rows))
    if not _PLAIN_PLACES.fullmatch(places):
        raise _damaged()
    letters = set(places.translate(None, b"0123456789").split())
    digits = set(places.translate(None, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ").split())
    cells = len(_CELL.findall(rows))
    extent.cells += cells
    extent.rows = max(extent.rows + (0 if digits else len(_ROW.findall(rows))), *map(int, digits), 0, 0)
    extent.columns = max(extent.columns, 0 if letters else cells, *map(_column, letters), 0)
    _note_errors(rows, extent)
    if extent.cells > MOST_CELLS or extent.rows * extent.columns > MOST_CELLS:
        raise BadFile(
            _(
                "A sheet of this Excel file has more than %(most)s cells, or cells far apart (%(rows)s rows, %(columns)s"
                " columns). Save the sheet as CSV, which may be of any length, and choose that."
            )
            % {
                "most": number_format(MOST_CELLS, force_grouping=True),
                "rows": number_format(extent.rows, force_grouping=True),
                "columns": number_format(extent.columns, force_grouping=True),
            }
        )


def _column(letters: bytes) -> int:
    """A → 1, AB → 28."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _note_errors(rows: bytes, extent: Extent) -> None:
    found: list[tuple[bytes, str]] = []
    if b"t=" in rows and _FAILED.search(rows):
        found += [(attributes, text.decode("utf-8", "replace")) for attributes, text in _FAILED.findall(rows)]
    if b"f" in rows:
        found += [(attributes, "") for attributes in _NOT_COMPUTED.findall(rows)]
    for attributes, text in found:
        place = _PLACE.search(b" " + attributes)
        if place and len(extent.errors) < _MOST_ERRORS:
            extent.errors[place[1].decode()] = text or str(_("formula without a result"))
