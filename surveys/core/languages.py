"""The languages that customers are spoken to in, and which of them is whose. The interface itself is English."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from django.utils.translation import get_language_info

# Codes are written as Django writes them. The sources are English; every other one has a catalogue in locale/.
SOURCE: Final = "en"
TRANSLATED: Final = (
    *("ar", "cs", "da", "de", "el", "es", "fa", "fi", "fr", "he", "hi", "hu", "it", "ja", "ko", "nb", "nl", "pl"),
    *("pt", "pt-br", "ro", "ru", "sv", "tr", "uk", "zh-hans", "zh-hant"),
)
ALL: Final = tuple(sorted((SOURCE, *TRANSLATED)))

# Codes that say the same in another way, and the one that their speakers read.
_READ_AS: Final = {
    "no": "nb",
    "nn": "nb",
    "zh": "zh-hans",
    "zh-hans": "zh-hans",
    "zh-cn": "zh-hans",
    "zh-sg": "zh-hans",
    "zh-my": "zh-hans",
    "zh-hant": "zh-hant",
    "zh-tw": "zh-hant",
    "zh-hk": "zh-hant",
    "zh-mo": "zh-hant",
}


# Codes of old that some systems still write.
_NOW_CALLED: Final = {"iw": "he", "in": "id", "ji": "yi", "mo": "ro"}


def written(code: str) -> str:
    """As Django writes it, by the name of today: "pt_BR" → "pt-br", "iw-IL" → "he-il"."""
    main, hyphen, rest = code.strip().lower().replace("_", "-").partition("-")
    return _NOW_CALLED.get(main, main) + hyphen + rest


@lru_cache(4096)
def candidates(spoken: str) -> tuple[str, ...]:
    """What somebody of that language can read, the best first: "de-AT" → de-at, de; "zh-TW" → zh-tw, zh-hant."""
    return tuple(dict.fromkeys(_candidates(written(spoken))))


def _candidates(code: str) -> Iterator[str]:
    while code:
        yield code
        if code in _READ_AS:
            yield _READ_AS[code]
            return
        code = code.rpartition("-")[0]


def choose(spoken: str, usable: Sequence[str]) -> str:
    """The language for somebody who speaks `spoken` ("" when that is not known), of `usable`, whose first is the main one.

    Their own, else its main part, else the main one.
    """
    return next((code for code in candidates(spoken) if code in usable), usable[0])


def ours(spoken: str) -> str:
    """The one of our languages that is nearest: English when there is none."""
    return next((code for code in candidates(spoken) if code in ALL), SOURCE)


def name(code: str) -> str:
    """ "de" → "German", "iw" → "Hebrew"; a code without a known name stays as it is."""
    for known in candidates(code):
        try:
            return str(get_language_info(known)["name_translated"])
        except KeyError:
            continue
    return code


def own_name(code: str) -> str:
    """As its speakers call it: "de" → "Deutsch"."""
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code


@lru_cache(4096)
def is_right_to_left(code: str) -> bool:
    try:
        return bool(get_language_info(code)["bidi"])
    except KeyError:
        return False


def choices() -> list[tuple[str, str]]:
    """Code and name of each of ours, by name."""
    return sorted(((code, name(code)) for code in ALL), key=lambda choice: choice[1])
