"""Names inside sentences of the other direction keep their own (Unicode Standard Annex 9, isolates)."""

import re
from typing import Final

from surveys.core import languages

FIRST_STRONG: Final = "\N{FIRST STRONG ISOLATE}"
POP: Final = "\N{POP DIRECTIONAL ISOLATE}"
_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_LEFT_TO_RIGHT: Final = re.compile("[A-Za-z\u00aa-\u02b8\u0370-\u058f\u0900-\u1fff\u2c00-\ufb17]")

_CONTROLS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Without marks that turn the direction of what follows, for the names of strangers: they would turn whole pages."""
    return _CONTROLS.sub("", text)


def isolated(text: str, language: str) -> str:
    """Between marks that nobody sees, when it has letters that run against the language's direction; else as it is."""
    against = _LEFT_TO_RIGHT if languages.is_right_to_left(language) else _RIGHT_TO_LEFT
    return f"{FIRST_STRONG}{text}{POP}" if against.search(text) else text
