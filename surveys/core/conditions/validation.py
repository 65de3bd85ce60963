"""From JSON to a tree. Whatever a browser, a file or an older version wrote: a tree comes out, or clear sentences."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _

from surveys.core.conditions.catalogue import Catalogue, Field, Type
from surveys.core.conditions.tree import EVERYONE, WITHOUT_VALUE, All, Comparison, Op, Value

MOST_CONDITIONS: Final = 20
MOST_VALUES: Final = 100
LONGEST_VALUE: Final = 500
YEARS: Final = range(1800, 2300)
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL has no place for these in a text


@dataclass(frozen=True)
class Problem:
    """`place` counts conditions from 0; None is the condition as a whole."""

    place: int | None
    message: str


class BadCondition(ValueError):
    """The condition cannot be understood; `problems` say where and why, for people."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


class _Slip(ValueError):
    """One value that does not fit its field."""


def read(data: object, catalogue: Catalogue) -> All:
    """The tree that the JSON means. Raises BadCondition with every problem at once."""
    if data == {}:
        return EVERYONE
    parts, problems = [], []
    for place, item in enumerate(_items(data)):
        try:
            parts.append(_comparison(item, catalogue))
        except _Slip as slip:
            problems.append(Problem(place, str(slip)))
    if problems:
        raise BadCondition(problems)
    return All(tuple(parts))


def _items(data: object) -> list[object]:
    items = data.get("all") if isinstance(data, dict) and set(data) == {"all"} else None
    if not isinstance(items, list):
        raise BadCondition([Problem(None, _("A condition looks like {“all”: […]}."))])
    if len(items) > MOST_CONDITIONS:
        raise BadCondition([Problem(None, _("At most %(most)d conditions are possible.") % {"most": MOST_CONDITIONS})])
    return items


def _comparison(item: object, catalogue: Catalogue) -> Comparison:
    if not isinstance(item, dict) or not set(item) <= {"field", "op", "value"}:
        raise _Slip(_("A comparison has a field, an op and a value."))
    field = catalogue.get(item.get("field"))
    if field is None:
        raise _Slip(
            _("There is no field “%(field)s” (any more). Choose another one.") % {"field": _short(item.get("field"))}
        )
    op = _op(item.get("op"), field)
    return Comparison(field.key, op, None if op in WITHOUT_VALUE else _value(item.get("value"), field, op))


def _op(raw: object, field: Field) -> Op:
    for op in field.ops:
        if op == raw:
            return op
    raise _Slip(
        _("“%(op)s” does not go with %(field)s. Choose another comparison.") % {"op": _short(raw), "field": field.label}
    )


def _value(raw: object, field: Field, op: Op) -> Value:
    if op is Op.ONE_OF:
        return _several(raw, field)
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        raise _Slip(_("Say what to compare %(field)s with.") % {"field": field.label})
    return _READERS[field.type](raw, field)


def _several(raw: object, field: Field) -> tuple[str, ...]:
    if not isinstance(raw, list):
        raise _Slip(_("“One of” needs a list of values for %(field)s.") % {"field": field.label})
    values = tuple(dict.fromkeys(_text(value, field) for value in raw if value != ""))
    if not values:
        raise _Slip(_("Say what to compare %(field)s with.") % {"field": field.label})
    if len(values) > MOST_VALUES:
        raise _Slip(
            _("At most %(most)d values are possible for %(field)s.") % {"most": MOST_VALUES, "field": field.label}
        )
    return values


def _text(raw: object, field: Field) -> str:
    if not isinstance(raw, str) or not raw.strip() or _UNSTORABLE.search(raw):
        raise _Slip(_("“%(value)s” is not a text for %(field)s.") % {"value": _short(raw), "field": field.label})
    if len(raw) > LONGEST_VALUE:
        raise _Slip(
            _("A text for %(field)s has at most %(most)d characters.") % {"most": LONGEST_VALUE, "field": field.label}
        )
    return raw.strip()


def _number(raw: object, field: Field) -> int | float:
    try:
        number = Decimal(str(raw).strip()) if isinstance(raw, str | int | float) and not isinstance(raw, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not math.isfinite(number) or number.adjusted() > 30:
        raise _Slip(_("“%(value)s” is not a number for %(field)s.") % {"value": _short(raw), "field": field.label})
    return int(number) if number == number.to_integral_value() else float(number)


def _boolean(raw: object, field: Field) -> bool:
    answer = {"true": True, "false": False}.get(str(raw).lower()) if isinstance(raw, str | bool) else None
    if answer is not None:
        return answer
    raise _Slip(_("%(field)s can be yes or no, not “%(value)s”.") % {"value": _short(raw), "field": field.label})


def _day(raw: object, field: Field) -> str:
    day = _parsed_day(raw)
    if day is None or day.year not in YEARS:
        message = _("“%(value)s” is not a date for %(field)s. Write it like 2026-03-31.")
        raise _Slip(message % {"value": _short(raw), "field": field.label})
    return day.isoformat()


def _parsed_day(raw: object) -> date | None:
    try:
        return date.fromisoformat(str(raw).strip())
    except ValueError:
        return None


_READERS: Final[dict[Type, Callable[[Any, Field], Value]]] = {
    Type.TEXT: _text,
    Type.NUMBER: _number,
    Type.BOOLEAN: _boolean,
    Type.DATE: _day,
    Type.MOMENT: _day,
}


def _short(raw: object) -> str:
    text = str(raw)
    return text if len(text) <= 60 else text[:59] + "…"
