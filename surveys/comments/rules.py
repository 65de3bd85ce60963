"""The rules of themes: words that bring a comment to a theme, and "-words" that keep it out. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from surveys.comments import wording
from surveys.comments.wording import Hit, Matcher

MOST_WORDS: Final = 100
LONGEST_WORD: Final = 60
KEEPS_OUT: Final = "-"


@dataclass(frozen=True)
class Rule:
    """`theme` is its key."""

    theme: int
    keeps_out: bool


class Rules:
    """Of several themes at once."""

    def __init__(self, words_of: Mapping[int, Sequence[str]]) -> None:
        self._matcher = Matcher(
            (word.removeprefix(KEEPS_OUT), Rule(theme, word.startswith(KEEPS_OUT)))
            for theme, words in words_of.items()
            for word in words
        )

    def read(self, comment: str) -> tuple[dict[int, Hit[Rule]], set[int]]:
        """Which themes the words of the comment bring it to, with the first of those words, and which it is kept out of."""
        hits = sorted(self._matcher.find(wording.plain(comment)), key=lambda hit: (hit.start, -hit.end))
        kept_out = {hit.payload.theme for hit in hits if hit.payload.keeps_out}
        found: dict[int, Hit[Rule]] = {}
        for hit in hits:
            if not hit.payload.keeps_out and hit.payload.theme not in kept_out:
                found.setdefault(hit.payload.theme, hit)
        return found, kept_out


def tidy(words: Iterable[str]) -> list[str]:
    """As they are kept: without empty ones, each once."""
    cleaned = (" ".join(word.split()) for word in words)
    unique = {wording.plain(word): word for word in reversed(list(cleaned)) if word}
    return list(reversed(unique.values()))


def problems(words: Sequence[str]) -> list[str]:
    """What is wrong with tidied words, for people; nothing when all is well."""
    found = []
    if not any(not word.startswith(KEEPS_OUT) for word in words):
        found.append(_("Write at least one word that brings comments to the theme."))
    if len(words) > MOST_WORDS:
        found.append(
            _("These are %(number)d words; at most %(most)d are possible.") % {"number": len(words), "most": MOST_WORDS}
        )
    found += [said for word in words if (said := _problem(word))]
    return found


def _problem(word: str) -> str:
    if len(word) > LONGEST_WORD:
        return _("“%(word)s…” is longer than %(most)d characters.") % {"word": word[:20], "most": LONGEST_WORD}
    bare = word.removeprefix(KEEPS_OUT)
    letters = [part for _start, _end, part in wording.words(wording.plain(bare))]
    if not letters:
        return _("“%(word)s” has no letter or digit to look for.") % {"word": word}
    if bare.endswith("*") and len("".join(letters)) < 3 and not wording.is_unspaced(bare):
        return _("“%(word)s” would find nearly everything; write at least three letters before the *.") % {"word": word}
    return ""
