"""The texts of a campaign one by one, and which of its languages are complete: nothing is missing that the main one says."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import fields, replace
from typing import Any, Final

from surveys.campaigns.design import Design, QuestionKind
from surveys.campaigns.starts import counterparts
from surveys.campaigns.texts import Texts, Words
from surveys.core import nps
from surveys.core.choices import Category

Place = tuple[str, ...]  # ("subject",), ("questions", "q1", "options", "o1"), ("reminders", "0", "intro")

_MAIL: Final = ("subject", "intro", "question", "low_label", "high_label")
_OF_A_MAIL: Final = ("subject", "intro")
_PROMPTS: Final = (*(category.value for category in Category), *map(str, nps.SCALE))
_THANKS: Final = ("thanks_promoter", "thanks_passive", "thanks_detractor")


def texts(words: Words, design: Design) -> dict[Place, str]:
    """Every text by its place, in the order in which customers meet them; of what the design does not have, none."""
    return dict(_texts(words, design))


def _texts(words: Words, design: Design) -> Iterator[tuple[Place, str]]:
    yield from (((name,), getattr(words, name)) for name in _MAIL)
    for variant in design.variants:
        said = words.variants.get(variant.key, {})
        yield from ((("variants", variant.key, name), said.get(name, "")) for name in _OF_A_MAIL)
    for number, reminder in enumerate(words.reminders):
        yield from ((("reminders", str(number), name), reminder.get(name, "")) for name in _OF_A_MAIL)
    yield ("comment_prompt",), words.comment_prompt
    yield from ((("prompts", key), words.prompts[key]) for key in _PROMPTS if key in words.prompts)
    yield from _of_questions(words, design)
    yield from (((name,), getattr(words, name)) for name in _THANKS)
    yield from ((("links", link.key), words.links.get(link.key, "")) for link in design.links)


def _of_questions(words: Words, design: Design) -> Iterator[tuple[Place, str]]:
    for question in design.questions:
        said: dict[str, Any] = words.questions.get(question.key, {})
        options = said.get("options", {})
        yield ("questions", question.key, "text"), said.get("text", "")
        yield from ((("questions", question.key, "options", key), options.get(key, "")) for key in question.options)
        if question.kind is QuestionKind.SCALE:
            yield from ((("questions", question.key, end), said.get(end, "")) for end in ("low", "high"))


def missing(main: Words, other: Words, design: Design) -> list[Place]:
    """What the main language says and the other one does not."""
    said = texts(other, design)
    wanted = texts(main, design)
    return [place for place, text in wanted.items() if text.strip() and not said.get(place, "").strip()]


def outdated(main: Words, other: Words, design: Design) -> list[Place]:
    """Where the main language has been changed since the other one was compared with it: still used, and to be looked at."""
    said, sources = texts(other, design), other.sources
    return [
        place
        for place, text in texts(main, design).items()
        if said.get(place, "").strip() and sources.get(_key(place), _digest(text)) != _digest(text)
    ]


def compared(main: Words, other: Words, design: Design, *, but: Collection[Place] = ()) -> Words:
    """Somebody saw both side by side, `but` for these places."""
    seen = {_key(place): _digest(text) for place, text in texts(main, design).items() if place not in but}
    return replace(other, sources={_key(place): other.sources.get(_key(place), "") for place in but} | seen)


def _key(place: Place) -> str:
    return "-".join(place)


def _digest(text: str) -> str:
    return hashlib.blake2b(_plain(text).encode(), digest_size=6).hexdigest()


def usable(words: Mapping[str, Words], design: Design) -> list[str]:
    """The main language, which is the first, and those that are complete."""
    main = next(iter(words.values()))
    return [language for language, each in words.items() if not missing(main, each, design)]


def put(words: Words, said: Mapping[Place, str]) -> Words:
    """With these texts at their places. What a part of the design does not say is not there."""
    parts = deepcopy(words.as_dict())
    for place, text in said.items():
        if place[0] == "reminders":
            _fill_up(parts["reminders"], int(place[1]))
        if text or len(place) == 1:
            _write(parts, place, text)
        else:
            _erase(parts[place[0]], place[1:])
    return replace(words, **parts)


def _fill_up(reminders: list[dict[str, str]], number: int) -> None:
    reminders.extend({} for _missing in range(len(reminders), number + 1))


def _write(parts: dict[str, Any], place: Place, text: str) -> None:
    inner: Any = parts
    for key in place[:-1]:
        inner = inner[int(key)] if isinstance(inner, list) else inner.setdefault(key, {})
    inner[place[-1]] = text


def _erase(parts: Any, place: Place) -> None:
    """And what is left empty by it, but for the list of reminders, where the place counts."""
    key = place[0]
    if isinstance(parts, list):
        _erase(parts[int(key)], place[1:])
    elif key in parts:
        if len(place) > 1:
            _erase(parts[key], place[1:])
        if len(place) == 1 or parts[key] == {}:
            del parts[key]


def begun(main: Words, design: Design, *, written_in: str, language: str) -> Words:
    """A new language: what the main one still says in our own words is there at once, the rest is empty."""
    known = counterparts(written_in, language)
    empty = Words(**Texts(*[""] * len(fields(Texts))).as_dict())
    said = put(empty, {place: known.get(_plain(text), "") for place, text in texts(main, design).items()})
    return compared(main, said, design)


def _plain(text: str) -> str:
    """As before a browser has sent it."""
    return text.replace("\r\n", "\n").strip()


def marked(main: Words, other: Words, design: Design) -> Words:
    """To look at: what is missing is said in the main language, between marks."""
    wanted = texts(main, design)
    return put(other, {place: f"⟦{wanted[place]}⟧" for place in missing(main, other, design)})
