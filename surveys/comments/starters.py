"""The themes that an organization is offered at first: our own words, in data/themes.txt."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from surveys.comments import rules

FILE: Final = Path(__file__).parent / "data" / "themes.txt"


@dataclass(frozen=True)
class Starter:
    key: str
    name: str
    words: tuple[str, ...]


@cache
def all_of_them() -> tuple[Starter, ...]:
    return tuple(_read(FILE.read_text("utf-8")))


def _read(text: str) -> Iterator[Starter]:
    for block in text.split("\n["):
        head, *lines = block.splitlines()
        key, bracket, name = head.partition("] ")
        if bracket:
            words = rules.tidy(word for line in lines for word in line.split(","))
            yield Starter(key, name, tuple(words))
