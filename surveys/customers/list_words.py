"""The filters of the list in words, each part with a way to take it back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.core.choices import Category
from surveys.customers import values
from surveys.customers.list_filters import PREFIX, ListFilters
from surveys.customers.models import SuppressionReason

Text = str | Promise

MAIL: Final[dict[str, Text]] = {
    "may": gettext_lazy("May be asked"),
    "resting": gettext_lazy("Asked recently"),
    "less_often": gettext_lazy("Want to be asked less often"),
    "no_address": gettext_lazy("No address"),
    "suppressed": gettext_lazy("Must not be mailed"),
    **{reason.value: reason.label for reason in SuppressionReason},
}
CATEGORIES: Final[dict[str, Text]] = {
    **{category.value: category.label for category in Category},
    "none": gettext_lazy("No score yet"),
}
ASKED: Final[dict[str, Text]] = {"ever": gettext_lazy("Asked before"), "never": gettext_lazy("Never asked")}
ANSWERED: Final[dict[str, Text]] = {"ever": gettext_lazy("Answered before"), "never": gettext_lazy("Never answered")}
SORTS: Final[dict[str, Text]] = {
    "newest": gettext_lazy("Newest first"),
    "-newest": gettext_lazy("Oldest first"),
    "name": gettext_lazy("Name, A to Z"),
    "-name": gettext_lazy("Name, Z to A"),
    "score": gettext_lazy("Highest score first"),
    "-score": gettext_lazy("Lowest score first"),
    "answer": gettext_lazy("Latest answer first"),
    "-answer": gettext_lazy("Earliest answer first"),
}


@dataclass(frozen=True)
class Names:
    """What ids and keys are called."""

    properties: Mapping[str, str]
    owners: Mapping[str, str]
    segment: str = ""
    condition: str = ""


@dataclass(frozen=True)
class Part:
    """One part of the filter, and the query of the list without it."""

    words: str
    query: str


def parts(filters: ListFilters, names: Names) -> list[Part]:
    return [
        Part(_words(name, value, names), filters.without((name, value)).to_query()) for name, value in filters.pairs()
    ]


def _words(name: str, value: str, names: Names) -> str:
    if name == "unset":
        return _("%(what)s is not known") % {"what": _called(value, names)}
    if name.startswith(PREFIX):
        return _("%(what)s is %(value)s") % {"what": _called(name, names), "value": value}
    return _SAID[name](value, names)


def _called(name: str, names: Names) -> str:
    if name == "language":
        return _("Language")
    return names.properties.get(name.removeprefix(PREFIX), name)


_SAID: Final = {
    "q": lambda value, names: _("“%(words)s” in name, address or external ID") % {"words": value},
    "mail": lambda value, names: str(MAIL[value]),
    "category": lambda value, names: _("Last score: %(category)s") % {"category": CATEGORIES[value]},
    "asked": lambda value, names: str(ASKED[value]),
    "answered": lambda value, names: str(ANSWERED[value]),
    "owner": lambda value, names: _owned(value, names),
    "language": lambda value, names: _("Language is %(name)s") % {"name": values.language_name(value)},
    "segment": lambda value, names: _("In the segment %(name)s") % {"name": names.segment or value},
    "where": lambda value, names: names.condition or _("A condition that cannot be understood"),
}


def _owned(value: str, names: Names) -> str:
    if value == "none":
        return _("Without an owner")
    return _("Owner is %(name)s") % {"name": names.owners.get(value, value)}
