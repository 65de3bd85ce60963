"""What conditions can ask about. Domains contribute fields for a root; surveys/subscriptions.py registers them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Self, Union
from zoneinfo import ZoneInfo

from surveys.core.conditions.tree import Op


class Root(StrEnum):
    """What the conditions are about: the table that the compiler is given an alias of."""

    CUSTOMER = "customer"
    RESPONSE = "response"
    EVENT = "customerevent"  # what happened to a customer elsewhere; its fields depend on its kind

    @property
    def table(self) -> str:
        return f"surveys_{self.value}"


class Type(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "moment"  # a timestamp; asked about by days of the organization
    CHOICE = "choice"  # one of the field's `choices`


_KNOWN: Final = (Op.IS_SET, Op.NOT_SET)
_DAYS: Final = (Op.EQUALS, Op.BEFORE, Op.AFTER, Op.BETWEEN, Op.IN_LAST, Op.LONGER_AGO, Op.IN_NEXT)
OPS: Final[dict[Type, tuple[Op, ...]]] = {
    Type.TEXT: (Op.EQUALS, Op.ONE_OF, Op.OTHER_THAN, Op.CONTAINS, Op.STARTS_WITH, *_KNOWN),
    Type.NUMBER: (Op.EQUALS, Op.GREATER, Op.AT_LEAST, Op.LESS, Op.AT_MOST, Op.BETWEEN, *_KNOWN),
    Type.BOOLEAN: (Op.EQUALS, *_KNOWN),
    Type.DATE: (*_DAYS, *_KNOWN),
    Type.MOMENT: (*_DAYS, *_KNOWN),
    Type.CHOICE: (Op.ONE_OF, Op.OTHER_THAN, *_KNOWN),
}


# ── Where a value stands ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Column:
    """A column of the root's table. Text that is empty is unset."""

    name: str


@dataclass(frozen=True)
class Computed:
    """Columns of the root's table in an SQL expression with a {} for each. The expression is ours, never a person's."""

    expression: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class JsonKey:
    """A key of a JSONB object column of the root's table. Unset when the key is absent, null or an empty text; a value
    of another type than the field's is set, and no comparison holds for it."""

    column: str
    key: str


@dataclass(frozen=True)
class Rows:
    """The values of rows of another table whose column `there` names this row's `here`. Any of them may fulfil a
    comparison; without such a row the field is unset. `only` are columns with the values that they must have; `given`
    is a condition on the rows in SQL, ours, with {} for their alias. `few`: a small table, each row named by many."""

    table: str
    there: str
    here: str
    source: Union["Column", "Computed", "JsonKey"]
    only: tuple[tuple[str, int | str], ...] = ()
    given: str = ""
    few: bool = False


@dataclass(frozen=True)
class Elements:
    """The elements of an array column of the root's table, each a number. Any of them may fulfil a comparison; unset
    when there is none. For choices that are asked about by "one of"."""

    column: str


@dataclass(frozen=True)
class Linked:
    """A field of another root's row, the one whose id this row's column `here` holds. Unset without such a row."""

    here: str
    catalogue: "Catalogue"
    key: str


@dataclass(frozen=True)
class Members:
    """Membership of saved conditions, by id, as they were stored."""

    conditions: Mapping[Any, Any]


Plain = Column | Computed | JsonKey
Source = Plain | Rows | Elements | Linked | Members


# ── Fields ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Choice:
    """`means` are the values in the database that it stands for, where they are not just its own."""

    value: int | str
    label: str
    means: tuple[int | str, ...] = ()

    @property
    def stored(self) -> tuple[int | str, ...]:
        return self.means or (self.value,)


@dataclass(frozen=True)
class Field:
    """`known_as` are the words for "is set" and "is not set", and `said` those around the values of a choice, as it must
    and as it must not be, where the usual ones would read badly. `group` is the
    heading under which it is offered. `is_always_set`: nobody needs to ask whether it is. `is_open`: people who may not
    manage properties may see it. `choices` are those of a choice, `suggestions` what a text often is. `reads` finds the
    choice that a text means, also one that is not offered. `kept_ops` are not offered any more, and understood where
    they are stored."""

    key: str
    label: str
    type: Type
    source: Source
    suggestions: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    known_as: tuple[str, str] | None = None
    said: tuple[str, str] | None = None
    group: str = ""
    only_ops: tuple[Op, ...] = ()
    kept_ops: tuple[Op, ...] = ()
    reads: Callable[[str], Choice | None] | None = None
    is_always_set: bool = False
    is_open: bool = True

    @property
    def ops(self) -> tuple[Op, ...]:
        ops = self.only_ops or OPS[self.type]
        return tuple(op for op in ops if op not in _KNOWN) if self.is_always_set else ops

    @property
    def is_text(self) -> bool:
        """An empty text in the database is unset."""
        stored = self.choices[0].stored[0] if self.choices else None
        return self.type is Type.TEXT or (self.type is Type.CHOICE and isinstance(stored, str))

    def stored(self, chosen: object) -> tuple[int | str, ...]:
        """The values in the database that these choices stand for."""
        found = [self.choice(value) for value in (chosen if isinstance(chosen, tuple) else (chosen,))]
        return tuple(value for choice in found if choice for value in choice.stored)

    def choice(self, value: object) -> Choice | None:
        if self.reads:
            return self.reads(str(value))
        return next((choice for choice in self.choices if str(choice.value) == str(value)), None)


@dataclass(frozen=True)
class Catalogue:
    """The fields of one root for one organization; `zone` says where its days begin."""

    fields: tuple[Field, ...]
    zone: ZoneInfo
    organization: int = 0
    root: Root = Root.CUSTOMER
    whole: "Catalogue | None" = None
    _by_key: dict[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_key", {field.key: field for field in self.fields})

    def get(self, key: object) -> Field | None:
        return self._by_key.get(key) if isinstance(key, str) else None

    def __getitem__(self, key: str) -> Field:
        """Raises KeyError when the tree was not read with this catalogue."""
        return self._by_key[key]

    def open(self) -> Self:
        """For people who may not manage properties: without those that are not visible to them. What is saved (a
        segment) may ask about them all the same."""
        return replace(self, fields=tuple(field for field in self.fields if field.is_open), whole=self.for_saved)

    @property
    def for_saved(self) -> "Catalogue":
        """The one to read saved conditions with."""
        return self.whole or self


# ── Contributions ────────────────────────────────────────────────────────────────────────────────────────────────────

Provider = Callable[[Any], Iterable[Field]]

_providers: dict[Root, list[Provider]] = defaultdict(list)


def contribute(root: Root, provider: Provider) -> None:
    """`provider(organization)` gives the fields of one domain."""
    _providers[root].append(provider)


def of(root: Root, organization: Any) -> Catalogue:
    """Everything that can be asked about in this organization (a row with an id and a `time_zone`)."""
    fields = tuple(field for provider in _providers[root] for field in provider(organization))
    return Catalogue(fields, ZoneInfo(organization.time_zone), organization.pk, root)
