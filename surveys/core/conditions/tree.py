"""The shape of a condition. Trees are made by `validation.read` and are valid for the catalogue they were read with."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Op(StrEnum):
    EQUALS = "equals"
    ONE_OF = "one_of"
    CONTAINS = "contains"
    GREATER = "greater"
    LESS = "less"
    BEFORE = "before"
    AFTER = "after"
    IS_SET = "is_set"
    NOT_SET = "not_set"


WITHOUT_VALUE = frozenset({Op.IS_SET, Op.NOT_SET})

# text → str, number → int or float, boolean → bool, date and moment → "YYYY-MM-DD", one_of → a tuple of them
Value = str | int | float | bool | tuple[str, ...] | None


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


@dataclass(frozen=True)
class All:
    """True when every part is; without parts it is everyone."""

    parts: tuple[Comparison, ...] = ()

    def __iter__(self) -> Iterator[Comparison]:
        return iter(self.parts)

    def to_json(self) -> dict[str, Any]:
        return {"all": [part.to_json() for part in self.parts]} if self.parts else {}


EVERYONE = All()
