"""Words and phrases in comments: one way to find them, for the rules of themes and for words that carry a feeling.

Capital letters and accents do not matter, simple endings neither. Pure, and without anything heavy: pages use it too.
"""

import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Generic, TypeVar

from surveys.core.conditions.folding import fold

P = TypeVar("P")

_ALPHABETS: Final = (range(0x41, 0x530), range(0x1E00, 0x2000), range(0xFF01, 0xFF5F))  # with capitals and accents
_APOSTROPHES: Final = dict.fromkeys(map(ord, "’ʼ‘`´"), "'")
_WORD: Final = re.compile(r"[^\W_]+(?:'t\b)?")  # "don't" is one word, "l'app" two
# Scripts that are written without spaces: Thai, Lao, Khmer, kana, Han.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_ENDINGS: Final = ("es", "en", "s", "e", "n")  # of the term, which may stand in the plural itself
_KEY: Final = 3  # letters by which terms are looked up, and that a word must have to have endings
_LONGEST_ENDING: Final = 3  # of the word in the text, behind the term's stem


def _plain_character(code: int) -> str:
    return fold(unicodedata.normalize("NFKD", chr(code))[0])


_PLAIN: Final = {code: _plain_character(code) for letters in _ALPHABETS for code in letters} | _APOSTROPHES


def plain(text: str) -> str:
    """Without capitals and accents, character by character: a place in it is the same place in the text."""
    return text.translate(_PLAIN)


def is_unspaced(text: str) -> bool:
    return _UNSPACED.search(text) is not None


def words(plain_text: str) -> list[tuple[int, int, str]]:
    """(start, end, word). What is written without spaces is one word."""
    return [(*found.span(), found.group()) for found in _WORD.finditer(plain_text)]


@lru_cache(1 << 16)
def stem(word: str) -> str:
    """What a term and the words that it finds have in common: "invoices" and "invoice" both begin with "invoic"."""
    if len(word) > 4:
        return next((word.removesuffix(end) for end in _ENDINGS if word.endswith(end)), word)
    return word


@dataclass(frozen=True)
class Hit(Generic[P]):
    start: int
    end: int
    payload: P


@dataclass(frozen=True)
class _Form:
    """A word of a term: what else may be said for it begins with `root` and has so much `room` for an ending."""

    word: str
    root: str
    room: int

    def fits(self, said: str) -> bool:
        if said == self.word:
            return True
        return self.room > 0 and len(said) - len(self.root) <= self.room and said.startswith(self.root)


def _form(word: str, *, open_end: bool) -> _Form:
    if open_end:
        return _Form(word, word, sys.maxsize)
    root = stem(word)
    if len(root) < _KEY:
        return _Form(word, root, 0)
    return _Form(
        word, root, _LONGEST_ENDING if len(root) > _KEY else 1
    )  # "price" finds "pricing", and "app" not "apple"


@dataclass(frozen=True)
class _Term(Generic[P]):
    """Words in a row."""

    first: _Form
    others: tuple[_Form, ...]
    payload: P

    def fits(self, spoken: list[tuple[int, int, str]], at: int) -> bool:
        if not self.first.fits(spoken[at][2]):
            return False
        rest = spoken[at + 1 : at + 1 + len(self.others)]
        if len(rest) < len(self.others):
            return False
        return all(form.fits(said[2]) for form, said in zip(self.others, rest, strict=True))


class Matcher(Generic[P]):
    """Finds many terms in a text at once. A term is a word, a phrase, or one that ends in "*" for any ending."""

    def __init__(self, terms: Iterable[tuple[str, P]]) -> None:
        self._spaced: dict[str, list[_Term[P]]] = defaultdict(list)  # by the first letters of the first word
        self._unspaced: list[tuple[str, P]] = []
        for text, payload in terms:
            self._add(plain(text), payload)

    def _add(self, term: str, payload: P) -> None:
        if is_unspaced(term):
            self._unspaced.append((term.rstrip("*"), payload))
            return
        found = [word for _start, _end, word in words(term)]
        if found:
            last = len(found) - 1
            forms = [_form(word, open_end=term.endswith("*") and at == last) for at, word in enumerate(found)]
            self._spaced[found[0][:_KEY]].append(_Term(forms[0], tuple(forms[1:]), payload))

    def find(self, plain_text: str) -> Iterator[Hit[P]]:
        """All that is found, also where it overlaps."""
        spoken = words(plain_text)
        for number, (start, _end, word) in enumerate(spoken):
            for term in self._spaced.get(word[:_KEY], ()):
                if term.fits(spoken, number):
                    yield Hit(start, spoken[number + len(term.others)][1], term.payload)
        if self._unspaced and is_unspaced(plain_text):
            yield from self._find_unspaced(plain_text)

    def _find_unspaced(self, plain_text: str) -> Iterator[Hit[P]]:
        for term, payload in self._unspaced:
            start = plain_text.find(term)
            while start >= 0:
                yield Hit(start, start + len(term), payload)
                start = plain_text.find(term, start + len(term))


def longest(hits: Iterable[Hit[P]]) -> list[Hit[P]]:
    """Where they overlap only the longest, in the order of the text."""
    kept: list[Hit[P]] = []
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start)):
        if all(hit.end <= other.start or hit.start >= other.end for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda hit: hit.start)
