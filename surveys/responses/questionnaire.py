"""The questions after the score: how one customer is shown them, and what comes back from the page. Pure."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from surveys.campaigns.design import Design, Question, QuestionKind

LONGEST_COMMENT: Final = 10_000
LONGEST_TEXT: Final = 5_000
COMMENT: Final = "comment"  # among the keys of fingerprints
SEEN: Final = ".seen"
_OF_A_QUESTION: Final = re.compile(r"q\d")

Value = str | int | list[str]  # a text, a point of a scale, the options that were chosen; "" and [] are no answer


def fingerprint(value: Value) -> str:
    """Sent with the page and back, so that what was not touched there does not overwrite what was said since."""
    said = plain(value) if isinstance(value, str) else json.dumps(value) if value else ""
    return blake2b(said.encode(), digest_size=8).hexdigest()


def plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


NOTHING: Final = fingerprint("")


# ── Showing ──


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Asked:
    """One question as it stands on the page, with what was said or typed."""

    key: str
    kind: QuestionKind
    text: str
    value: Value = ""
    low: str = ""
    high: str = ""
    choices: tuple[Choice, ...] = ()
    seen: str = ""
    problem: str = ""

    @property
    def is_text(self) -> bool:
        return self.kind is QuestionKind.TEXT

    @property
    def is_scale(self) -> bool:
        return self.kind is QuestionKind.SCALE

    @property
    def input(self) -> str:
        return "checkbox" if self.kind is QuestionKind.MANY else "radio"


def asked(
    questions: Iterable[Question], words: Mapping[str, Any], stored: Mapping[str, Value], back: "Returned | None" = None
) -> list[Asked]:
    """The questions that have words in this language, with what was said, or what came `back` and could not be taken."""
    return [_asked(question, said, stored, back) for question in questions if (said := words.get(question.key))]


def _asked(question: Question, words: Any, stored: Mapping[str, Value], back: "Returned | None") -> Asked:
    kept = stored.get(question.key, "")
    typed = back.values.get(question.key, kept) if back else kept
    return Asked(
        key=question.key,
        kind=question.kind,
        text=words.get("text", ""),
        value=typed,
        low=words.get("low", ""),
        high=words.get("high", ""),
        choices=tuple(_choices(question, words, typed)),
        seen=back.seen.get(question.key, "") if back else fingerprint(kept),
        problem=back.problems.get(question.key, "") if back else "",
    )


def _choices(question: Question, words: Any, value: Value) -> Iterator[Choice]:
    if question.kind is QuestionKind.SCALE:
        for point in range(1, question.scale_max + 1):
            yield Choice(str(point), str(point), point == value)
    labels, chosen = words.get("options", {}), value if isinstance(value, list) else []
    for key in question.options:
        if labels.get(key):
            yield Choice(key, labels[key], key in chosen)


# ── What comes back ──


@dataclass(frozen=True)
class Returned:
    """What a form said about the questions that it showed. `seen` are the fingerprints of what it began with."""

    values: dict[str, Value] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    is_foreign: bool = False  # it spoke of questions that this survey does not have

    @property
    def is_valid(self) -> bool:
        return not self.problems and not self.is_foreign

    @property
    def touched(self) -> dict[str, Value]:
        """What is not as it was when the page was shown."""
        return {key: value for key, value in self.values.items() if fingerprint(value) != self.seen.get(key)}


def returned(design: Design, form: QueryDict) -> Returned:
    """Total: what cannot be taken is kept as it was typed, with the reason."""
    there = {name.removesuffix(SEEN) for name in form if _OF_A_QUESTION.match(name)}
    known = {question.key: question for question in design.questions}
    back = Returned(is_foreign=not there <= known.keys())
    for key in sorted(there & known.keys()):
        back.seen[key] = form.get(key + SEEN, "")
        back.values[key], problem = _READERS[known[key].kind](known[key], form.getlist(key))
        if problem:
            back.problems[key] = problem
    return back


Read = tuple[Value, str]


def _text(question: Question, typed: list[str]) -> Read:
    said = plain(typed[-1].replace("\0", "")) if typed else ""
    if len(said) <= LONGEST_TEXT:
        return said, ""
    told = {"length": len(said), "most": LONGEST_TEXT}
    return said, _("This answer has %(length)s characters; %(most)s are the most.") % told


def _point(question: Question, typed: list[str]) -> Read:
    said = typed[-1] if typed else ""
    if not said:
        return "", ""
    if said in map(str, range(1, question.scale_max + 1)):
        return int(said), ""
    return "", _("Choose a number from 1 to %(most)s.") % {"most": question.scale_max}


def _options(question: Question, typed: list[str]) -> Read:
    chosen: Value = [key for key in question.options if key in typed]
    if not set(typed) <= set(question.options):
        return chosen, _("That is not one of the answers to this question. Please choose again.")
    if question.kind is QuestionKind.ONE and len(typed) > 1:
        return [], _("Choose one of these answers.")
    return chosen, ""


_READERS: Final = {
    QuestionKind.TEXT: _text,
    QuestionKind.SCALE: _point,
    QuestionKind.ONE: _options,
    QuestionKind.MANY: _options,
}
