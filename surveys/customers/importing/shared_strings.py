"""The texts of a workbook, which its cells name by number. They lie in a temporary file: memory holds where each begins."""

import os
import re
from array import array
from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import IO, Final

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from surveys.customers.importing.encoding import BadFile
from surveys.customers.importing.reading import MOST_LINE
from surveys.customers.importing.xml_parts import Handler, damaged, passing

MOST_STRINGS: Final = 2_000_000
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")  # a character that XML cannot hold


def unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def too_long() -> BadFile:
    return BadFile(
        _("A cell of this Excel file has more than %(most)s characters. Is this a list?")
        % {"most": number_format(MOST_LINE, force_grouping=True)}
    )


class Texts(Handler):
    """Collects the text of an element, of which only `t` counts, and no phonetic reading (`rPh`)."""

    def __init__(self) -> None:
        self.length = 0
        self._found: list[str] = []
        self._is_text = False
        self._is_phonetic = False

    def begin(self, name: str, attributes: list[str]) -> None:
        if name == "rPh":
            self._is_phonetic = True
        elif name == "t":
            self._is_text = not self._is_phonetic

    def end(self, name: str) -> None:
        if name == "rPh":
            self._is_phonetic = False
        elif name == "t":
            self._is_text = False

    def text(self, characters: str) -> None:
        if self._is_text:
            self.length += len(characters)
            if self.length > MOST_LINE:
                raise too_long()
            self._found.append(characters)

    def taken(self) -> str:
        text = "".join(self._found)
        self._found.clear()
        self.length = 0
        self._is_text = self._is_phonetic = False
        return unescaped(text)


class _Items(Texts):
    def __init__(self, keep: Callable[[str], None]) -> None:
        super().__init__()
        self._keep = keep

    def end(self, name: str) -> None:
        super().end(name)
        if name == "si":
            self._keep(self.taken())


class SharedStrings:
    """Reads as far as it is asked: cells usually name them in the order in which they stand. Close it."""

    def __init__(self, part: IO[bytes] | None) -> None:
        self._rest: Iterator[None] = passing(part, _Items(self._keep)) if part else iter(())
        self._file = TemporaryFile()  # noqa: SIM115 (closed by close)
        self._ends = array("Q", [0])
        self._in_file = 0

    def _keep(self, text: str) -> None:
        if len(self._ends) > MOST_STRINGS:
            raise damaged()
        self._ends.append(self._ends[-1] + self._file.write(text.encode("utf-8", "surrogatepass")))

    def size(self, number: int) -> int:
        """Its length in bytes. Raises BadFile when there is no such text."""
        while number + 1 >= len(self._ends):
            try:
                next(self._rest)
            except StopIteration:
                raise damaged() from None
        return self._ends[number + 1] - self._ends[number]

    def text(self, number: int, most: int) -> str:
        """Its beginning, of up to so many bytes."""
        size = self.size(number)
        if self._ends[number + 1] > self._in_file:
            self._file.flush()
            self._in_file = self._ends[-1]
        data = os.pread(self._file.fileno(), min(size, most), self._ends[number])
        return data.decode("utf-8", "surrogatepass" if size <= most else "ignore")

    def close(self) -> None:
        self._file.close()
