"""A comment that breaks what reads it: it is found and marked, and the others are read."""

import logging
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from surveys.comments.mind.reader import Mind, Read, Said, Text

logger = logging.getLogger(__name__)

_HARMLESS: Final = Text(0, "Good", "en")


def read(mind: Mind, texts: Sequence[Text], said: Said) -> list[Read]:
    """As the mind reads them; what breaks it says so in `problem`. Raises what any comment would raise."""
    try:
        return mind.read(texts, said)
    except Exception as error:
        mind.read([_HARMLESS])
        return _apart(mind, texts, said, error)


def _apart(mind: Mind, texts: Sequence[Text], said: Said, error: Exception) -> list[Read]:
    if len(texts) == 1:
        return [_unreadable(texts[0], said, error)]
    found: list[Read] = []
    middle = len(texts) // 2
    for half in (texts[:middle], texts[middle:]):
        try:
            found += mind.read(half, said)
        except Exception as of_half:
            found += _apart(mind, half, said, of_half)
    return found


def _unreadable(text: Text, said: Said, error: Exception) -> Read:
    """What persons said stands. Neither log nor note has the words of the error: they may be those of the comment."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    problem = f"{type(error).__name__} ({Path(place.filename).name}, line {place.lineno})"
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("the comment of response %s cannot be read: %s\n%s", text.key, problem, frames)
    return Read(
        key=text.key,
        language="",
        certainty=0.0,
        sentiment=said.sentiments.get(text.key),
        feeling=0.0,
        themes=sorted(theme for theme, belongs in said.themes.get(text.key, {}).items() if belongs),
        why={},
        problem=problem[:200],
    )
