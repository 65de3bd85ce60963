"""The shipped start: what words say about how a comment is meant, before anything was learned. Our own lists, in data/feelings.

A list has a line for each weight, −3 to 3, and lines of the words that turn, strengthen or outweigh others.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from surveys.comments import wording
from surveys.comments.wording import Hit, Matcher

FOLDER: Final = Path(__file__).parent.parent / "data" / "feelings"
FALLBACK: Final = "en"

_REACH: Final = 3  # words between a "not" and what it turns
_AFTER: Final = frozenset({"de", "nl"})  # in these a "not" may stand behind the verb
_ENDING_REACH: Final = 5  # characters behind a word in a script without spaces, whose ending says "not"
_STRONGER: Final = 1.4
_AFTER_BUT: Final = 1.3
_BEFORE_BUT: Final = 0.6
_TURNED_BAD: Final = -0.5  # "not bad" is less than good
_TURNED_GOOD: Final = -1.0
_HALFWAY: Final = 1.5  # a sum of this much is a feeling of about 0.7

_PAUSE: Final = re.compile(r"[,.;:!?\n]")

Word = tuple[int, int, str]


@dataclass(frozen=True)
class Feelings:
    """Of one language. The three kinds of small words are plain."""

    language: str
    carriers: Matcher[float]
    turning: frozenset[str]
    strengthening: frozenset[str]
    outweighing: frozenset[str]


@cache
def languages() -> frozenset[str]:
    return frozenset(path.stem for path in FOLDER.glob("*.txt"))


@cache
def of(language: str) -> Feelings:
    """The list of that language, or of the one that is fallen back to."""
    known = language if language in languages() else FALLBACK
    lines = dict(_lines((FOLDER / f"{known}.txt").read_text("utf-8")))
    small = {kind: frozenset(map(wording.plain, lines.pop(kind))) for kind in ("not", "very", "but")}
    carriers = Matcher((word, float(weight)) for weight, words in lines.items() for word in words)
    return Feelings(known, carriers, small["not"], small["very"], small["but"])


def _lines(text: str) -> Iterator[tuple[str, list[str]]]:
    for line in text.splitlines():
        if line and not line.startswith("#"):
            kind, _space, words = line.partition(" ")
            yield kind.removesuffix(":"), [word.strip() for word in words.split(",") if word.strip()]


def read(comment: str, language: str) -> list[Hit[float]]:
    """The words of the comment that carry a feeling, each with how much it says here, in the order of the text."""
    known, plain = of(language), wording.plain(comment)
    hits = wording.longest(known.carriers.find(plain))
    spoken = wording.words(plain)
    turn = _last_but(known, plain, spoken)
    return [Hit(hit.start, hit.end, _said(known, plain, spoken, hit, hits, turn)) for hit in hits]


def feeling(hits: list[Hit[float]]) -> float:
    """−1 … 1: the sum, bent so that more of the same adds less and less."""
    total = sum(hit.payload for hit in hits)
    return total / math.hypot(total, _HALFWAY)


def _last_but(known: Feelings, plain: str, spoken: list[Word]) -> int | None:
    if wording.is_unspaced(plain):
        places = [plain.rfind(word) for word in known.outweighing]
    else:
        places = [start for start, _end, word in spoken if word in known.outweighing]
    last = max(places, default=-1)
    return last if last > 0 else None


def _said(
    known: Feelings, plain: str, spoken: list[Word], hit: Hit[float], hits: list[Hit[float]], turn: int | None
) -> float:
    weight = hit.payload
    before = [word for start, _end, word in spoken if start < hit.start][-_REACH:]
    if before and before[-1] in known.strengthening:
        weight *= _STRONGER
    if _is_turned(known, plain, spoken, hit, hits):
        weight *= _TURNED_GOOD if weight > 0 else _TURNED_BAD
    if turn is None:
        return weight
    return weight * (_AFTER_BUT if hit.start > turn else _BEFORE_BUT)


def _is_turned(known: Feelings, plain: str, spoken: list[Word], hit: Hit[float], hits: list[Hit[float]]) -> bool:
    if wording.is_unspaced(plain[hit.start : hit.end]):
        return any(word in plain[hit.end : hit.end + _ENDING_REACH] for word in known.turning)
    left = max((other.end for other in hits if other.end <= hit.start), default=0)
    before = [word for start, _end, word in spoken if left <= start < hit.start][-_REACH:]
    if any(word in known.turning for word in before):
        return True
    if known.language not in _AFTER or hit.payload < 0:
        return False
    pause = _PAUSE.search(plain, hit.end)
    right = pause.start() if pause else len(plain)
    after = [word for start, _end, word in spoken if hit.end <= start < right][:_REACH]
    return any(word in known.turning for word in after)
