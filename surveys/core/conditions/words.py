"""Conditions in plain words: labels for the builder and one sentence for the whole."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any, Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.core.conditions.catalogue import Catalogue, Field, Type
from surveys.core.conditions.tree import (
    OF_TEXT,
    WITH_DAYS,
    WITH_LIST,
    WITHOUT_VALUE,
    AnyOf,
    Comparison,
    Group,
    NoneOf,
    Op,
    Part,
)

OP_LABELS: Final = {
    Op.EQUALS: gettext_lazy("is"),
    Op.ONE_OF: gettext_lazy("is one of"),
    Op.OTHER_THAN: gettext_lazy("is something other than"),
    Op.CONTAINS: gettext_lazy("contains"),
    Op.STARTS_WITH: gettext_lazy("starts with"),
    Op.GREATER: gettext_lazy("is more than"),
    Op.AT_LEAST: gettext_lazy("is at least"),
    Op.LESS: gettext_lazy("is less than"),
    Op.AT_MOST: gettext_lazy("is at most"),
    Op.BEFORE: gettext_lazy("is before"),
    Op.AFTER: gettext_lazy("is after"),
    Op.BETWEEN: gettext_lazy("is between"),
    Op.IN_LAST: gettext_lazy("is in the last"),
    Op.LONGER_AGO: gettext_lazy("is longer ago than"),
    Op.IN_NEXT: gettext_lazy("is in the next"),
    Op.IS_SET: gettext_lazy("is known"),
    Op.NOT_SET: gettext_lazy("is not known"),
}
_NEGATED: Final = {
    Op.EQUALS: gettext_lazy("is not"),
    Op.ONE_OF: gettext_lazy("is not"),
    Op.OTHER_THAN: gettext_lazy("is not something other than"),
    Op.CONTAINS: gettext_lazy("does not contain"),
    Op.STARTS_WITH: gettext_lazy("does not start with"),
    Op.GREATER: gettext_lazy("is not more than"),
    Op.AT_LEAST: gettext_lazy("is not at least"),
    Op.LESS: gettext_lazy("is not less than"),
    Op.AT_MOST: gettext_lazy("is not at most"),
    Op.BEFORE: gettext_lazy("is not before"),
    Op.AFTER: gettext_lazy("is not after"),
    Op.BETWEEN: gettext_lazy("is not between"),
    Op.IN_LAST: gettext_lazy("is not in the last"),
    Op.LONGER_AGO: gettext_lazy("is not longer ago than"),
    Op.IN_NEXT: gettext_lazy("is not in the next"),
}
_OF_MOMENTS: Final = {
    Op.EQUALS: (gettext_lazy("on"), gettext_lazy("not on")),
    Op.BEFORE: (gettext_lazy("before"), gettext_lazy("not before")),
    Op.AFTER: (gettext_lazy("after"), gettext_lazy("not after")),
    Op.BETWEEN: (gettext_lazy("between"), gettext_lazy("not between")),
    Op.IN_LAST: (gettext_lazy("in the last"), gettext_lazy("not in the last")),
    Op.LONGER_AGO: (gettext_lazy("longer ago than"), gettext_lazy("not longer ago than")),
    Op.IN_NEXT: (gettext_lazy("in the next"), gettext_lazy("not in the next")),
}
_OPPOSITE: Final = {Op.IS_SET: Op.NOT_SET, Op.NOT_SET: Op.IS_SET}


def op_label(field: Field, op: Op) -> str:
    if field.known_as and op in WITHOUT_VALUE:
        return field.known_as[op is Op.NOT_SET]
    if field.type is Type.MOMENT and op in _OF_MOMENTS:
        return str(_OF_MOMENTS[op][0])
    return str(_NEGATED[Op.ONE_OF] if op is Op.OTHER_THAN and field.is_always_set else OP_LABELS[op])


def sentence(tree: Group, catalogue: Catalogue) -> str:
    """ "Plan is Pro or Team, and Last asked is not in the last 90 days": what the tree means, without a full stop."""
    if not tree.parts:
        return _("Everyone")
    if isinstance(tree, NoneOf):
        return _none_of(tree, catalogue)
    clauses = [_inner(part, catalogue) for part in tree]
    return (_(", or ") if isinstance(tree, AnyOf) else _(", and ")).join(clauses)


def rough(stored: object) -> str:
    """Stored conditions that no catalogue knows any more: their fields by key, their values as they are. Never raises."""
    if not isinstance(stored, dict):
        return str(stored)
    if "field" in stored:
        return _rough_comparison(stored)
    groups = [_rough_group(word, parts) for word, parts in stored.items() if isinstance(parts, list) and parts]
    return "; ".join(groups) or _("Everyone")


def _rough_comparison(stored: dict[str, Any]) -> str:
    op, value = str(stored.get("op")), stored.get("value", "")
    verbs = {known.value: label for known, label in OP_LABELS.items()} | {Op.ONE_OF.value: OP_LABELS[Op.EQUALS]}
    verb = verbs.get(op, op)
    said = _or(str(each) for each in value) if isinstance(value, list) and value else str(value)
    return f"{stored['field']} {verb} {said}".rstrip()


def _rough_group(word: str, parts: list[object]) -> str:
    inner = [rough(part) for part in parts]
    if word == NoneOf.word:
        return _("none of (%(conditions)s)") % {"conditions": "; ".join(inner)}
    if len(inner) == 1:
        return inner[0]
    said = (_(", or ") if word == AnyOf.word else _(", and ")).join(inner)
    return _("(%(conditions)s)") % {"conditions": said}


def _inner(part: Part, catalogue: Catalogue) -> str:
    """A group in a group stands in brackets, so that nobody has to guess what belongs together."""
    if isinstance(part, Comparison):
        return clause(part, catalogue)
    words = sentence(part, catalogue)
    return words if isinstance(part, NoneOf) or len(part.parts) == 1 else _("(%(conditions)s)") % {"conditions": words}


def _none_of(group: NoneOf, catalogue: Catalogue) -> str:
    first = group.parts[0]
    if len(group.parts) == 1 and isinstance(first, Comparison):
        return _negated(first, catalogue)
    return _("none of (%(conditions)s)") % {"conditions": "; ".join(_inner(part, catalogue) for part in group)}


def clause(part: Comparison, catalogue: Catalogue) -> str:
    field = catalogue[part.field]
    if field.said and part.op in WITH_LIST:
        return field.said[part.op is Op.OTHER_THAN] % {"value": _said(part, field)}
    verb = OP_LABELS[Op.EQUALS] if part.op is Op.ONE_OF else op_label(field, part.op)
    return _clause(field, str(verb), part)


def _negated(part: Comparison, catalogue: Catalogue) -> str:
    """Of a `none` with one comparison. It holds too where the value is not known."""
    if part.op in _OPPOSITE:
        return clause(replace(part, op=_OPPOSITE[part.op]), catalogue)
    field = catalogue[part.field]
    if field.said and part.op in WITH_LIST:
        return field.said[part.op is Op.ONE_OF] % {"value": _said(part, field)}
    verb = _OF_MOMENTS[part.op][1] if field.type is Type.MOMENT else _NEGATED[part.op]
    return _clause(field, str(verb), part)


def _clause(field: Field, verb: str, part: Comparison) -> str:
    if part.op in WITHOUT_VALUE:
        return f"{field.label} {verb}"
    return f"{field.label} {verb} {_said(part, field)}"


def _said(part: Comparison, field: Field) -> str:
    value: Any = part.value
    if part.op in OF_TEXT:
        return str(value)
    if part.op in WITH_DAYS:
        return ngettext("%(days)d day", "%(days)d days", value) % {"days": value}
    if part.op is Op.BETWEEN:
        return _("%(first)s and %(last)s") % {"first": _one(value[0], field), "last": _one(value[1], field)}
    return _or(_one(each, field) for each in value) if isinstance(value, tuple) else _one(value, field)


def _or(values: Iterable[str]) -> str:
    *first, last = values
    return _("%(first)s or %(last)s") % {"first": ", ".join(first), "last": last} if first else last


def _one(value: object, field: Field) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field.type in (Type.DATE, Type.MOMENT):
        return date_format(date.fromisoformat(str(value)), "j F Y")
    choice = field.choice(value)
    return choice.label if choice else str(value)
