"""What the step "Languages" says of each language."""

from collections.abc import Mapping
from dataclasses import dataclass

from surveys.campaigns import languages
from surveys.campaigns.design import Design
from surveys.campaigns.texts import Words
from surveys.core import languages as ours


@dataclass(frozen=True)
class Row:
    """A language of a campaign. `customers` are those of the audience who get it, None while they cannot be counted;
    while texts are missing nobody does, and they are those who would."""

    code: str
    is_main: bool
    said: int
    texts: int
    customers: int | None
    outdated: int = 0  # texts whose original was changed since

    @property
    def name(self) -> str:
        return ours.name(self.code)

    @property
    def own_name(self) -> str:
        return ours.own_name(self.code)

    @property
    def missing(self) -> int:
        return self.texts - self.said


@dataclass(frozen=True)
class Wanted:
    """A language that the campaign does not have, and how many of its audience would get it."""

    code: str
    customers: int

    @property
    def name(self) -> str:
        return ours.name(self.code)


def rows(known: Mapping[str, Words], design: Design, spoken: Mapping[str, int] | None) -> list[Row]:
    main = next(iter(known))
    texts = sum(bool(text.strip()) for text in languages.texts(known[main], design).values())
    listeners = _listeners(list(known), spoken) if spoken is not None else None
    return [
        Row(
            code=code,
            is_main=code == main,
            said=texts - len(languages.missing(known[main], words, design)),
            texts=texts,
            customers=listeners.get(code, 0) if listeners is not None else None,
            outdated=len(languages.outdated(known[main], words, design)) if code != main else 0,
        )
        for code, words in known.items()
    ]


def _listeners(known: list[str], spoken: Mapping[str, int]) -> dict[str, int]:
    """If all of them were complete."""
    found: dict[str, int] = {}
    for language, customers in spoken.items():
        code = ours.choose(language, known)
        found[code] = found.get(code, 0) + customers
    return found


def wanted(known: Mapping[str, Words], spoken: Mapping[str, int] | None) -> list[Wanted]:
    """Our languages that customers speak and the campaign does not, those of most customers first."""
    found: dict[str, int] = {}
    for language, customers in (spoken or {}).items():
        best = next((code for code in ours.candidates(language) if code in ours.ALL), "")
        if best and best not in known and not _is_read(language, best, known):
            found[best] = found.get(best, 0) + customers
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [Wanted(code, customers) for code, customers in ranked]


def _is_read(language: str, best: str, known: Mapping[str, Words]) -> bool:
    """Something better than `best` is there already: "de-at" where "de" would be added."""
    codes = ours.candidates(language)
    return any(code in known for code in codes[: codes.index(best)])


def mails(main: Words, design: Design) -> dict[str, list[dict[str, object]]]:
    """The other mails that can be looked at."""
    return {
        "variants": [{"key": variant.key} for variant in design.variants],
        "reminders": [{"number": number} for number in range(1, len(main.reminders) + 1)],
    }
