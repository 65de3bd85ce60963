"""In which language a comment is written, and how sure that is. The model is in the package; nothing is downloaded.

A handful of words may be of several languages: then the one that the customer was asked in is the likelier one.
"""

import math
from functools import cache
from typing import Final

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from surveys.core import languages

SURE: Final = 0.35  # below that nothing is said about the language
_LIKELIER: Final = 8.0  # how much, when the customer was asked in it
_MOST: Final = 1000  # characters; more of them say nothing new

# Those that customers are spoken to in, and others that comments come in.
_OTHERS: Final = ("bg", "ca", "et", "hr", "id", "lt", "lv", "ms", "sk", "sl", "sr", "th", "vi", "zh")
# How the detector calls them, and how we do.
_CALLED: Final = {"no": "nb", "nn": "nb", "zh": "zh-hans"}


@cache
def _detector() -> LanguageIdentifier:
    detector = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    wanted = {code.partition("-")[0] for code in languages.ALL} | {*_OTHERS, "no"}
    detector.set_languages(sorted(wanted & set(detector.nb_classes)))
    return detector


def detect(comment: str, asked_in: str) -> tuple[str, float]:
    """(code as in core.languages, certainty 0…1); the code is empty where it is too unsure. `asked_in` may be empty."""
    if not any(character.isalpha() for character in comment):
        return "", 0.0
    ranked = {_CALLED.get(code, code): share for code, share in reversed(_detector().rank(comment[:_MOST]))}
    asked = _same(asked_in, ranked)
    if asked:
        ranked[asked] *= _LIKELIER
    best = max(ranked, key=lambda code: ranked[code])
    certainty = ranked[best] / math.fsum(ranked.values())
    return (_written(best, asked_in), certainty) if certainty >= SURE else ("", certainty)


def _same(asked_in: str, ranked: dict[str, float]) -> str:
    """The detector's name of it; empty when it does not know that language."""
    code = asked_in.lower()
    main = code.partition("-")[0]
    return next((name for name in (code, _CALLED.get(main, main)) if name in ranked), "")


def _written(code: str, asked_in: str) -> str:
    """Which Chinese is not told by the detector: that of the customer, if there is one."""
    return "zh-hant" if code == "zh-hans" and asked_in.lower() == "zh-hant" else code


def of_words(language: str) -> str:
    """The code of its list of words."""
    return language.partition("-")[0]
