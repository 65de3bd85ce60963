"""What a person wants to see of the audit trail, as parameters of an address.

by=7 · by=automatic · by=operator    who did it
act=campaign.paused                  what was done
kind=campaign · id=3                 to what kind of thing, to which one
from=2025-03-01&to=2025-03-31        days of the organization, both included
q=pulse                              in the name of the thing
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final, Self, TypeVar
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

AUTOMATIC: Final = "automatic"
OPERATOR: Final = "operator"
LONGEST_WORDS: Final = 100
LARGEST_ID: Final = 2**63 - 1

T = TypeVar("T")


@dataclass(frozen=True)
class TrailFilters:
    """`by` is the id of a person, AUTOMATIC or OPERATOR. `problems` says what was not understood and left out."""

    by: str = ""
    act: str = ""
    kind: str = ""
    target: int | None = None
    since: date | None = None
    until: date | None = None
    words: str = ""
    problems: tuple[str, ...] = ()

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        reader = _Reader(query)
        return cls(
            by=reader.read("by", _who) or "",
            act=reader.text("act", 60),
            kind=reader.text("kind", 40),
            target=reader.read("id", _number),
            since=reader.read("from", _day),
            until=reader.read("to", _day),
            words=reader.text("q", LONGEST_WORDS),
            problems=tuple(reader.problems),
        )

    def to_pairs(self) -> list[tuple[str, str]]:
        found = {
            "by": self.by,
            "act": self.act,
            "kind": self.kind,
            "id": "" if self.target is None else str(self.target),
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "q": self.words,
        }
        return [(name, value) for name, value in found.items() if value]

    def to_query(self, **more: str) -> str:
        return urlencode([*self.to_pairs(), *more.items()])

    @property
    def is_narrowed(self) -> bool:
        return bool(self.to_pairs())


class _Reader:
    def __init__(self, query: QueryDict) -> None:
        self._query = query
        self.problems: list[str] = []

    def text(self, name: str, longest: int) -> str:
        return self._query.get(name, "").replace("\0", "").strip()[:longest]

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        text = self.text(name, LONGEST_WORDS)
        if not text:
            return None
        try:
            return parse(text)
        except ValueError:
            self.problems.append(
                _("“%(value)s” is not understood as “%(name)s”; it was left out.") % {"value": text, "name": name}
            )
            return None


def _who(text: str) -> str:
    return text if text in (AUTOMATIC, OPERATOR) else str(_number(text))


def _number(text: str) -> int:
    number = int(text)
    if not 0 < number <= LARGEST_ID:
        raise ValueError(text)
    return number


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if not 1970 <= day.year < 2200:
        raise ValueError(text)
    return day
