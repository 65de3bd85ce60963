"""What conditions can ask about. Domains contribute fields for a root; surveys/subscriptions.py registers them."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from surveys.core.conditions.tree import Op


class Root(StrEnum):
    """What the conditions are about: the table that the compiler is given an alias of."""

    CUSTOMER = "customer"


class Type(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "moment"  # a timestamp; asked about by days of the organization


_KNOWN: Final = (Op.IS_SET, Op.NOT_SET)
OPS: Final[dict[Type, tuple[Op, ...]]] = {
    Type.TEXT: (Op.EQUALS, Op.ONE_OF, Op.CONTAINS, *_KNOWN),
    Type.NUMBER: (Op.EQUALS, Op.GREATER, Op.LESS, *_KNOWN),
    Type.BOOLEAN: (Op.EQUALS, *_KNOWN),
    Type.DATE: (Op.EQUALS, Op.BEFORE, Op.AFTER, *_KNOWN),
    Type.MOMENT: (Op.BEFORE, Op.AFTER, *_KNOWN),
}


@dataclass(frozen=True)
class Column:
    """A column of the root's table. Text that is empty is unset."""

    name: str


@dataclass(frozen=True)
class JsonKey:
    """A key of a JSONB object column of the root's table. Unset when the key is absent."""

    column: str
    key: str


@dataclass(frozen=True)
class Field:
    """`known_as` are the words for "is set" and "is not set" where the usual ones would read badly."""

    key: str
    label: str
    type: Type
    source: Column | JsonKey
    suggestions: tuple[str, ...] = ()
    known_as: tuple[str, str] | None = None

    @property
    def ops(self) -> tuple[Op, ...]:
        return OPS[self.type]


@dataclass(frozen=True)
class Catalogue:
    """The fields of one root for one organization; `zone` says where its days begin."""

    fields: tuple[Field, ...]
    zone: ZoneInfo
    _by_key: dict[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_key", {field.key: field for field in self.fields})

    def get(self, key: object) -> Field | None:
        return self._by_key.get(key) if isinstance(key, str) else None


Provider = Callable[[Any], Iterable[Field]]

_providers: dict[Root, list[Provider]] = defaultdict(list)


def contribute(root: Root, provider: Provider) -> None:
    """`provider(organization)` gives the fields of one domain."""
    _providers[root].append(provider)


def of(root: Root, organization: Any) -> Catalogue:
    """Everything that can be asked about in this organization (a row with an id and a `time_zone`)."""
    fields = tuple(field for provider in _providers[root] for field in provider(organization))
    return Catalogue(fields, ZoneInfo(organization.time_zone))
