"""Comments as points: those that say similar things lie near one another. The weights are in the package; nothing is downloaded.

A point is the sum of what each token adds, made one long: so what a token adds to anything linear is known exactly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import wordllama
from numpy.typing import NDArray
from wordllama import WordLlama

Floats = NDArray[np.float32]

SIZE: Final = 256
_MOST_TOKENS: Final = 256  # what a long comment says is clear by then
_PIECE: Final = 512


@dataclass(frozen=True)
class Point:
    """`tokens` and their places in the text; `length` is that of the sum before it was made one."""

    vector: Floats
    tokens: NDArray[np.int64]
    places: list[tuple[int, int]]
    length: float


@cache
def _model() -> Any:
    """One for the process. Of the tokens nothing is cut and nothing padded: each counts."""
    folder = Path(wordllama.__file__).parent
    model = WordLlama.load(cache_dir=folder, disable_download=True, dim=SIZE)
    model.tokenizer.no_padding()
    model.tokenizer.enable_truncation(max_length=_MOST_TOKENS)
    return model


def table() -> Floats:
    """What each token adds: a row per token."""
    return _model().embedding


def points(texts: Sequence[str]) -> list[Point]:
    return list(_points(texts))


def vectors(texts: Sequence[str]) -> Floats:
    """A row per text; one without any letter is a row of zeros."""
    found = [point.vector for point in _points(texts)]
    return np.stack(found) if found else np.zeros((0, SIZE), np.float32)


def _points(texts: Sequence[str]) -> Iterator[Point]:
    for first in range(0, len(texts), _PIECE):
        encoded = _model().tokenizer.encode_batch(list(texts[first : first + _PIECE]), add_special_tokens=False)
        for text in encoded:
            yield _point(np.asarray(text.ids, np.int64), text.offsets)


def _point(tokens: NDArray[np.int64], places: list[tuple[int, int]]) -> Point:
    total = table()[tokens].sum(axis=0, dtype=np.float32)
    length = float(np.sqrt(total @ total))
    return Point(total / length if length else total, tokens, places, length)


def stored(vector: Floats) -> bytes:
    return vector.astype("<f4").tobytes()


def restored(kept: bytes | memoryview) -> Floats:
    return np.frombuffer(bytes(kept), "<f4").astype(np.float32)
