"""The step "Questions and thanks" as a form. It works with and without script, and gives back whatever was typed.

Every question has a key ("q2") and fields named after it ("q2.text", "q2.for", "q2.o1"); so has every link ("l1.url").
A button named "do" carries out one change: "add:scale", "up:q2", "down:q2", "remove:q2", "option:q2", "drop:q2.o1",
"link", "unlink:l1".
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Self, TypeVar

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from surveys.campaigns.actions.versions import Edit
from surveys.campaigns.design import Design, QuestionKind
from surveys.campaigns.question_parts import TypedLink, TypedQuestion, line, new_question, text_problem
from surveys.campaigns.texts import Words
from surveys.core import nps
from surveys.core.choices import Category

PART: Final = "questions"  # the value of the form's field "part": previews know by it what was typed
MOST_QUESTIONS: Final = 10
MOST_LINKS: Final = 5
_KEY: Final = re.compile(r"[ql]\d{1,4}")
_LONGEST_PROMPT, _LONGEST_THANKS = 200, 1000


@dataclass(frozen=True)
class Field:
    """One text of the form, as it was typed."""

    name: str
    label: str | Promise
    value: str
    error: str = ""


_THANKS: Final = {
    "thanks_promoter": gettext_lazy("Promoters (9–10)"),
    "thanks_passive": gettext_lazy("Passives (7–8)"),
    "thanks_detractor": gettext_lazy("Detractors (0–6)"),
}
_OF_CATEGORY: Final = {
    Category.PROMOTER: gettext_lazy("Promoters (9–10)"),
    Category.PASSIVE: gettext_lazy("Passives (7–8)"),
    Category.DETRACTOR: gettext_lazy("Detractors (0–6)"),
}
_PROMPTED: Final = (*(category.value for category in Category), *map(str, nps.SCALE))


@dataclass(frozen=True)
class QuestionsForm:
    """`texts` are the comment question and the thanks, `prompts` the questions of categories and scores ("" is none)."""

    texts: Mapping[str, str]
    prompts: Mapping[str, str]
    questions: tuple[TypedQuestion, ...] = ()
    links: tuple[TypedLink, ...] = ()
    is_strict: bool = False

    @classmethod
    def of(cls, design: Design, words: Words) -> Self:
        return cls(
            texts={name: getattr(words, name) for name in ("comment_prompt", *_THANKS)},
            prompts={name: words.prompts.get(name, "") for name in _PROMPTED},
            questions=tuple(TypedQuestion.of(each, words.questions.get(each.key, {})) for each in design.questions),
            links=tuple(TypedLink.of(each, words.links.get(each.key, "")) for each in design.links),
        )

    @classmethod
    def typed(cls, form: QueryDict, *, is_strict: bool = False) -> Self:
        typed = [TypedQuestion.typed(key, form, is_strict=is_strict) for key in _keys(form, "question", MOST_QUESTIONS)]
        links = (TypedLink.typed(key, form, is_strict=is_strict) for key in _keys(form, "link", MOST_LINKS))
        thanks = {name: form.get(name, "").replace("\0", "").strip() for name in _THANKS}
        return cls(
            texts={"comment_prompt": line(form, "comment_prompt"), **thanks},
            prompts={name: line(form, f"prompt.{name}") for name in _PROMPTED},
            questions=tuple(each for each in typed if each),
            links=tuple(links),
            is_strict=is_strict,
        )

    # ── Its parts, for the page ──

    @property
    def comment_prompt(self) -> Field:
        return self._field("comment_prompt", "", self.texts["comment_prompt"], _LONGEST_PROMPT)

    @property
    def thanks(self) -> list[Field]:
        return [self._field(name, label, self.texts[name], _LONGEST_THANKS) for name, label in _THANKS.items()]

    @property
    def category_prompts(self) -> list[Field]:
        return [self._prompt(category.value, label) for category, label in _OF_CATEGORY.items()]

    @property
    def score_prompts(self) -> list[Field]:
        return [self._prompt(str(score), str(score)) for score in reversed(nps.SCALE)]

    @property
    def has_category_prompts(self) -> bool:
        return any(prompt.value for prompt in self.category_prompts)

    @property
    def has_score_prompts(self) -> bool:
        return any(prompt.value for prompt in self.score_prompts)

    def _prompt(self, name: str, label: str | Promise) -> Field:
        return self._field(f"prompt.{name}", label, self.prompts[name], _LONGEST_PROMPT, is_wanted=False)

    def _field(self, name: str, label: str | Promise, text: str, longest: int, *, is_wanted: bool = True) -> Field:
        return Field(name, label, text, text_problem(text, longest, is_wanted=is_wanted) if self.is_strict else "")

    @property
    def may_ask_more(self) -> bool:
        return len(self.questions) < MOST_QUESTIONS

    @property
    def may_link_more(self) -> bool:
        return len(self.links) < MOST_LINKS

    @cached_property
    def is_sound(self) -> bool:
        fields = [self.comment_prompt, *self.thanks, *self.category_prompts, *self.score_prompts]
        return not any(
            [
                *(each.error for each in fields),
                *(each.errors for each in self.questions),
                *(each.errors for each in self.links),
            ]
        )

    # ── Changes ──

    def after(self, command: str, taken: Collection[str]) -> Self:
        """With what a button asked for carried out; what it cannot be understood to ask for changes nothing.

        `taken` are the keys that the campaign ever used: an answer to a question that is gone is never taken for one to
        another.
        """
        verb, _colon, what = command.partition(":")
        change = self._changes.get(verb)
        return change(what, taken) if change else self

    @property
    def _changes(self) -> dict[str, Callable[[str, Collection[str]], Self]]:
        return {
            "add": self._with_question,
            "remove": lambda key, _taken: replace(self, questions=_without(self.questions, key)),
            "up": lambda key, _taken: replace(self, questions=_moved(self.questions, key, -1)),
            "down": lambda key, _taken: replace(self, questions=_moved(self.questions, key, 1)),
            "option": lambda key, _taken: self._with_changed(key, TypedQuestion.with_option),
            "drop": self._without_option,
            "link": self._with_link,
            "unlink": lambda key, _taken: replace(self, links=_without(self.links, key)),
        }

    def _with_question(self, kind: str, taken: Collection[str]) -> Self:
        if not self.may_ask_more or kind not in set(QuestionKind):
            return self
        key = _free("q", {*taken, *(each.key for each in self.questions)})
        return replace(self, questions=(*self.questions, new_question(key, QuestionKind(kind))))

    def _with_link(self, _what: str, taken: Collection[str]) -> Self:
        if not self.may_link_more:
            return self
        key = _free("l", {*taken, *(each.key for each in self.links)})
        return replace(self, links=(*self.links, TypedLink(key, is_new=True)))

    def _with_changed(self, key: str, change: Callable[[TypedQuestion], TypedQuestion]) -> Self:
        return replace(self, questions=tuple(change(each) if each.key == key else each for each in self.questions))

    def _without_option(self, path: str, _taken: Collection[str]) -> Self:
        key, _dot, option = path.partition(".")
        return self._with_changed(key, lambda question: question.without_option(option))

    # ── What it means ──

    def design(self, of: Design) -> Design:
        """That design with these questions and links."""
        questions = tuple(each.design() for each in self.questions)
        return replace(of, questions=questions, links=tuple(each.design() for each in self.links))

    def words(self, of: Words) -> Words:
        """These words with what was typed."""
        said: dict[str, Any] = {
            **self.texts,
            "prompts": {name: text for name, text in self.prompts.items() if text},
            "questions": {each.key: each.words() for each in self.questions},
            "links": {each.key: each.label for each in self.links},
        }
        return replace(of, **said)

    def apply(self, edit: Edit) -> None:
        """Into an edit of the campaign; it must be sound. Other languages keep the words of what is still there."""
        edit.design = self.design(edit.design)
        kept = {*(each.key for each in self.questions), *(each.key for each in self.links)}
        for language, words in edit.words.items():
            edit.words[language] = replace(
                words, questions=_only(words.questions, kept), links=_only(words.links, kept)
            )
        edit.words[edit.main] = self.words(edit.words[edit.main])


def _keys(form: QueryDict, name: str, most: int) -> list[str]:
    """In their order, each once."""
    sent = dict.fromkeys(form.getlist(name))
    return [key for key in sent if _KEY.fullmatch(key) and key[0] == name[0]][:most]


def _free(letter: str, taken: Collection[str]) -> str:
    numbers = (int(key[1:]) for key in taken if key[0] == letter)
    return f"{letter}{max(numbers, default=0) + 1}"


_Part = TypeVar("_Part", TypedQuestion, TypedLink)


def _without(parts: tuple[_Part, ...], key: str) -> tuple[_Part, ...]:
    return tuple(each for each in parts if each.key != key)


def _moved(questions: tuple[TypedQuestion, ...], key: str, by: int) -> tuple[TypedQuestion, ...]:
    place = next((number for number, each in enumerate(questions) if each.key == key), None)
    if place is None or not 0 <= place + by < len(questions):
        return questions
    order = list(questions)
    order[place], order[place + by] = order[place + by], order[place]
    return tuple(order)


def _only(words: Mapping[str, Any], kept: Collection[str]) -> dict[str, Any]:
    return {key: said for key, said in words.items() if key in kept}
