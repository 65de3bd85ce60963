"""Files of messages: clean names, what they are by their content, and how large they may be. Pure."""

import re
import unicodedata
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

MOST_FILES: Final = 10  # of one message
MOST_NAME: Final = 120  # characters
UNKNOWN: Final = "application/octet-stream"

_UNFIT: Final = re.compile(r'[\x00-\x1f\x7f-\x9f"*:<>?|\\/]+')
_WINDOWS: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)

# What a file begins with says what it is; what its name claims says nothing.
_BEGINNINGS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"OggS", "application/ogg"),
    (b"ID3", "audio/mpeg"),
)
_OF_ZIPS: Final = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
# Programs: mailboxes refuse the whole mail for one of these, in an archive or not.
_PROGRAM_STARTS: Final = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
_PROGRAM_NAMES: Final = re.compile(
    r"ad[ep]|apk|appx|bat|cab|chm|cmd|com|cpl|dll|dmg|exe|hta|ins|iso|isp|jar|jse?|lib|lnk|md[et]|ms[ciptx]|msix|nsh|pif"
    r"|ps1|scr|sct|shb|sys|vb[es]?|vhd|vxd|ws[cfh]",
    re.IGNORECASE,
)


class Unfit(Exception):
    """The file is not taken; the message says which and why, to the person who chose it."""


@dataclass(frozen=True)
class NewFile:
    """A file as somebody gave it to us."""

    name: str
    data: bytes


def clean_name(name: str) -> str:
    """Without folders, control and direction characters, and what file systems do not take; never empty."""
    base = re.split(r"[\\/]", name)[-1]
    seen = "".join(c for c in unicodedata.normalize("NFC", base) if unicodedata.category(c) not in ("Cf", "Cs", "Co"))
    cleaned = _UNFIT.sub("_", " ".join(seen.split())).strip(" ._") or "file"
    if _WINDOWS.match(cleaned):
        cleaned = f"_{cleaned}"
    stem, dot, ending = cleaned.rpartition(".")
    if not dot or len(ending) > 10:
        return cleaned[:MOST_NAME]
    return f"{stem[: MOST_NAME - len(ending) - 1]}.{ending}"


def media_type(data: bytes) -> str:
    """By content. What nobody can tell, and what a browser would run, is only bytes."""
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        return "video/mp4"
    if data.startswith(b"PK\x03\x04"):
        return _of_zip(data)
    return "text/plain" if _is_text(data) else UNKNOWN


def _of_zip(data: bytes) -> str:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
            if "[Content_Types].xml" not in names:
                return "application/zip"
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return "application/zip"
    found = (kind for start, kind in _OF_ZIPS.items() if any(name.startswith(start) for name in names))
    return next(found, "application/zip")


def _is_text(data: bytes) -> bool:
    if not data or b"\0" in data:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def check(new: NewFile, there: Iterable[int]) -> None:
    """Whether it may be added to files of these sizes. Raises Unfit."""
    sizes = list(there)
    name = clean_name(new.name)
    if not new.data:
        raise Unfit(_("“%(name)s” is empty.") % {"name": name})
    if len(sizes) >= MOST_FILES:
        raise Unfit(_("“%(name)s” was not added: %(most)d files are the most.") % {"name": name, "most": MOST_FILES})
    if is_program(name, new.data):
        raise Unfit(_("“%(name)s” is a program: mailboxes refuse mail that carries one. Send a link.") % {"name": name})
    if sum(sizes) + len(new.data) > settings.REPLY_FILES_LIMIT:
        most = filesizeformat(settings.REPLY_FILES_LIMIT)
        raise Unfit(
            _("“%(name)s” was not added: all files of a reply may have %(most)s together. Send a link.")
            % {"name": name, "most": most}
        )


def is_program(name: str, data: bytes) -> bool:
    return data.startswith(_PROGRAM_STARTS) or bool(_PROGRAM_NAMES.fullmatch(name.rpartition(".")[2]))
