"""How the shipped start is made: from sentences of our own, in data/sentences. `make start` does it again.

A line is "+", "0" or "-" for how it is meant, and the sentence.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from surveys.comments.mind import learning, sentiment
from surveys.comments.mind.learning import Example
from surveys.comments.mind.sentiment import Weights

FOLDER: Final = Path(__file__).parent.parent / "data" / "sentences"
_MEANT: Final = {"+": 1, "0": 0, "-": -1}


def sentences() -> Iterator[tuple[str, int, str]]:
    """(language, how it is meant, sentence)."""
    for path in sorted(FOLDER.glob("*.txt")):
        for line in path.read_text("utf-8").splitlines():
            sign, _space, text = line.partition(" ")
            yield path.stem, _MEANT[sign], text


def examples() -> list[Example]:
    rows = list(sentences())
    comments = sentiment.comments([text for _code, _meant, text in rows], [code for code, _meant, _text in rows])
    return [Example(number, comment, row[1]) for number, (row, comment) in enumerate(zip(rows, comments, strict=True))]


def made() -> Weights:
    """On top of the lists of words."""
    return learning.fit_start(examples())


def write() -> None:
    sentiment.FILE.write_bytes(made().stored())
