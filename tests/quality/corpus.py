"""Comments written for measuring: tests/data/comments. A line is: score, sentiment, themes, text."""

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from surveys.comments.mind import sentiment
from surveys.comments.mind.sentiment import Comment
from surveys.core.choices import Category
from surveys.samples import comments as sample
from surveys.samples.comments import Trouble

FOLDER: Final = Path(__file__).parents[1] / "data" / "comments"
LISTED: Final = ("en", "de", "fr", "es", "ja")  # a list of words is shipped for them
UNLISTED: Final = ("sv",)
LANGUAGES: Final = (*LISTED, *UNLISTED)

_LIKE: Final = {Category.PROMOTER: 1, Category.PASSIVE: 0, Category.DETRACTOR: -1}
_SAMPLE: Final = 2000


@dataclass(frozen=True)
class Labelled:
    language: str
    score: int
    sentiment: int
    themes: frozenset[str]
    text: str


@cache
def labelled(language: str) -> tuple[Labelled, ...]:
    lines = (FOLDER / f"{language}.tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return tuple(
        Labelled(language, int(score), int(meant), frozenset(filter(None, themes.split(","))), text)
        for score, meant, themes, text in rows
    )


def everything() -> list[Labelled]:
    return [each for language in LANGUAGES for each in labelled(language)]


def by_language() -> list[tuple[str, str]]:
    """(language, text) for the detector, ten of each."""
    lines = (FOLDER / "languages.tsv").read_text("utf-8").splitlines()
    return [(language, text) for language, _tab, text in (line.partition("\t") for line in lines)]


def as_read(rows: list[Labelled]) -> list[Comment]:
    return sentiment.comments([row.text for row in rows], [row.language for row in rows])


def of_the_sample() -> list[tuple[int, str, str]]:
    """What customers of the sample organization say, each once: (category as −1, 0 or 1, language, text)."""
    dice = random.Random(6)
    said = {}
    for _each in range(_SAMPLE):
        language, category = dice.choice(["en", "en", "en", "de", "fr", "es", "ja"]), dice.choice(list(_LIKE))
        trouble = dice.choice(list(Trouble))
        text = sample.comment(language, category, dice.choice(["Free", "Team"]), trouble=trouble, dice=dice)
        said[text] = (_LIKE[category], language, text)
    return list(said.values())
