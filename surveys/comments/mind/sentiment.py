"""How a comment is meant, by weights that are linear in everything: so each word's part in the sum is known.

A comment is what the shipped start says of it, its point (embedding), and its grams: words, pairs of words, and in
scripts without spaces two and three characters, hashed into buckets.
"""

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from surveys.comments import wording
from surveys.comments.mind import embedding, feelings
from surveys.comments.mind.embedding import Floats, Point
from surveys.comments.wording import Hit

BUCKETS: Final = 1 << 13
_FIXED: Final = 4  # bias, start, and the two edges
SIZE: Final = _FIXED + embedding.SIZE + BUCKETS
EDGES: Final = (-0.2, 0.2)  # of the lists alone: below the first it is bad, above the second good

_SHOWN: Final = 6  # words that are kept as reasons
_WEIGHS: Final = 0.04  # less than that is no reason


@dataclass(frozen=True)
class Gram:
    start: int
    end: int
    bucket: int


@dataclass(frozen=True)
class Comment:
    """A text, as far as sentiment looks at it."""

    text: str
    hits: list[Hit[float]]  # of the shipped start
    point: Point
    grams: list[Gram]

    @cached_property
    def listed(self) -> float:
        """What the lists of words alone say."""
        return feelings.feeling(self.hits)

    @cached_property
    def buckets(self) -> NDArray[np.int64]:
        return np.asarray([gram.bucket for gram in self.grams], np.int64)

    @property
    def share(self) -> float:
        """What one gram counts: long comments do not shout."""
        return 1 / math.sqrt(len(self.grams) or 1)


def comments(texts: Sequence[str], languages: Sequence[str]) -> list[Comment]:
    points = embedding.points(texts)
    return [
        Comment(text, feelings.read(text, language), point, list(_grams(text)))
        for text, language, point in zip(texts, languages, points, strict=True)
    ]


def _grams(text: str) -> Iterator[Gram]:
    plain = wording.plain(text)
    before: tuple[int, str] | None = None
    for start, end, word in wording.words(plain):
        if wording.is_unspaced(word):
            yield from _pieces(word, start)
            before = None
            continue
        root = wording.stem(word)
        yield Gram(start, end, _bucket(root))
        if before:
            yield Gram(before[0], end, _bucket(f"{before[1]} {root}"))
        before = start, root


def _pieces(run: str, start: int) -> Iterator[Gram]:
    for size in (2, 3):
        for at in range(len(run) - size + 1):
            yield Gram(start + at, start + at + size, _bucket(run[at : at + size]))


def _bucket(gram: str) -> int:
    return zlib.crc32(gram.encode()) % BUCKETS


@dataclass(frozen=True)
class Weights:
    """What was learned. `edges` part bad from neither and neither from good; `over` is what it was learned on top of,
    and `start` how much that counts. Without it, it is the lists of words that were started from."""

    bias: float
    start: float
    edges: tuple[float, float]
    point: Floats
    grams: Floats
    over: "Weights | None" = None
    _by_token: list[Floats] = field(default_factory=list, repr=False, compare=False)

    def stored(self) -> bytes:
        head = np.asarray([self.bias, self.start, *self.edges], np.float32)
        return embedding.stored(np.concatenate([head, self.point, self.grams]))

    @classmethod
    def restored(cls, kept: bytes | memoryview, over: "Weights | None") -> "Weights":
        """Raises ValueError when they are of another shape, as after an upgrade."""
        row = embedding.restored(kept)
        if len(row) != SIZE:
            raise ValueError(f"{len(row)} weights instead of {SIZE}")
        bias, start, low, high = map(float, row[:_FIXED])
        return cls(bias, start, (low, high), row[_FIXED:-BUCKETS], row[-BUCKETS:], over)

    def feeling(self, comment: Comment) -> float:
        """−1 … 1."""
        total = self.bias + self.start * self.started(comment) + float(self.point @ comment.point.vector)
        total += float(self.grams[comment.buckets].sum()) * comment.share
        return max(-1.0, min(1.0, total))

    def started(self, comment: Comment) -> float:
        return self.over.feeling(comment) if self.over else comment.listed

    def sentiment(self, feeling: float) -> int:
        low, high = self.edges
        return int(feeling > high) - int(feeling < low)

    def reasons(self, comment: Comment) -> list[tuple[int, int, float]]:
        """The words that weigh most, (start, end, weight) in the order of the text."""
        weighed = [(start, end, weight) for start, end, weight in self._weighed(comment) if abs(weight) >= _WEIGHS]
        most = sorted(weighed, key=lambda word: (-abs(word[2]), word[0]))[:_SHOWN]
        return sorted((start, end, round(weight, 3)) for start, end, weight in most)

    def _weighed(self, comment: Comment) -> Iterator[tuple[int, int, float]]:
        """Each word, or phrase of the start, with its part of the sum."""
        places = _places(comment)
        spread = np.zeros(len(comment.text) + 1, np.float64)  # what each character adds
        for start, end, weight in self._parts(comment):
            if end > start:
                spread[start:end] += weight / (end - start)
        sums = np.concatenate([[0.0], np.cumsum(spread)])
        for start, end in places:
            yield start, end, float(sums[end] - sums[start])

    def _parts(self, comment: Comment) -> Iterator[tuple[int, int, float]]:
        started = self.over._parts(comment) if self.over else _listed_parts(comment)
        yield from ((start, end, weight * self.start) for start, end, weight in started)
        yield from ((gram.start, gram.end, float(self.grams[gram.bucket]) * comment.share) for gram in comment.grams)
        if comment.point.length:
            added = self._of_tokens[comment.point.tokens] / comment.point.length
            for (start, end), weight in zip(comment.point.places, added, strict=True):
                yield start, end, float(weight)

    @property
    def _of_tokens(self) -> Floats:
        if not self._by_token:
            self._by_token.append((embedding.table() @ self.point).astype(np.float32))
        return self._by_token[0]


def _listed_parts(comment: Comment) -> Iterator[tuple[int, int, float]]:
    total = sum(abs(hit.payload) for hit in comment.hits)
    bent = abs(comment.listed) / total if total else 0.0
    yield from ((hit.start, hit.end, hit.payload * bent) for hit in comment.hits)


def _places(comment: Comment) -> list[tuple[int, int]]:
    """Words; of scripts without spaces the words that the start knows, else pairs of characters."""
    known = [(hit.start, hit.end) for hit in comment.hits]
    found = list(known)
    for start, end, word in wording.words(wording.plain(comment.text)):
        pieces = (
            [(at, min(at + 2, end)) for at in range(start, end, 2)] if wording.is_unspaced(word) else [(start, end)]
        )
        found += [piece for piece in pieces if all(piece[1] <= a or piece[0] >= b for a, b in known)]
    return found


FILE: Final = Path(__file__).parent.parent / "data" / "start.f32"

LISTS: Final = Weights(0.0, 1.0, EDGES, np.zeros(embedding.SIZE, np.float32), np.zeros(BUCKETS, np.float32))
SHIPPED: Final = Weights.restored(FILE.read_bytes(), None) if FILE.exists() else LISTS
