"""A condition as a form: groups in groups, rows in groups. It works with and without script, and gives back whatever
was typed.

Every part has a path: "c" is the whole, "c-0" its first part, "c-0-2" a part of that; a second builder on a page has
another letter. A group says "c-0.word", a row
"c-1.field", "c-1.op" and "c-1.value" (more than once where several are chosen). A button named "do" carries out one
change: "add:c-0" a row, "group:c-0" a group, "remove:c-1".
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Self, cast

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.core.conditions import validation, words
from surveys.core.conditions.catalogue import Catalogue, Field, Type
from surveys.core.conditions.tree import GROUPS, OF_TEXT, WITH_DAYS, WITH_LIST, WITHOUT_VALUE, All, Group, Op
from surveys.core.conditions.validation import DEEPEST, MOST_CONDITIONS, BadCondition, Path, Problem
from surveys.core.conditions.values import plain

ROOT: Final = "c"
_MOST_BOXES: Final = 12  # so many known values are offered as boxes to tick; more, as suggestions while typing


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Row:
    """One comparison as it was chosen and typed. `error` is what is wrong with it, in words."""

    path: str
    field: Field | None = None
    op: Op | None = None
    values: tuple[str, ...] = ()
    field_key: str = ""
    error: str = ""

    is_group: Final = False

    @property
    def value(self) -> str:
        """Several values in one text field: separated by commas, quoted where they contain one."""
        if self.op not in WITH_LIST:
            return self.values[0] if self.values else ""
        line = io.StringIO()
        csv.writer(line).writerow(self.values)
        return line.getvalue().strip()

    @property
    def until(self) -> str:
        return self.values[1] if len(self.values) > 1 else ""

    @property
    def ops(self) -> list[Option]:
        if self.field is None:
            return []
        kept = tuple(op for op in self.field.kept_ops if op is self.op)
        return [Option(op.value, words.op_label(self.field, op), op is self.op) for op in (*self.field.ops, *kept)]

    @property
    def input(self) -> str:
        """Which control takes the value: none, boxes, many, yes_no, days, between, number, date or text."""
        if self.field is None or self.op is None or self.op in WITHOUT_VALUE:
            return "none"
        if self.op in WITH_DAYS:
            return "days"
        if self.op is Op.BETWEEN:
            return "between"
        if self.op in WITH_LIST and 0 < len(self._known) <= _MOST_BOXES:
            return "boxes"
        return "text" if self.op in OF_TEXT else _INPUTS[self.field.type]

    @property
    def plain_input(self) -> str:
        """The type of the input element. What was mistyped is shown as text: a date field would show nothing."""
        return "text" if self.error or self.field is None else _INPUTS[self.field.type]

    @property
    def boxes(self) -> list[Option]:
        known = self._known | {value: value for value in self.values if value not in self._known}
        return [Option(value, label, value in self.values) for value, label in known.items()]

    @property
    def _known(self) -> dict[str, str]:
        """Values that can be chosen, with their labels."""
        if self.field is None:
            return {}
        found = [self.field.choice(value) for value in self.values] if self.field.reads else []
        chosen = [choice for choice in found if choice]
        choices = {str(choice.value): choice.label for choice in (*self.field.choices, *chosen)}
        return choices or {value: value for value in self.field.suggestions}

    @property
    def is_new(self) -> bool:
        return not self.field_key

    @property
    def takes_list(self) -> bool:
        return self.op in WITH_LIST

    def to_json(self) -> dict[str, Any]:
        base: dict[str, Any] = {"field": self.field_key, "op": self.op.value if self.op else ""}
        if self.op in WITHOUT_VALUE:
            return base
        several = self.op in WITH_LIST or self.op is Op.BETWEEN
        return base | {"value": list(self.values) if several else self.value}


_INPUTS: Final = {
    Type.TEXT: "text",
    Type.NUMBER: "number",
    Type.BOOLEAN: "yes_no",
    Type.DATE: "date",
    Type.MOMENT: "date",
    Type.CHOICE: "many",
}


_WORDS: Final = {
    "all": gettext_lazy("All of these are true"),
    "any": gettext_lazy("At least one of these is true"),
    "none": gettext_lazy("None of these is true"),
}


@dataclass(frozen=True)
class Section:
    """A group of rows and groups as it was chosen."""

    path: str
    word: str = All.word
    parts: tuple["Row | Section", ...] = ()

    is_group: Final = True

    @property
    def depth(self) -> int:
        return self.path.count("-")

    @property
    def may_nest(self) -> bool:
        return self.depth + 1 < DEEPEST

    @property
    def words(self) -> list[Option]:
        return [Option(word, str(_WORDS[word]), word == self.word) for word in GROUPS]

    def rows(self) -> Iterator[Row]:
        for part in self.parts:
            if isinstance(part, Section):
                yield from part.rows()
            else:
                yield part


@dataclass
class Builder:
    """`is_strict` also minds what was left empty; while somebody is still choosing, that is no mistake."""

    catalogue: Catalogue
    root: Section
    is_strict: bool = False
    problem: str = ""

    @classmethod
    def of(cls, tree: Group, catalogue: Catalogue) -> Self:
        return cls.of_json(tree.to_json(), catalogue)

    @classmethod
    def of_json(cls, stored: dict[str, Any], catalogue: Catalogue, letter: str = ROOT) -> Self:
        """Also of what cannot be understood any more: its rows say what is wrong."""
        whole = {All.word: [stored]} if "field" in stored else stored or {All.word: []}
        try:
            root = _section_of(whole, letter, catalogue)
        except _TooDeep:
            return cls(catalogue, Section(letter), is_strict=True, problem=validation.too_deep())
        return cls(catalogue, root, is_strict=True)

    @classmethod
    def typed(cls, data: QueryDict, catalogue: Catalogue, *, is_strict: bool, letter: str = ROOT) -> Self:
        """The parts as posted, with what the button asks for carried out."""
        root = _typed_section(data, letter, catalogue)
        act, _, path = data.get("do", "").partition(":")
        if act in _ACTS:
            root = _numbered(_ACTS[act](root, path), letter)
        return cls(catalogue, root, is_strict)

    @property
    def id(self) -> str:
        """Of its element in the page."""
        return "conditions" if self.root.path == ROOT else f"conditions-{self.root.path}"

    @property
    def can_add(self) -> bool:
        return sum(1 for _row in self.root.rows()) < MOST_CONDITIONS

    @cached_property
    def tree(self) -> Group | None:
        """What the parts mean, or None after noting in them what is wrong.

        Rows without a field do not take part while somebody is choosing. Saved, they would mean "everybody" where
        somebody wanted a condition.
        """
        if self.problem or (self.is_strict and self._note_empty()):
            return None
        paths: dict[Path, str] = {}
        started = _started(self.root, (), paths)
        try:
            return validation.read(started, self.catalogue)
        except BadCondition as bad:
            for problem in bad.problems:
                self._note(problem, paths)
            return None

    def _note_empty(self) -> bool:
        """Whether there are rows that ask about nothing."""
        empty = [row for row in self.root.rows() if row.is_new]
        for row in empty:
            noted = replace(row, error=_("Choose what this condition asks about, or remove it."))
            self.root = cast(Section, _replaced(self.root, row.path, noted))
        return bool(empty)

    def _note(self, problem: Problem, paths: dict[Path, str]) -> None:
        path = paths.get(problem.path)
        row = next((row for row in self.root.rows() if row.path == path), None)
        if row is None:
            self.problem = problem.message
        elif row.values or self.is_strict:
            self.root = cast(Section, _replaced(self.root, row.path, replace(row, error=problem.message)))

    @property
    def sentence(self) -> str:
        return words.sentence(self.tree, self.catalogue) if self.tree is not None else ""


def _started(section: Section, place: Path, paths: dict[Path, str]) -> dict[str, Any]:
    """The JSON of what takes part; {} when nothing does. Notes in `paths` where each row stands in it."""
    parts: list[dict[str, Any]] = []
    for part in section.parts:
        here = (*place, len(parts))
        if isinstance(part, Section):
            inner = _started(part, here, paths)
            parts += [inner] if inner else []
        elif part.field_key:
            paths[here] = part.path
            parts.append(part.to_json())
    return {section.word: parts} if parts else {}


# ── From what is stored ──────────────────────────────────────────────────────────────────────────────────────────────
class _TooDeep(ValueError):
    pass


def _section_of(stored: dict[str, Any], path: str, catalogue: Catalogue) -> Section:
    """Raises _TooDeep."""
    if path.count("-") >= DEEPEST:
        raise _TooDeep
    word = next((word for word in stored if word in GROUPS), All.word)
    parts = stored.get(word)
    inner = parts if isinstance(parts, list) else []
    return Section(path, word, tuple(_part_of(part, f"{path}-{n}", catalogue) for n, part in enumerate(inner)))


def _part_of(stored: Any, path: str, catalogue: Catalogue) -> "Row | Section":
    if isinstance(stored, dict) and "field" not in stored:
        return _section_of(stored, path, catalogue)
    return _row_of(stored if isinstance(stored, dict) else {}, path, catalogue)


def _row_of(stored: dict[str, Any], path: str, catalogue: Catalogue) -> Row:
    value = stored.get("value")
    values = tuple(_as_typed(each) for each in (value if isinstance(value, list) else [value]))
    key = plain(stored.get("field", ""))
    known = catalogue.get(key)
    return Row(path, known, _op(stored.get("op"), known), tuple(value for value in values if value), key)


def _as_typed(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(value)


def _op(raw: object, known: Field | None) -> Op | None:
    """The chosen comparison, or the field's usual one when the chosen one does not go with it (the field was changed).

    Of a choice, "is" is the usual one with a single value.
    """
    if known is None:
        return None
    usual = Op.ONE_OF if known.suggestions and Op.ONE_OF in known.ops else known.ops[0]
    kept = tuple(op for op in known.kept_ops if op is not Op.EQUALS)
    return next((op for op in (*known.ops, *kept) if op == raw), usual)


# ── From what was typed ──────────────────────────────────────────────────────────────────────────────────────────────
def _typed_section(data: QueryDict, path: str, catalogue: Catalogue) -> Section:
    word = data.get(f"{path}.word", "")
    parts = tuple(_typed_parts(data, path, catalogue)) if path.count("-") < DEEPEST else ()
    return Section(path, word if word in GROUPS else All.word, parts)


def _typed_parts(data: QueryDict, path: str, catalogue: Catalogue) -> Iterator["Row | Section"]:
    for number in range(MOST_CONDITIONS):
        inner = f"{path}-{number}"
        if f"{inner}.word" in data:
            yield _typed_section(data, inner, catalogue)
        elif f"{inner}.field" in data:
            yield _typed_row(data, inner, catalogue)


def _typed_row(data: QueryDict, path: str, catalogue: Catalogue) -> Row:
    key = data.get(f"{path}.field", "")
    known = catalogue.get(key)
    op = _op(data.get(f"{path}.op"), known)
    values = data.getlist(f"{path}.value")
    if op in WITH_LIST and len(values) == 1 and f"{path}.boxes" not in data:
        values = _split(values[0])
    return Row(path, known, op, tuple(value for value in values if value.strip()), key)


def _split(line: str) -> list[str]:
    try:
        return [value.strip() for row in csv.reader(line.splitlines(), skipinitialspace=True) for value in row]
    except csv.Error:
        return [line]


# ── Changing it ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _replaced(part: "Row | Section", path: str, new: "Row | Section | None") -> "Row | Section | None":
    """The same with another part at that path, or without it."""
    if part.path == path:
        return new
    if isinstance(part, Row) or not path.startswith(part.path + "-"):
        return part
    inner = (_replaced(each, path, new) for each in part.parts)
    return replace(part, parts=tuple(each for each in inner if each is not None))


def _appended(root: Section, path: str, new: Callable[[str], "Row | Section"]) -> Section:
    section = next((each for each in _sections(root) if each.path == path), None)
    if section is None:
        return root
    grown = replace(section, parts=(*section.parts, new(f"{path}-{len(section.parts)}")))
    return cast(Section, _replaced(root, path, grown))


def _sections(section: Section) -> Iterator[Section]:
    yield section
    for part in section.parts:
        if isinstance(part, Section):
            yield from _sections(part)


def _add(root: Section, path: str) -> Section:
    if sum(1 for _row in root.rows()) >= MOST_CONDITIONS:
        return root
    return _appended(root, path, Row)


def _add_group(root: Section, path: str) -> Section:
    if sum(1 for _row in root.rows()) >= MOST_CONDITIONS or path.count("-") + 1 >= DEEPEST:
        return root
    return _appended(root, path, lambda new: Section(new, "any", (Row(f"{new}-0"),)))


def _remove(root: Section, path: str) -> Section:
    return root if path == root.path else cast(Section, _replaced(root, path, None))


_ACTS: Final[dict[str, Callable[[Section, str], Section]]] = {"add": _add, "group": _add_group, "remove": _remove}


def _numbered(section: Section, path: str) -> Section:
    """Paths again from 0 without gaps."""
    parts = (
        _numbered(part, f"{path}-{n}") if isinstance(part, Section) else replace(part, path=f"{path}-{n}")
        for n, part in enumerate(section.parts)
    )
    return replace(section, path=path, parts=tuple(parts))
