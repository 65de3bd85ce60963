"""Whether a condition holds for one row, in Python: the same answer as that of the compiler's SQL, from `facts`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from surveys.core.conditions import days, validation
from surveys.core.conditions.catalogue import Catalogue, Field, Linked, Members, Type
from surveys.core.conditions.facts import Facts
from surveys.core.conditions.folding import fold
from surveys.core.conditions.tree import OF_TEXT, All, AnyOf, Comparison, Group, Op, Part


def holds(tree: Group, facts: Facts, catalogue: Catalogue, at: datetime) -> bool:
    """`facts` are those that `facts.load` found for this tree. `at` is now, for "in the last N days"."""
    return _Evaluator(catalogue, at.astimezone(catalogue.zone).date()).group(tree, facts)


class _Evaluator:
    def __init__(self, catalogue: Catalogue, today: date) -> None:
        self._catalogue = catalogue
        self._today = today

    def group(self, group: Group, facts: Facts) -> bool:
        if isinstance(group, All):
            return all(self._part(part, facts) for part in group)
        any_of = any(self._part(part, facts) for part in group)
        return any_of if isinstance(group, AnyOf) else not any_of

    def _part(self, part: Part, facts: Facts) -> bool:
        return self.group(part, facts) if isinstance(part, Group) else self._comparison(part, facts)

    def _comparison(self, part: Comparison, facts: Facts) -> bool:
        if part.op is Op.NOT_SET:
            return not self._comparison(replace(part, op=Op.IS_SET), facts)
        field = self._catalogue[part.field]
        match field.source:
            case Linked(here, catalogue, key):
                there = _Evaluator(catalogue, self._today)
                return any(there._comparison(replace(part, field=key), theirs) for theirs in facts[here])
            case Members(conditions):
                return self._belongs(conditions, part, facts)
        return any(part.op is Op.IS_SET or self._fits(value, field, part) for value in facts[part.field])

    def _belongs(self, conditions: Any, part: Comparison, facts: Facts) -> bool:
        assert isinstance(part.value, tuple)
        saved = self._catalogue.for_saved
        trees = (validation.parse(conditions[value], saved) for value in part.value)
        there = _Evaluator(saved, self._today)
        return any(there.group(tree, facts) for tree in trees) is (part.op is Op.ONE_OF)

    def _fits(self, value: Any, field: Field, part: Comparison) -> bool:
        """One value that is set. One of another type than the field's fits nothing."""
        match field.type:
            case Type.MOMENT:
                since, until = days.moments(days.span(part, self._today), self._catalogue.zone)
                return (since is None or value >= since) and (until is None or value < until)
            case Type.DATE:
                span = days.span(part, self._today)
                return isinstance(value, str) and span.first.isoformat() <= value <= span.last.isoformat()
            case Type.CHOICE if part.op not in OF_TEXT:
                return (value in field.stored(part.value)) is not (part.op is Op.OTHER_THAN)
        wanted = part.value if isinstance(part.value, tuple) else (part.value,)
        if field.type is Type.TEXT or part.op in OF_TEXT:
            return isinstance(value, str) and _OF_TEXT[part.op](value, wanted)
        if field.type is Type.BOOLEAN:
            return isinstance(value, bool) and value == part.value
        return isinstance(value, Decimal) and _OF_NUMBERS[part.op](value, [Decimal(str(each)) for each in wanted])


_OF_TEXT: Final[dict[Op, Callable[[str, Any], bool]]] = {
    Op.EQUALS: lambda value, wanted: value == wanted[0],
    Op.ONE_OF: lambda value, wanted: value in wanted,
    Op.OTHER_THAN: lambda value, wanted: value not in wanted,
    Op.CONTAINS: lambda value, wanted: fold(wanted[0]) in fold(value),
    Op.STARTS_WITH: lambda value, wanted: fold(value).startswith(fold(wanted[0])),
}
_OF_NUMBERS: Final[dict[Op, Callable[[Decimal, list[Decimal]], bool]]] = {
    Op.EQUALS: lambda value, wanted: value == wanted[0],
    Op.GREATER: lambda value, wanted: value > wanted[0],
    Op.AT_LEAST: lambda value, wanted: value >= wanted[0],
    Op.LESS: lambda value, wanted: value < wanted[0],
    Op.AT_MOST: lambda value, wanted: value <= wanted[0],
    Op.BETWEEN: lambda value, wanted: wanted[0] <= value <= wanted[1],
}
