"""Which customers a list shows, in which order and with which columns, as parameters of an address.

q=ada                                words that name or address contain; or an external ID as a whole
mail=may                             may, resting, less_often, no_address, suppressed, or one reason of a suppression
category=promoter                    of the last score; none: no score yet
asked=never · answered=ever          never or ever
owner=7 · owner=none                 one colleague's customers, or nobody's
language=de                          one language; unset=language: not known
p.plan=Pro&p.plan=Team               any of these values of a property; unset=p.plan: not set
property=plan&value=Pro              the same, as a form says it; without a value: not set
segment=4                            members of a segment
where={"all": […]}                   any condition, see core.conditions
sort=name                            one of queries.SORTS, with "-" turned round
col=email&col=p.plan                 the columns
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from surveys.core.choices import Category
from surveys.customers.models import SuppressionReason

PREFIX: Final = "p."
UNSET: Final = ""
LONGEST_SEARCH: Final = 200
LONGEST_WHERE: Final = 8000
LONGEST_VALUE: Final = 500
MOST_COLUMNS: Final = 30
MAIL: Final = ("may", "resting", "less_often", "no_address", "suppressed", *SuppressionReason.values)
CATEGORIES: Final = (*Category.values, "none")
EVER: Final = ("ever", "never")
SORTS: Final = ("newest", "-newest", "name", "-name", "score", "-score", "answer", "-answer")

Pairs = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class ListFilters:
    """Empty text is no filter; `language` is None without one, and UNSET for people whose language is not known.

    `problems` says, for people, which parameters were not understood and therefore left out.
    """

    words: str = ""
    mail: str = ""
    category: str = ""
    asked: str = ""
    answered: str = ""
    owner: str = ""
    language: str | None = None
    properties: Pairs = ()
    segment: int | None = None
    where: str = ""  # JSON as it came; whether it is a condition, the catalogue knows
    sort: str = "newest"
    columns: tuple[str, ...] | None = None
    problems: tuple[str, ...] = ()

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        return cls(**_Reader(query).read())

    @classmethod
    def from_text(cls, query: str) -> Self:
        return cls.from_query(QueryDict(query))

    @property
    def is_narrowed(self) -> bool:
        """Something besides order and columns was chosen."""
        return bool(self.pairs())

    def pairs(self) -> list[tuple[str, str]]:
        """Name and value of each parameter that narrows the list."""
        return list(self._pairs())

    def _pairs(self) -> Iterator[tuple[str, str]]:
        for name in ("q", "mail", "category", "asked", "answered", "owner"):
            value = self.words if name == "q" else getattr(self, name)
            if value:
                yield name, value
        if self.language is not None:
            yield _pair("language", self.language)
        for key, values in self.properties:
            yield from (_pair(PREFIX + key, value) for value in values)
        if self.segment is not None:
            yield "segment", str(self.segment)
        if self.where:
            yield "where", self.where

    def looks(self) -> list[tuple[str, str]]:
        """The parameters of order and columns."""
        order = [("sort", self.sort)] if self.sort != SORTS[0] else []
        return [*order, *(("col", name) for name in self.columns or ())]

    def to_query(self) -> str:
        """The whole as a query string without "?"; parsing it gives an equal object."""
        return urlencode([*self.pairs(), *self.looks()])

    def without(self, *dropped: tuple[str, str]) -> Self:
        """Without some of its `pairs()`."""
        kept = [pair for pair in self.pairs() if pair not in dropped]
        return type(self).from_text(urlencode([*kept, *self.looks()]))

    def sorted_by(self, sort: str) -> Self:
        return replace(self, sort=sort)

    def showing(self, columns: tuple[str, ...] | None) -> Self:
        return replace(self, columns=columns)


NO_FILTERS: Final = ListFilters()


def _pair(name: str, value: str) -> tuple[str, str]:
    return ("unset", name) if value == UNSET else (name, value)


class _Reader:
    """Reads one query; what it cannot understand it leaves out and names in `problems`."""

    def __init__(self, query: QueryDict) -> None:
        self.query = query
        self.problems: list[str] = []

    def read(self) -> dict[str, Any]:
        return {
            "words": self._text("q", LONGEST_SEARCH),
            "mail": self._choice("mail", MAIL),
            "category": self._choice("category", CATEGORIES),
            "asked": self._choice("asked", EVER),
            "answered": self._choice("answered", EVER),
            "owner": self._owner(),
            "language": UNSET if "language" in self._unset else self._text("language", 12) or None,
            "properties": self._properties(),
            "segment": self._segment(),
            "where": self._where(),
            "sort": self._choice("sort", SORTS) or SORTS[0],
            "columns": self._columns(),
            "problems": tuple(self.problems),
        }

    @property
    def _unset(self) -> list[str]:
        return self.query.getlist("unset")

    def _text(self, name: str, most: int) -> str:
        return _storable(self.query.get(name, ""))[:most]

    def _choice(self, name: str, choices: tuple[str, ...]) -> str:
        text = self._text(name, LONGEST_VALUE)
        if text in ("", *choices):
            return text
        self._leave_out(name, text, ", ".join(choices))
        return ""

    def _owner(self) -> str:
        text = self._text("owner", 20)
        if text in ("", "none") or is_id(text):
            return text
        self._leave_out("owner", text, _("a colleague's number, or none"))
        return ""

    def _segment(self) -> int | None:
        text = self._text("segment", 20)
        if not text or is_id(text):
            return int(text) if text else None
        self._leave_out("segment", text, _("a segment's number"))
        return None

    def _where(self) -> str:
        text = self._text("where", LONGEST_WHERE)
        try:
            stored = json.loads(text) if text else {}
        except (ValueError, RecursionError):
            self._leave_out("where", text, _("a condition as JSON"))
            return ""
        return text if stored != {} else ""

    def _properties(self) -> Pairs:
        names = [name for name in (*self.query, *self._unset) if name.startswith(PREFIX) and name == _storable(name)]
        found = {name.removeprefix(PREFIX): self._values(name) for name in names}
        key, value = self._text("property", 60), self._text("value", LONGEST_VALUE)
        if key:
            found[key] = tuple(sorted({*found.get(key, ()), value}))
        return tuple(sorted((key, values) for key, values in found.items() if values))

    def _values(self, name: str) -> tuple[str, ...]:
        values = [text for value in self.query.getlist(name) if (text := _storable(value)[:LONGEST_VALUE])]
        return tuple(sorted({*values, *([UNSET] if name in self._unset else [])}))

    def _columns(self) -> tuple[str, ...] | None:
        names = [text for value in self.query.getlist("col") if (text := _storable(value)[:LONGEST_VALUE])]
        return tuple(dict.fromkeys(names))[:MOST_COLUMNS] if "col" in self.query else None

    def _leave_out(self, name: str, text: str, expected: str) -> None:
        words = {"name": name, "value": text[:60], "expected": expected}
        self.problems.append(_("“%(name)s=%(value)s” was left out: expected %(expected)s.") % words)


def _storable(text: str) -> str:
    """PostgreSQL has neither NUL nor halves of characters."""
    return "".join(letter for letter in text if letter != "\0" and not "\ud800" <= letter <= "\udfff").strip()


def is_id(text: str) -> bool:
    """A number that a row can have; of thousands of digits, reading it alone would fail."""
    return text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) < 2**63
