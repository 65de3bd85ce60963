"""What single parameters of a filter may say: each parser takes the text of the address and raises ValueError."""

import json
from datetime import date
from typing import Final

from surveys.core import nps

LONGEST_VALUE: Final = 500
LONGEST_WHERE: Final = 8000
SENTIMENTS: Final = ("-1", "0", "1")
YEARS: Final = range(1970, 2200)
LARGEST_ID: Final = 2**63 - 1


def identity(text: str) -> int:
    number = int(text)
    if not 0 < number <= LARGEST_ID:
        raise ValueError(text)
    return number


def day(text: str) -> date:
    found = date.fromisoformat(text)
    if found.year not in YEARS:
        raise ValueError(text)
    return found


def score(text: str) -> int:
    given = int(text)
    if given not in nps.SCALE:
        raise ValueError(text)
    return given


def text(text: str) -> str:
    if len(text) > LONGEST_VALUE or "\0" in text:
        raise ValueError(text)
    return text


def sentiment(text: str) -> str:
    if text not in SENTIMENTS:
        raise ValueError(text)
    return text


def condition(text: str) -> str:
    """In its canonical form; "" for the one that everything meets."""
    if len(text) > LONGEST_WHERE or text != storable(text):
        raise ValueError(text)
    try:
        stored = json.loads(text)
    except RecursionError as error:
        raise ValueError(text) from error
    if not isinstance(stored, dict):
        raise ValueError(text)
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":")) if stored else ""


def storable(text: str) -> str:
    """PostgreSQL has neither NUL nor halves of characters."""
    return "".join(letter for letter in text if letter != "\0" and not "\ud800" <= letter <= "\udfff")


def yes_or_no(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(text)
    return text == "1"
