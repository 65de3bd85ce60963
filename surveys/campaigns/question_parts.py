"""One question, and one link of the thank-you page, as somebody types them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, Self

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.campaigns.design import EVERY_CATEGORY, Link, Question, QuestionKind
from surveys.core import nps, placeholders
from surveys.core.choices import Category

LEAST_OPTIONS, MOST_OPTIONS = 2, 12
SCALES: Final = range(3, 11)
KINDS: Final = {
    QuestionKind.TEXT: gettext_lazy("Free text"),
    QuestionKind.SCALE: gettext_lazy("Scale"),
    QuestionKind.ONE: gettext_lazy("Choose one"),
    QuestionKind.MANY: gettext_lazy("Choose several"),
}
LONGEST: Final = {"text": 300, "low": 40, "high": 40, "option": 100, "label": 80, "url": 500}
_is_https: Final = URLValidator(schemes=["https"])

Errors = dict[str, str]


def line(form: QueryDict, name: str) -> str:
    return placeholders.single_line(form.get(name, ""))


def text_problem(text: str, longest: int, *, is_wanted: bool = True) -> str:
    """What is wrong with a text of an author, in one sentence; "" when nothing is."""
    if not text and is_wanted:
        return _("Write something here.")
    if len(text) > longest:
        return _("This has %(length)s characters; %(most)s are the most.") % {"length": len(text), "most": longest}
    return next(iter(placeholders.problems(text)), "")


@dataclass(frozen=True)
class CategoryBox:
    value: str
    label: str
    is_chosen: bool


def boxes(chosen: frozenset[Category]) -> list[CategoryBox]:
    return [CategoryBox(each.value, nps.plural(each), each in chosen) for each in Category]


class OfCategories:
    """A part that is for those of some categories."""

    categories: frozenset[Category]

    @property
    def boxes(self) -> list[CategoryBox]:
        return boxes(self.categories)

    @property
    def is_narrow(self) -> bool:
        """It is not for everybody."""
        return self.categories != EVERY_CATEGORY


def _categories(form: QueryDict, name: str) -> frozenset[Category]:
    return frozenset(each for each in Category if each.value in form.getlist(name))


@dataclass(frozen=True)
class TypedQuestion(OfCategories):
    """`options` are keys with what is written at them, blank ones too. Errors are looked for when `is_strict`."""

    key: str
    kind: QuestionKind
    text: str = ""
    categories: frozenset[Category] = EVERY_CATEGORY
    options: Mapping[str, str] = field(default_factory=dict)
    scale_max: int = 5
    low: str = ""
    high: str = ""
    is_strict: bool = False
    is_new: bool = False

    @classmethod
    def of(cls, question: Question, words: Mapping[str, Any]) -> Self:
        labels = words.get("options", {})
        return cls(
            key=question.key,
            kind=question.kind,
            text=words.get("text", ""),
            categories=question.categories,
            options={key: labels.get(key, "") for key in question.options},
            scale_max=question.scale_max,
            low=words.get("low", ""),
            high=words.get("high", ""),
        )

    @classmethod
    def typed(cls, key: str, form: QueryDict, *, is_strict: bool) -> Self | None:
        """None for a kind that there is not."""
        kind = form.get(f"{key}.kind", "")
        if kind not in KINDS:
            return None
        wanted = form.get(f"{key}.max", "")
        return cls(
            key=key,
            kind=QuestionKind(kind),
            text=line(form, f"{key}.text"),
            categories=_categories(form, f"{key}.for"),
            options={each: line(form, f"{key}.{each}") for each in form.getlist(f"{key}.option")[:MOST_OPTIONS]},
            scale_max=int(wanted) if wanted in map(str, SCALES) else 5,
            low=line(form, f"{key}.low"),
            high=line(form, f"{key}.high"),
            is_strict=is_strict,
        )

    @property
    def kind_label(self) -> str:
        return str(KINDS[self.kind])

    @property
    def is_scale(self) -> bool:
        return self.kind is QuestionKind.SCALE

    @property
    def has_options(self) -> bool:
        return self.kind in (QuestionKind.ONE, QuestionKind.MANY)

    @property
    def may_add_option(self) -> bool:
        return len(self.options) < MOST_OPTIONS

    @property
    def scales(self) -> list[tuple[int, bool]]:
        return [(most, most == self.scale_max) for most in SCALES]

    @property
    def option_rows(self) -> list[tuple[str, str, str]]:
        """Key, what is written there, and what is wrong with it."""
        return [(key, label, self.errors.get(key, "")) for key, label in self.options.items()]

    @property
    def _written(self) -> dict[str, str]:
        return {key: label for key, label in self.options.items() if label}

    @cached_property
    def errors(self) -> Errors:
        """By field: "text", "for", "options", "low", "high", and the keys of options."""
        found = dict(self._problems()) if self.is_strict else {}
        return {name: problem for name, problem in found.items() if problem}

    def _problems(self) -> Iterator[tuple[str, str]]:
        yield "text", text_problem(self.text, LONGEST["text"])
        yield "for", "" if self.categories else _("Choose at least one category, or remove the question.")
        if self.is_scale:
            for name in ("low", "high"):
                yield name, text_problem(getattr(self, name), LONGEST[name], is_wanted=False)
        if self.has_options:
            yield from self._option_problems()

    def _option_problems(self) -> Iterator[tuple[str, str]]:
        written = self._written
        if len(written) < LEAST_OPTIONS:
            yield "options", _("Write at least two answers to choose from.")
        for key, label in written.items():
            is_twin = list(written.values()).count(label) > 1
            yield (
                key,
                text_problem(label, LONGEST["option"]) or (_("This answer stands here twice.") if is_twin else ""),
            )

    def with_option(self) -> Self:
        """One more blank one, under a key that none of its options has."""
        highest = max((int(key[1:]) for key in self.options if key[1:].isdigit()), default=0)
        return replace(self, options={**self.options, f"o{highest + 1}": ""})

    def without_option(self, key: str) -> Self:
        return replace(self, options={each: label for each, label in self.options.items() if each != key})

    def design(self) -> Question:
        written = tuple(self._written) if self.has_options else ()
        return Question(self.key, self.kind, self.categories, written, self.scale_max)

    def words(self) -> dict[str, Any]:
        """As Wording.questions has them."""
        ends = {name: said for name in ("low", "high") if (said := getattr(self, name)) and self.is_scale}
        return {"text": self.text, **ends, **({"options": self._written} if self.has_options else {})}


def new_question(key: str, kind: QuestionKind) -> TypedQuestion:
    blank = {"o1": "", "o2": "", "o3": ""} if kind in (QuestionKind.ONE, QuestionKind.MANY) else {}
    return TypedQuestion(key, kind, options=blank, is_new=True)


@dataclass(frozen=True)
class TypedLink(OfCategories):
    key: str
    url: str = ""
    label: str = ""
    categories: frozenset[Category] = EVERY_CATEGORY
    is_strict: bool = False
    is_new: bool = False

    @classmethod
    def of(cls, link: Link, label: str) -> Self:
        return cls(link.key, link.url, label, link.categories)

    @classmethod
    def typed(cls, key: str, form: QueryDict, *, is_strict: bool) -> Self:
        url, label = line(form, f"{key}.url"), line(form, f"{key}.label")
        return cls(key, url, label, _categories(form, f"{key}.for"), is_strict)

    @cached_property
    def errors(self) -> Errors:
        """By field: "url", "label", "for"."""
        if not self.is_strict:
            return {}
        found = {
            "url": _url_problem(self.url),
            "label": text_problem(self.label, LONGEST["label"]),
            "for": "" if self.categories else _("Choose at least one category, or remove the link."),
        }
        return {name: problem for name, problem in found.items() if problem}

    def design(self) -> Link:
        return Link(self.key, self.url, self.categories)


def _url_problem(url: str) -> str:
    if len(url) > LONGEST["url"]:
        return text_problem(url, LONGEST["url"])
    try:
        _is_https(url)
    except ValidationError:
        return _("Write a whole address that begins with https://, such as https://reviews.example/acme.")
    return ""
