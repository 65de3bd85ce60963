"""From JSON to a tree. Whatever a browser, a file or an older version wrote: a tree comes out, or clear sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from surveys.core.conditions import values
from surveys.core.conditions.catalogue import Catalogue, Field, Linked, Members
from surveys.core.conditions.tree import EVERYONE, GROUPS, Comparison, Group, Op, Part
from surveys.core.conditions.values import Slip, short

MOST_CONDITIONS: Final = 50  # comparisons in a tree
MOST_TOGETHER: Final = 500  # with those of the saved conditions that it asks about
DEEPEST: Final = 5  # groups in groups, the whole included

Path = tuple[int, ...]


@dataclass(frozen=True)
class Problem:
    """`path` leads to the part: (1, 0) is the first part of the second part; () is the condition as a whole."""

    path: Path
    message: str


class BadCondition(ValueError):
    """The condition cannot be understood; `problems` say where and why, for people."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


def read(data: object, catalogue: Catalogue) -> Group:
    """The tree that the JSON means. Raises BadCondition with every problem at once."""
    tree = parse(data, catalogue)
    _look_through(tree, catalogue)
    return tree


def parse(data: object, catalogue: Catalogue) -> Group:
    """As `read`, without a look at the saved conditions that it asks about."""
    if data in ({}, {"all": []}):
        return EVERYONE
    reader = _Reader(catalogue)
    tree = reader.group(data, ())
    if reader.problems:
        raise BadCondition(reader.problems)
    return tree


class _Reader:
    """Reads one tree; what it cannot understand it leaves out and notes in `problems`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._room = MOST_CONDITIONS
        self.problems: list[Problem] = []

    def group(self, data: object, path: Path) -> Group:
        word = _word(data)
        if word is None:
            return self._refuse(path, _("A condition looks like {“all”: […]}, {“any”: […]} or {“none”: […]}."))
        items = data[word]  # type: ignore[index]
        if not items:
            return self._refuse(path, _("This group is empty. Add a condition to it, or remove it."))
        if len(path) >= DEEPEST:
            return self._refuse(path, too_deep())
        parts = (self._part(item, (*path, place)) for place, item in enumerate(items))
        return GROUPS[word](tuple(part for part in parts if part is not None))

    def _part(self, item: object, path: Path) -> Part | None:
        if self._room < 0:
            return None  # already said
        if isinstance(item, dict) and item.keys() & GROUPS.keys():
            return self.group(item, path)
        self._room -= 1
        if self._room < 0:
            self._refuse((), _("At most %(most)d conditions are possible.") % {"most": MOST_CONDITIONS})
            return None
        try:
            return _comparison(item, self._catalogue)
        except Slip as slip:
            self._refuse(path, str(slip))
            return None

    def _refuse(self, path: Path, message: str) -> Group:
        self.problems.append(Problem(path, message))
        return EVERYONE


def too_deep() -> str:
    return _("Groups can stand in groups, but not more than %(deepest)d deep.") % {"deepest": DEEPEST}


def _word(data: object) -> str | None:
    """Which kind of group it is, if it is one."""
    if not isinstance(data, dict) or len(data) != 1:
        return None
    ((word, items),) = data.items()
    return word if word in GROUPS and isinstance(items, list) else None


def _comparison(item: object, catalogue: Catalogue) -> Comparison:
    if not isinstance(item, dict) or not item.keys() <= {"field", "op", "value"}:
        raise Slip(_("A comparison has a field, an op and a value."))
    field = catalogue.get(item.get("field"))
    if field is None:
        message = _("There is no field “%(field)s” (any more). Choose another one.")
        raise Slip(message % {"field": short(item.get("field"))})
    op = _op(item.get("op"), field)
    return Comparison(field.key, op, values.read(item.get("value"), field, op))


def _op(raw: object, field: Field) -> Op:
    for op in (*field.ops, *field.kept_ops):
        if op == raw:
            return op
    message = _("“%(op)s” does not go with %(field)s. Choose another comparison.")
    raise Slip(message % {"op": short(raw), "field": field.label})


# ── Saved conditions in conditions ───────────────────────────────────────────────────────────────────────────────────


def _look_through(tree: Group, catalogue: Catalogue) -> None:
    """They must be understood, lead in no circle, and not be too many. Raises BadCondition at the first that is not."""
    saved = _Saved()
    for path, part in _with_paths(tree, ()):
        try:
            saved.follow(part, catalogue)
        except Slip as slip:
            raise BadCondition([Problem(path, str(slip))]) from slip


def _with_paths(tree: Group, path: Path) -> Iterator[tuple[Path, Comparison]]:
    for place, part in enumerate(tree):
        if isinstance(part, Group):
            yield from _with_paths(part, (*path, place))
        else:
            yield (*path, place), part


class _Saved:
    """Follows saved conditions into those that they ask about."""

    def __init__(self) -> None:
        self._room = MOST_TOGETHER
        self._way: list[tuple[Field, Any]] = []

    def follow(self, part: Comparison, catalogue: Catalogue) -> None:
        """Raises Slip."""
        self._room -= 1
        if self._room < 0:
            message = _("With what it asks about, this is more than %(most)d conditions. Split it.")
            raise Slip(message % {"most": MOST_TOGETHER})
        field = catalogue[part.field]
        if isinstance(field.source, Linked):
            catalogue, field = field.source.catalogue, field.source.catalogue[field.source.key]
        if isinstance(field.source, Members) and isinstance(part.value, tuple):
            for value in part.value:
                self._enter(field, field.source, value, catalogue.for_saved)

    def _enter(self, field: Field, members: Members, value: Any, catalogue: Catalogue) -> None:
        names = [*(_name(*step) for step in self._way), _name(field, value)]
        if (field, value) in self._way:
            raise Slip(_("This goes round in a circle: %(chain)s.") % {"chain": " → ".join(names)})
        self._way.append((field, value))
        try:
            for part in parse(members.conditions[value], catalogue).comparisons():
                self.follow(part, catalogue)
        except BadCondition as bad:
            message = _("%(name)s cannot be understood: %(problem)s")
            raise Slip(message % {"name": names[-1], "problem": bad.problems[0].message}) from bad
        self._way.pop()


def _name(field: Field, value: object) -> str:
    choice = field.choice(value)
    return f"“{choice.label}”" if choice else f"“{value}”"
