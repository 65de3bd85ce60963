"""Placeholders in the texts of admins: `{{ name }}` and `{{ name|fallback for an empty one }}`, from an allow-list.

No template engine ever sees these texts. Reading never fails: what is not a known placeholder stays as it was written,
and `problems` says so to the author before anything is sent. A filled-in value is never read for placeholders again.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.core import bidi

# Name → what the author of a text is told about it.
NAMES: Final = {
    "first_name": gettext_lazy("the customer's first name"),
    "name": gettext_lazy("the customer's full name"),
    "email": gettext_lazy("the customer's email address"),
    "company": gettext_lazy("your organization's name"),
}

_SLOT: Final = re.compile(r"\{\{[ \t]*([a-z_]+)[ \t]*(?:\|([^{}|\r\n]*))?\}\}")
_BRACES: Final = re.compile(r"\{\{.*?\}\}|\{\{|\}\}|\{%.*?%\}|\{#.*?#\}|\{%|\{#", re.DOTALL)
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True)
class Slot:
    """A place for a value; `fallback` stands there when the value is empty."""

    name: str
    fallback: str = ""

    def __str__(self) -> str:
        return f"{{{{ {self.name}|{self.fallback} }}}}" if self.fallback else f"{{{{ {self.name} }}}}"

    def value(self, values: Mapping[str, str]) -> str:
        return values.get(self.name, "").strip() or self.fallback


Parts = tuple[str | Slot, ...]


def _same(text: str) -> str:
    return text


def parse(text: str, names: Collection[str] = NAMES) -> Parts:
    """The text as literal pieces and slots, in order. Total: unknown or malformed placeholders are literal text."""
    return tuple(_parts(text, names))


def _parts(text: str, names: Collection[str]) -> Iterator[str | Slot]:
    start = 0
    for match in _SLOT.finditer(text):
        if match[1] not in names:
            continue
        if match.start() > start:
            yield text[start : match.start()]
        yield Slot(match[1], (match[2] or "").strip())
        start = match.end()
    if start < len(text):
        yield text[start:]


def fill(parts: Parts, values: Mapping[str, str], escape: Callable[[str], str] = _same) -> str:
    """The text for one person. `escape` is applied to literal pieces and values alike."""
    return "".join(escape(part if isinstance(part, str) else part.value(values)) for part in parts)


def values(*, name: str, email: str, company: str, language: str = "en") -> dict[str, str]:
    """What the placeholders stand for in texts of that language.

    They are single lines: a value never adds a line to a header or a paragraph. One that is written in the other
    direction turns nothing around it.
    """
    known = {"first_name": first_name(name), "name": name, "email": email, "company": company}
    return {key: bidi.isolated(single_line(value), language) for key, value in known.items()}


def first_name(name: str) -> str:
    """ "Ada Okafor" and "Okafor, Ada" are both Ada."""
    _family, comma, given = name.partition(",")
    words = (given if comma and given.strip() else name).split()
    return words[0].strip(",") if words else ""


def single_line(text: str) -> str:
    """Line breaks and other control characters become one space: fit for a mail header."""
    return _CONTROL.sub(" ", text).strip()


def printable(text: str) -> str:
    """Line breaks stay; other control characters, which come with what is pasted, become a space: no MJML has them."""
    return _UNPRINTABLE.sub(" ", text).strip()


def problems(text: str, names: Collection[str] = NAMES) -> list[str]:
    """What the author should mend, one sentence for each; empty when all placeholders are understood."""
    literal = (part for part in parse(text, names) if isinstance(part, str))
    return [_sentence(piece, names) for part in literal for piece in _BRACES.findall(part)]


def _sentence(piece: str, names: Collection[str]) -> str:
    if piece[:2] in ("{%", "{#"):
        return _("“%(piece)s” would be sent as it stands: texts have placeholders, but no commands or remarks.") % {
            "piece": piece[:60]
        }
    known = ", ".join(f"{{{{ {name} }}}}" for name in names)
    if len(piece) == 2:
        return _("“%(piece)s” stands alone. Write placeholders like {{ first_name|there }}.") % {"piece": piece}
    return _("“%(piece)s” is not a known placeholder. Known are %(known)s.") % {"piece": piece[:60], "known": known}
