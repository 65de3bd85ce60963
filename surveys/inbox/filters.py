"""Which conversations the inbox shows, and in which order, as parameters of an address.

box=mine                             mine, unassigned, open, waiting, snoozed, closed or all
assignee=7                           a colleague's; me; none
team=3                               a team's; none
priority=3&priority=2                any of these
category=detractor · score=2         of the response; category=none: without a response
campaign=7                           of the response
overdue=1                            what we should have answered by now
waited=3                             for so many days and longer: the customer for us, or we for the customer
reason=solved&reason=junk            closed for any of these
theme=5                              the comment is about one of these
q=slow delivery                      words in what was written, in the subject, or in the customer's name or address
owner=7 · segment=4 · p.plan=Pro     the customer's, as the list of customers has them; so language, unset, property, value, where
sort=due                             due, newest or oldest; without it what suits the box
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from surveys.core.choices import Category
from surveys.core.filters import left_out
from surveys.customers.list_filters import LONGEST_SEARCH, NO_FILTERS, PREFIX, ListFilters, is_id
from surveys.inbox.models import CloseReason, Priority

BOXES: Final = ("mine", "unassigned", "open", "waiting", "snoozed", "closed", "all")
SORTS: Final = ("due", "newest", "oldest")
CATEGORIES: Final = (*Category.values, "none")
WAITED: Final = (1, 3, 7, 14, 30)  # days
MOST_KEYS: Final = 50
# What the list of customers calls so, and this list hands on to it.
OF_CUSTOMERS: Final = ("owner", "language", "segment", "where", "unset", "property", "value")


@dataclass(frozen=True)
class InboxFilters:
    """Empty is no filter. `problems` says, for people, which parameters were not understood and therefore left out."""

    box: str = BOXES[0]
    words: str = ""
    assignee: str = ""
    team: str = ""
    priorities: tuple[int, ...] = ()
    category: str = ""
    scores: tuple[int, ...] = ()
    campaign: int | None = None
    is_overdue: bool = False
    waited: int | None = None
    reasons: tuple[str, ...] = ()
    themes: tuple[int, ...] = ()
    customers: ListFilters = NO_FILTERS
    chosen_sort: str = ""
    problems: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        return cls(**_Reader(query).read())

    @classmethod
    def from_text(cls, query: str) -> Self:
        return cls.from_query(QueryDict(query))

    @property
    def sort(self) -> str:
        """What waits for the customer, or for nobody, is due at no time: there the newest stands first."""
        return self.chosen_sort or usual_sort(self.box)

    @property
    def is_narrowed(self) -> bool:
        """Something besides box and order was chosen."""
        return bool(self.narrowing())

    def narrowing(self) -> list[tuple[str, str]]:
        """Name and value of each parameter besides box and order."""
        return list(self._narrowing())

    def _narrowing(self) -> Iterator[tuple[str, str]]:
        for name, value in (("q", self.words), ("assignee", self.assignee), ("team", self.team)):
            if value:
                yield name, value
        yield from (("priority", str(priority)) for priority in self.priorities)
        if self.category:
            yield "category", self.category
        yield from (("score", str(score)) for score in self.scores)
        if self.campaign is not None:
            yield "campaign", str(self.campaign)
        if self.is_overdue:
            yield "overdue", "1"
        if self.waited is not None:
            yield "waited", str(self.waited)
        yield from (("reason", reason) for reason in self.reasons)
        yield from (("theme", str(theme)) for theme in self.themes)
        yield from self.customers.pairs()

    def pairs(self) -> list[tuple[str, str]]:
        """The whole as parameters; parsing them gives an equal object."""
        order = [("sort", self.chosen_sort)] if self.chosen_sort else []
        return [("box", self.box), *self.narrowing(), *order]

    def to_query(self) -> str:
        return urlencode(self.pairs())

    def in_box(self, box: str) -> Self:
        return replace(self, box=box)

    def without(self, *dropped: tuple[str, str]) -> Self:
        return type(self).from_text(urlencode([pair for pair in self.pairs() if pair not in dropped]))


def usual_sort(box: str) -> str:
    return "due" if box in ("mine", "unassigned", "open") else "newest"


class _Reader:
    """Reads one query; what it cannot understand it leaves out and names in `problems`."""

    def __init__(self, query: QueryDict) -> None:
        self.query = query
        self.problems: list[str] = []

    def read(self) -> dict[str, Any]:
        customers = ListFilters.from_text(urlencode(list(self._of_customers())))
        box, sort = self._choice("box", BOXES) or BOXES[0], self._choice("sort", SORTS)
        return {
            "box": box,
            "words": self._text("q", LONGEST_SEARCH),
            "assignee": self._whose("assignee", ("me", "none"), _("a colleague's number, me or none")),
            "team": self._whose("team", ("none",), _("a team's number, or none")),
            "priorities": self._numbers("priority", Priority.values),
            "category": self._choice("category", CATEGORIES),
            "scores": self._numbers("score", range(11)),
            "campaign": next(iter(self._keys("campaign")), None),
            "is_overdue": self._choice("overdue", ("1",)) == "1",
            "waited": next(iter(self._numbers("waited", WAITED)), None),
            "reasons": self._choices("reason", CloseReason.values),
            "themes": self._keys("theme"),
            "customers": replace(customers, problems=()),
            "chosen_sort": "" if sort == usual_sort(box) else sort,
            "problems": (*self.problems, *customers.problems),
        }

    def _of_customers(self) -> Iterator[tuple[str, str]]:
        for name, values in self.query.lists():
            if name in OF_CUSTOMERS or name.startswith(PREFIX):
                yield from ((name, str(value)) for value in values)

    def _text(self, name: str, most: int) -> str:
        text = self.query.get(name, "")
        return "".join(each for each in text if each != "\0" and not "\ud800" <= each <= "\udfff").strip()[:most]

    def _choice(self, name: str, choices: tuple[str, ...]) -> str:
        text = self._text(name, LONGEST_SEARCH)
        if text in ("", *choices):
            return text
        self.problems.append(left_out(name, text, ", ".join(choices)))
        return ""

    def _whose(self, name: str, words: tuple[str, ...], expected: str) -> str:
        text = self._text(name, LONGEST_SEARCH)
        if text in ("", *words) or is_id(text):
            return text
        self.problems.append(left_out(name, text, expected))
        return ""

    def _numbers(self, name: str, known: Any) -> tuple[int, ...]:
        names = {str(number): int(number) for number in known}
        texts = [text for text in self._texts(name) if self._is_one(name, text, text in names, ", ".join(names))]
        return tuple(sorted({names[text] for text in texts}))

    def _choices(self, name: str, known: list[str]) -> tuple[str, ...]:
        """In the order in which they are known."""
        texts = {text for text in self._texts(name) if self._is_one(name, text, text in known, ", ".join(known))}
        return tuple(each for each in known if each in texts)

    def _keys(self, name: str) -> tuple[int, ...]:
        texts = [text for text in self._texts(name) if self._is_one(name, text, is_id(text), _("a number"))]
        return tuple(sorted({int(text) for text in texts}))

    def _texts(self, name: str) -> list[str]:
        return [text.strip() for text in self.query.getlist(name)[:MOST_KEYS] if text.strip()]

    def _is_one(self, name: str, text: str, is_known: bool, expected: str) -> bool:
        if not is_known:
            self.problems.append(left_out(name, text, expected))
        return is_known
