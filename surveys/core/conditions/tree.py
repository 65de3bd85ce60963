"""The shape of a condition. Trees are made by `validation.read` and are valid for the catalogue they were read with."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final


class Op(StrEnum):
    EQUALS = "equals"
    ONE_OF = "one_of"
    OTHER_THAN = "other_than"  # known, and none of these
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    GREATER = "greater"
    AT_LEAST = "at_least"
    LESS = "less"
    AT_MOST = "at_most"
    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"
    IN_LAST = "in_last"  # days, today included
    LONGER_AGO = "longer_ago"  # more than so many days
    IN_NEXT = "in_next"  # days, today included
    IS_SET = "is_set"
    NOT_SET = "not_set"


WITHOUT_VALUE: Final = frozenset({Op.IS_SET, Op.NOT_SET})
WITH_LIST: Final = frozenset({Op.ONE_OF, Op.OTHER_THAN})
OF_TEXT: Final = frozenset({Op.CONTAINS, Op.STARTS_WITH})
WITH_DAYS: Final = frozenset({Op.IN_LAST, Op.LONGER_AGO, Op.IN_NEXT})

Scalar = str | int | float | bool
# text → str, number → int or float, boolean → bool, date and moment → "YYYY-MM-DD", days → int, choice → its values;
# one_of and other_than → a tuple of them, between → a tuple of two
Value = Scalar | tuple[Scalar, ...] | None


@dataclass(frozen=True)
class Comparison:
    field: str
    op: Op
    value: Value = None

    def to_json(self) -> dict[str, Any]:
        base = {"field": self.field, "op": self.op.value}
        if self.op in WITHOUT_VALUE:
            return base
        return base | {"value": list(self.value) if isinstance(self.value, tuple) else self.value}

    def comparisons(self) -> Iterator["Comparison"]:
        yield self


@dataclass(frozen=True)
class Group:
    """Parts and what is asked of them: one of the three classes below. Only the whole may be without parts."""

    parts: tuple["Part", ...] = ()

    word: ClassVar[str]

    def __iter__(self) -> Iterator["Part"]:
        return iter(self.parts)

    def to_json(self) -> dict[str, Any]:
        return {self.word: [part.to_json() for part in self.parts]} if self.parts else {}

    def comparisons(self) -> Iterator[Comparison]:
        """All of the tree, in order."""
        for part in self.parts:
            yield from part.comparisons()


class All(Group):
    """True when every part is; without parts it is everyone."""

    word = "all"


class AnyOf(Group):
    """True when at least one part is."""

    word = "any"


class NoneOf(Group):
    """True when no part is, be it false or unknown."""

    word = "none"


Part = Comparison | Group
GROUPS: Final[dict[str, type[Group]]] = {group.word: group for group in (All, AnyOf, NoneOf)}
EVERYONE: Final = All()
