"""Which encoding a list is written in: guessed while its bytes pass by, or chosen by a person from a short list."""

import codecs
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy

UTF_8 = "utf-8-sig"
UTF_16 = "utf-16"
WINDOWS = "cp1252"
SHIFT_JIS = "cp932"

# Python's names of what can be read, and what people call it.
ENCODINGS = {
    UTF_8: gettext_lazy("UTF-8"),
    UTF_16: gettext_lazy("UTF-16"),
    WINDOWS: gettext_lazy("Windows-1252 (Western Europe)"),
    "iso8859-15": gettext_lazy("ISO-8859-15 (Western Europe)"),
    "cp1250": gettext_lazy("Windows-1250 (Central Europe)"),
    "cp1251": gettext_lazy("Windows-1251 (Cyrillic)"),
    "cp1253": gettext_lazy("Windows-1253 (Greek)"),
    "cp1254": gettext_lazy("Windows-1254 (Turkish)"),
    SHIFT_JIS: gettext_lazy("Shift-JIS (Japanese)"),
    "gb18030": gettext_lazy("GB 18030 (Chinese)"),
    "big5": gettext_lazy("Big5 (Chinese)"),
    "cp949": gettext_lazy("EUC-KR (Korean)"),
    "mac_roman": gettext_lazy("Mac Roman"),
}

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class BadFile(ValueError):
    """The list cannot be read; the message is for the person who uploaded it."""


class _Trial:
    """Whether all bytes can be decoded so."""

    def __init__(self, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self.fits = True

    def feed(self, data: bytes) -> None:
        try:
            if self.fits and not (data.isascii() and not self._decoder.getstate()[0]):
                self._decoder.decode(data)
        except UnicodeDecodeError:
            self.fits = False


@dataclass
class EncodingGuess:
    """Sees the bytes of a file pass by. A byte order mark decides; then UTF-8, also when a few of its characters are broken:
    what cannot be read is told line by line, and not taken for another encoding. Else Windows-1252, or Shift-JIS when
    that explains bytes which Windows-1252 does not have."""

    _begun: str = ""
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )
    _good: int = 0  # characters beyond ASCII that UTF-8 explains
    _broken: int = 0
    _windows: _Trial = field(default_factory=lambda: _Trial(WINDOWS))
    _shift_jis: _Trial = field(default_factory=lambda: _Trial(SHIFT_JIS))

    def feed(self, data: bytes) -> None:
        self._begun = self._begun or _begin(data)
        if self._begun != UTF_8:
            return
        self._windows.feed(data)
        self._shift_jis.feed(data)
        if not data.isascii() or self._decoder.getstate()[0]:
            self._weigh(self._decoder.decode(data), written=data.count(REPLACEMENT.encode()))

    def _weigh(self, text: str, *, written: int) -> None:
        """`written` characters are replacements in the file itself: somebody else could not read them."""
        broken = max(text.count(REPLACEMENT) - written, 0)
        self._broken += broken
        self._good += len(text) - len(text.encode("ascii", "ignore")) - broken

    def result(self) -> str:
        if self._begun != UTF_8:
            return self._begun or UTF_8
        self._weigh(self._decoder.decode(b"", True), written=0)
        if self._good >= self._broken:
            return UTF_8
        return SHIFT_JIS if self._shift_jis.fits and not self._windows.fits else WINDOWS


def _begin(data: bytes) -> str:
    return UTF_16 if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else UTF_8
