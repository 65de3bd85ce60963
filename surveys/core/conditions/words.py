"""Conditions in plain words: labels for the builder and one sentence for the whole."""

from collections.abc import Iterable
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.core.conditions.catalogue import Catalogue, Field, Type
from surveys.core.conditions.tree import All, Comparison, Op

OP_LABELS = {
    Op.EQUALS: gettext_lazy("is"),
    Op.ONE_OF: gettext_lazy("is one of"),
    Op.CONTAINS: gettext_lazy("contains"),
    Op.GREATER: gettext_lazy("is more than"),
    Op.LESS: gettext_lazy("is less than"),
    Op.BEFORE: gettext_lazy("is before"),
    Op.AFTER: gettext_lazy("is after"),
    Op.IS_SET: gettext_lazy("is known"),
    Op.NOT_SET: gettext_lazy("is not known"),
}


def op_label(field: Field, op: Op) -> str:
    if field.known_as and op in (Op.IS_SET, Op.NOT_SET):
        return field.known_as[op is Op.NOT_SET]
    return str(OP_LABELS[op])


def sentence(tree: All, catalogue: Catalogue) -> str:
    """ "Plan is Pro or Team, and Language is de": what the tree means, without a full stop."""
    clauses = [clause(part, catalogue) for part in tree]
    return _(", and ").join(clauses) if clauses else _("Everyone")


def clause(part: Comparison, catalogue: Catalogue) -> str:
    field = catalogue.get(part.field)
    if field is None:
        raise LookupError(part.field)
    if part.op in (Op.IS_SET, Op.NOT_SET):
        return f"{field.label} {op_label(field, part.op)}"
    said = _or(part.value) if isinstance(part.value, tuple) else _said(part.value, field)
    verb = OP_LABELS[Op.EQUALS] if part.op is Op.ONE_OF else OP_LABELS[part.op]
    return f"{field.label} {verb} {said}"


def _or(values: Iterable[str]) -> str:
    *first, last = values
    return _("%(first)s or %(last)s") % {"first": ", ".join(first), "last": last} if first else last


def _said(value: object, field: Field) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field.type in (Type.DATE, Type.MOMENT):
        return date_format(date.fromisoformat(str(value)), "j F Y")
    return str(value)
