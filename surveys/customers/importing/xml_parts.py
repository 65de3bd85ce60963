"""XML that strangers wrote, in one pass: every byte is looked at once, and no more than a tag of it is held.

Who takes part gives handlers. Document types and entities are refused, and so are tags of megabytes and towers of elements.
"""

from collections.abc import Callable, Iterator
from typing import IO, Final
from xml.parsers import expat

from django.utils.translation import gettext as _

from surveys.customers.importing.encoding import BadFile

_PIECE: Final = 256 * 1024
_LONGEST_TAG: Final = 1024**2  # bytes; of a tag that has not ended everything is looked at again with each piece
_DEEPEST: Final = 100

# A tag's name without its prefix, and its attributes: name, value, name, value, ….
Begin = Callable[[str, list[str]], None]


def damaged() -> BadFile:
    return BadFile(_("This Excel file is damaged. Open it in a spreadsheet program, save it again, and choose that."))


class Handler:
    """What happens at elements. `text` is set only while characters matter."""

    def begin(self, name: str, attributes: list[str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """It ends."""

    def text(self, characters: str) -> None:
        """Characters inside; an element's may come in several calls."""


def passing(file: IO[bytes], handler: Handler) -> Iterator[None]:
    """Stops after each piece, so that what the handler made can be taken away, or the rest be left unread. Raises BadFile,
    and expat.ExpatError for what is no XML."""
    parser = _parser(handler)
    passed = 0
    while piece := file.read(_PIECE):
        parser.Parse(piece, False)
        passed += len(piece)
        if passed - max(parser.CurrentByteIndex, 0) > _LONGEST_TAG:
            raise damaged()
        yield
    parser.Parse(b"", True)
    yield


def _parser(handler: Handler) -> expat.XMLParserType:
    parser = expat.ParserCreate("utf-8")  # whatever it says of itself
    parser.buffer_text = True
    parser.ordered_attributes = True
    depth = 0
    handle_begin, handle_end = handler.begin, handler.end

    def begin(name: str, attributes: list[str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise damaged()
        handle_begin(name.rpartition(":")[2] if ":" in name else name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handle_end(name.rpartition(":")[2] if ":" in name else name)

    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    return parser


def _refuse(*_what: object) -> None:
    raise damaged()


def attribute(attributes: list[str], name: str) -> str:
    """Without regard to its prefix; "" when there is none."""
    found = dict(zip(attributes[::2], attributes[1::2], strict=True))
    return next((value for key, value in found.items() if key.rpartition(":")[2] == name), "")
