"""What a campaign asks and shows beyond its texts: the same in every language. Its words stand in Wording, by key."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from surveys.core.choices import Category

EVERY_CATEGORY: Final = frozenset(Category)
WHOLE: Final = 10_000  # the shares of all variants together


class QuestionKind(StrEnum):
    TEXT = "text"
    SCALE = "scale"
    ONE = "one"  # of several options
    MANY = "many"


@dataclass(frozen=True)
class Question:
    """Asked after the score, of those whose score is in one of the categories. `options` are keys: "o1", "o2"."""

    key: str
    kind: QuestionKind
    categories: frozenset[Category] = EVERY_CATEGORY
    options: tuple[str, ...] = ()
    scale_max: int = 5  # a scale is 1…scale_max

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Self:
        return cls(
            key=stored["key"],
            kind=QuestionKind(stored["kind"]),
            categories=_categories(stored),
            options=tuple(stored.get("options", ())),
            scale_max=stored.get("scale_max", 5),
        )

    def to_json(self) -> dict[str, Any]:
        base: dict[str, Any] = {"key": self.key, "kind": self.kind.value, "categories": _names(self.categories)}
        if self.options:
            base["options"] = list(self.options)
        return base | ({"scale_max": self.scale_max} if self.kind is QuestionKind.SCALE else {})


@dataclass(frozen=True)
class Link:
    """Shown on the thank-you page to those whose score is in one of the categories."""

    key: str
    url: str
    categories: frozenset[Category] = EVERY_CATEGORY

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Self:
        return cls(stored["key"], stored["url"], _categories(stored))

    def to_json(self) -> dict[str, Any]:
        return {"key": self.key, "url": self.url, "categories": _names(self.categories)}


@dataclass(frozen=True)
class Variant:
    """One way of asking. `share` is of WHOLE; the words of "A" are those of the campaign itself."""

    key: str
    share: int
    sender_name: str = ""  # empty is the campaign's

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Self:
        return cls(stored["key"], stored["share"], stored.get("sender_name", ""))

    def to_json(self) -> dict[str, Any]:
        return {"key": self.key, "share": self.share, "sender_name": self.sender_name}


@dataclass(frozen=True)
class Design:
    """Without variants everybody gets the same. Sender name, reply-to and colour: empty is the organization's."""

    questions: tuple[Question, ...] = ()
    links: tuple[Link, ...] = ()
    variants: tuple[Variant, ...] = ()
    sender_name: str = ""
    reply_to: str = ""
    brand_color: str = ""

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Self:
        """What `to_json` gave, of this version or an older one."""
        return cls(
            questions=tuple(Question.read(each) for each in stored.get("questions", ())),
            links=tuple(Link.read(each) for each in stored.get("links", ())),
            variants=tuple(Variant.read(each) for each in stored.get("variants", ())),
            sender_name=stored.get("sender_name", ""),
            reply_to=stored.get("reply_to", ""),
            brand_color=stored.get("brand_color", ""),
        )

    def to_json(self) -> dict[str, Any]:
        """Without what is empty."""
        lists = {name: [part.to_json() for part in getattr(self, name)] for name in ("questions", "links", "variants")}
        texts = {name: getattr(self, name) for name in ("sender_name", "reply_to", "brand_color")}
        return {name: value for name, value in (lists | texts).items() if value}

    def variant(self, key: str) -> Variant | None:
        return next((variant for variant in self.variants if variant.key == key), None)


def _categories(stored: dict[str, Any]) -> frozenset[Category]:
    return frozenset(Category(name) for name in stored.get("categories", EVERY_CATEGORY))


def _names(categories: Iterable[Category]) -> list[str]:
    """In the order of the enumeration, so that equal designs are written alike."""
    chosen = frozenset(categories)
    return [category.value for category in Category if category in chosen]
