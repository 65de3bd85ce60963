"""From what a browser, a file or an older version wrote to the value of a comparison."""

import math
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _

from surveys.core.conditions.catalogue import Field, Type
from surveys.core.conditions.tree import OF_TEXT, WITH_DAYS, WITH_LIST, WITHOUT_VALUE, Op, Scalar, Value

MOST_VALUES: Final = 100
LONGEST_VALUE: Final = 500
MOST_DAYS: Final = 36_500
YEARS: Final = range(1800, 2300)
_LARGEST_EXPONENT: Final = 30
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL has no place for these in a text


class Slip(ValueError):
    """A comparison that cannot be understood; the message is for people."""


def read(raw: object, field: Field, op: Op) -> Value:
    """The value that the operator needs. Raises Slip."""
    if op in WITHOUT_VALUE:
        return None
    if op in WITH_LIST:
        return _several(raw, field)
    if op is Op.BETWEEN:
        return _between(raw, field)
    if op in WITH_DAYS:
        return _days(raw, field)
    return _text(raw, field) if op in OF_TEXT and not _is_missing(raw) else _one(raw, field)


def _one(raw: object, field: Field) -> Scalar:
    if _is_missing(raw):
        raise Slip(_("Say what to compare %(field)s with.") % {"field": field.label})
    return _READERS[field.type](raw, field)


def _is_missing(raw: object) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip())


def _several(raw: object, field: Field) -> tuple[Scalar, ...]:
    if not isinstance(raw, list):
        raise Slip(_("This comparison needs a list of values for %(field)s.") % {"field": field.label})
    values = tuple(dict.fromkeys(_one(value, field) for value in raw if value != ""))
    if not values:
        raise Slip(_("Say what to compare %(field)s with.") % {"field": field.label})
    if len(values) > MOST_VALUES:
        message = _("At most %(most)d values are possible for %(field)s.")
        raise Slip(message % {"most": MOST_VALUES, "field": field.label})
    return values


def _between(raw: object, field: Field) -> tuple[Scalar, ...]:
    if not isinstance(raw, list) or len(raw) != 2 or any(_is_missing(value) for value in raw):
        raise Slip(_("Say from what to what %(field)s reaches.") % {"field": field.label})
    first, last = (_one(value, field) for value in raw)
    if first > last:  # type: ignore[operator]
        message = _("%(field)s cannot be between %(first)s and %(last)s: the first is larger. Swap them.")
        raise Slip(message % {"field": field.label, "first": first, "last": last})
    return first, last


def _days(raw: object, field: Field) -> int:
    if _is_missing(raw):
        raise Slip(_("Say how many days for %(field)s.") % {"field": field.label})
    number = _decimal(raw)
    if number is None or number != number.to_integral_value() or not 1 <= number <= MOST_DAYS:
        message = _("“%(value)s” is not a number of days for %(field)s. Write a whole number from 1 to %(most)d.")
        raise Slip(message % {"value": short(raw), "field": field.label, "most": MOST_DAYS})
    return int(number)


def _text(raw: object, field: Field) -> str:
    if not isinstance(raw, str) or not raw.strip() or _UNSTORABLE.search(raw):
        raise Slip(_("“%(value)s” is not a text for %(field)s.") % {"value": short(raw), "field": field.label})
    if len(raw) > LONGEST_VALUE:
        message = _("A text for %(field)s has at most %(most)d characters.")
        raise Slip(message % {"most": LONGEST_VALUE, "field": field.label})
    return raw.strip()


def _number(raw: object, field: Field) -> int | float:
    """What a float would round is refused, not rounded."""
    number = _decimal(raw)
    if number is None:
        raise Slip(_("“%(value)s” is not a number for %(field)s.") % {"value": short(raw), "field": field.label})
    if number == number.to_integral_value():
        return int(number)
    if Decimal(repr(float(number))) != number:
        message = _("“%(value)s” has too many digits for %(field)s. Round it.")
        raise Slip(message % {"value": short(raw), "field": field.label})
    return float(number)


def _decimal(raw: object) -> Decimal | None:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return None
    try:
        number = Decimal(str(raw).strip())
    except (InvalidOperation, ValueError):
        return None
    return number if math.isfinite(number) and abs(number.adjusted()) <= _LARGEST_EXPONENT else None


def _boolean(raw: object, field: Field) -> bool:
    answer = {"true": True, "false": False}.get(str(raw).lower()) if isinstance(raw, str | bool) else None
    if answer is None:
        raise Slip(_("%(field)s can be yes or no, not “%(value)s”.") % {"value": short(raw), "field": field.label})
    return answer


def _day(raw: object, field: Field) -> str:
    try:
        day = date.fromisoformat(str(raw).strip())
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        message = _("“%(value)s” is not a date for %(field)s. Write it like 2026-03-31.")
        raise Slip(message % {"value": short(raw), "field": field.label})
    return day.isoformat()


def _choice(raw: object, field: Field) -> int | str:
    choice = field.choice(raw.strip() if isinstance(raw, str) else raw)
    if choice is None:
        message = _("%(field)s has no “%(value)s” (any more). Choose another value.")
        raise Slip(message % {"value": short(raw), "field": field.label})
    return choice.value


_READERS: Final[dict[Type, Callable[[Any, Field], Scalar]]] = {
    Type.TEXT: _text,
    Type.NUMBER: _number,
    Type.BOOLEAN: _boolean,
    Type.DATE: _day,
    Type.MOMENT: _day,
    Type.CHOICE: _choice,
}


def plain(raw: object) -> str:
    """As a text that can be shown and stored, whatever came; of what is no single value, nothing."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", str(raw)) if isinstance(raw, str | int | float) else ""


def short(raw: object) -> str:
    text = plain(raw) or "…"
    return text if len(text) <= 60 else text[:59] + "…"
