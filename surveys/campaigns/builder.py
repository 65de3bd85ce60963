"""The audience as rows of a form: it works with and without script, and gives back whatever was typed."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

from django.http import QueryDict
from django.utils.translation import gettext as _

from surveys.core.conditions import validation, words
from surveys.core.conditions.catalogue import Catalogue, Field, Type
from surveys.core.conditions.tree import WITH_DAYS, WITHOUT_VALUE, All, Comparison, Group, Op
from surveys.core.conditions.validation import MOST_CONDITIONS, BadCondition

_BEYOND = (Op.OTHER_THAN, Op.BETWEEN)  # not to be chosen here, nor are groups and choices
_MOST_BOXES = 12  # so many known values are offered as boxes to tick; more, as suggestions while typing


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Row:
    """One comparison as it was chosen and typed. `error` is what is wrong with it, in words."""

    number: int
    field: Field | None
    op: Op | None
    values: tuple[str, ...] = ()
    field_key: str = ""
    error: str = ""

    @property
    def prefix(self) -> str:
        return f"c{self.number}"

    @property
    def value(self) -> str:
        """Several values in one text field: separated by commas, quoted where they contain one."""
        if self.op is not Op.ONE_OF:
            return self.values[0] if self.values else ""
        line = io.StringIO()
        csv.writer(line).writerow(self.values)
        return line.getvalue().strip()

    @property
    def ops(self) -> list[Choice]:
        if self.field is None:
            return []
        return [
            Choice(op.value, words.op_label(self.field, op), op is self.op)
            for op in self.field.ops
            if op not in _BEYOND
        ]

    @property
    def input(self) -> str:
        """Which control takes the value: none, boxes, yes_no, number, date or text."""
        if self.field is None or self.op is None or self.op in WITHOUT_VALUE:
            return "none"
        if self.op is Op.ONE_OF:
            return "boxes" if 0 < len(self.field.suggestions) <= _MOST_BOXES else "text"
        return "number" if self.op in WITH_DAYS else _INPUTS[self.field.type]

    @property
    def boxes(self) -> list[Choice]:
        assert self.field is not None
        known = dict.fromkeys((*self.field.suggestions, *self.values))
        return [Choice(value, value, value in self.values) for value in known]

    def to_json(self) -> dict[str, Any]:
        base: dict[str, Any] = {"field": self.field_key, "op": self.op.value if self.op else ""}
        if self.op in WITHOUT_VALUE:
            return base
        return base | {"value": list(self.values) if self.op is Op.ONE_OF else self.value}


_INPUTS = {
    Type.TEXT: "text",
    Type.NUMBER: "number",
    Type.BOOLEAN: "yes_no",
    Type.DATE: "date",
    Type.MOMENT: "date",
}


@dataclass
class Builder:
    """`is_strict` also minds what was left empty; while somebody is still choosing, that is no mistake."""

    catalogue: Catalogue
    rows: list[Row]
    is_strict: bool = False
    problem: str = ""
    beyond: Group | None = None  # what is stored, when rows cannot show it

    @classmethod
    def of(cls, tree: Group, catalogue: Catalogue) -> Self:
        parts = [part for part in tree if isinstance(part, Comparison) and _is_shown(part, catalogue)]
        if not isinstance(tree, All) or len(parts) < len(tree.parts):
            sentence = words.sentence(tree, catalogue)
            problem = _("This page cannot show all of this audience: %(sentence)s. What is chosen here replaces it.")
            return cls(catalogue, [], problem=problem % {"sentence": sentence}, beyond=tree)
        return cls(catalogue, [_row_of(number, part, catalogue) for number, part in enumerate(parts)])

    @property
    def fields(self) -> list[Field]:
        return [field for field in self.catalogue.fields if field.type is not Type.CHOICE]

    @classmethod
    def typed(cls, data: QueryDict, catalogue: Catalogue) -> Self:
        """The rows as posted, with "add" and "remove" carried out."""
        rows = [row for row in _typed_rows(data, catalogue) if str(row.number) != data.get("remove")]
        if "add" in data and len(rows) < MOST_CONDITIONS:
            rows.append(Row(0, None, None))
        return cls(catalogue, [replace(row, number=number) for number, row in enumerate(rows)], "save" in data)

    @property
    def can_add(self) -> bool:
        return len(self.rows) < MOST_CONDITIONS

    @cached_property
    def tree(self) -> Group | None:
        """What the rows mean, or None after noting in them what is wrong. Rows without a field do not take part."""
        if self.beyond is not None:
            return self.beyond
        started = [row for row in self.rows if row.field_key]
        try:
            return validation.read({"all": [row.to_json() for row in started]}, self.catalogue)
        except BadCondition as bad:
            for problem in bad.problems:
                self._note(started, problem.path, problem.message)
            return None

    def _note(self, started: list[Row], path: tuple[int, ...], message: str) -> None:
        if not path:
            self.problem = message
            return
        row = started[path[0]]
        if row.values or self.is_strict:
            self.rows[row.number] = replace(row, error=message)

    @property
    def sentence(self) -> str:
        return words.sentence(self.tree, self.catalogue) if self.tree is not None else ""


def _is_shown(part: Comparison, catalogue: Catalogue) -> bool:
    return part.op not in _BEYOND and catalogue[part.field].type is not Type.CHOICE


def _row_of(number: int, part: Comparison, catalogue: Catalogue) -> Row:
    values = part.value if isinstance(part.value, tuple) else (_as_typed(part.value),)
    return Row(number, catalogue.get(part.field), part.op, values, part.field)


def _as_typed(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _typed_rows(data: QueryDict, catalogue: Catalogue) -> Iterator[Row]:
    for number in range(MOST_CONDITIONS):
        if f"c{number}-field" in data:
            yield _typed_row(number, data, catalogue)


def _typed_row(number: int, data: QueryDict, catalogue: Catalogue) -> Row:
    key = data.get(f"c{number}-field", "")
    field = catalogue.get(key)
    op = _typed_op(data.get(f"c{number}-op"), field)
    values = data.getlist(f"c{number}-value")
    if op is Op.ONE_OF and len(values) == 1 and "boxes" not in data.getlist(f"c{number}-kind"):
        values = _split(values[0])
    return Row(number, field, op, tuple(value for value in values if value.strip()), key)


def _split(line: str) -> list[str]:
    try:
        return [value.strip() for row in csv.reader(line.splitlines(), skipinitialspace=True) for value in row]
    except csv.Error:
        return [line]


def _typed_op(raw: str | None, field: Field | None) -> Op | None:
    """The chosen comparison, or the field's first when the chosen one does not go with it (the field was changed)."""
    if field is None:
        return None
    return next((op for op in field.ops if op == raw), field.ops[0])
