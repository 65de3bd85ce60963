"""What an uploaded file is, by its first bytes and whatever its name says."""

import codecs
import json
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.customers.importing.encoding import BadFile
from surveys.customers.models import ImportFormat

ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_LOOK: Final = 256 * 1024  # bytes

# Beginnings of what is often taken for a list.
_OTHERS: Final = {
    b"\xd0\xcf\x11\xe0": gettext_lazy("an old Excel workbook (.xls), or one that is protected with a password"),
    b"%PDF": gettext_lazy("a PDF document"),
    b"\x89PNG": gettext_lazy("a picture (PNG)"),
    b"\xff\xd8\xff": gettext_lazy("a picture (JPEG)"),
    b"GIF8": gettext_lazy("a picture (GIF)"),
    b"\x1f\x8b": gettext_lazy("a compressed file (gzip)"),
    b"BZh": gettext_lazy("a compressed file (bzip2)"),
    b"\xfd7zXZ": gettext_lazy("a compressed file (xz)"),
    b"\x28\xb5\x2f\xfd": gettext_lazy("a compressed file (Zstandard)"),
    b"7z\xbc\xaf": gettext_lazy("a compressed archive (7-Zip)"),
    b"Rar!": gettext_lazy("a compressed archive (RAR)"),
    b"SQLite format 3": gettext_lazy("a database (SQLite)"),
    b"PAR1": gettext_lazy("a Parquet file"),
    b"MZ\x90": gettext_lazy("a program"),
    b"\x7fELF": gettext_lazy("a program"),
    b"{\\rtf": gettext_lazy("a text document (RTF)"),
    b"begin:vcard": gettext_lazy("a file of vCards"),
    b"<!doctype html": gettext_lazy("a web page (HTML); some programs give such a file the name of an Excel workbook"),
    b"<html": gettext_lazy("a web page (HTML); some programs give such a file the name of an Excel workbook"),
    b"<?xml": gettext_lazy("an XML file"),
}


def format_of(beginning: bytes, name: str) -> ImportFormat:
    """`beginning` is the first piece of the file. Raises BadFile, naming what the file is, when it is no list."""
    if beginning.startswith(ZIP):
        return ImportFormat.EXCEL
    text = beginning.removeprefix(codecs.BOM_UTF8).lstrip()
    for magic, what in _OTHERS.items():
        if beginning.startswith(magic) or text[: len(magic)].lower() == magic:
            raise another_kind(what)
    if text.startswith((b"{", b"[")) or name.lower().endswith((".jsonl", ".ndjson")):
        return _json_or_csv(text, name.lower())
    if b"\0" in beginning[:_LOOK] and not beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadFile(
            _("This is not a text file: it contains NUL bytes. Save the list as CSV (UTF-8) and choose that.")
        )
    return ImportFormat.CSV


def another_kind(what: object) -> BadFile:
    text = _("This file is %(kind)s, whatever its name says. Save the list as CSV or as Excel (.xlsx) and choose that.")
    return BadFile(text % {"kind": what})


def _json_or_csv(text: bytes, name: str) -> ImportFormat:
    """A header may begin with a bracket too; it is no JSON."""
    first_line = text.partition(b"\n")[0].strip()
    by_name = name.endswith((".json", ".jsonl", ".ndjson"))
    first = _parsed(first_line)
    if isinstance(first, dict):
        return ImportFormat.JSON_LINES
    if isinstance(first, list) or (by_name and text.startswith(b"[")) or first_line == b"[":
        raise BadFile(
            _("This file is one JSON array. JSON Lines have one object on each line, without commas between.")
        )
    if first_line == b"{" or name.endswith(".json"):
        raise BadFile(_("This file is one JSON object over several lines. JSON Lines have one object on each line."))
    return ImportFormat.JSON_LINES if by_name else ImportFormat.CSV


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
