"""Stored values as people read them: the same words on every page, whatever form they were stored in."""

from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from surveys.core import languages
from surveys.core.choices import Channel
from surveys.core.filters import UNSET


def property_value(kind: str, value: object) -> str:
    """`kind` is a property's type. `value` may be typed, as on customers, or text, as in rollups and snapshots.

    What does not fit the kind (declared otherwise since) is shown as it is.
    """
    text = str(value)
    if kind == "boolean":
        return {"true": _("Yes"), "false": _("No")}.get(text.casefold(), text)
    if kind == "number":
        return _number(text)
    return _date(text) if kind == "date" else text


def _number(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number_format(number) if number.is_finite() else text


def amount(value: object) -> str:
    """A number that is money or a count, not a year or a code: 4812 → "4,812"."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    return number_format(number, force_grouping=True) if number.is_finite() else str(value)


def _date(text: str) -> str:
    try:
        return date_format(date.fromisoformat(text), "j M Y", use_l10n=False)
    except ValueError:
        return text


def language(code: str) -> str:
    """ "de" → "German"; a code that Django does not know stays as it is."""
    return languages.name(code)


def dimension_value(dimension: str, text: str, kind: str = "text") -> str:
    """A value that responses are told apart by; `kind` is the type of the property that the dimension stands for."""
    if text == UNSET:
        return _("(none)")
    if dimension == "channel":
        return str(Channel(text).label) if text in Channel.values else text
    return language(text) if dimension == "language" else property_value(kind, text)


def heading(label: str) -> str:
    """The name of a property at the head of something: "company_size" → "Company size"; "NPS tier" stays."""
    words = label.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
