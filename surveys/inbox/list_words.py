"""The inbox's boxes and filters in words, each filter with a way to take it back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.core.choices import Category
from surveys.customers import list_words
from surveys.customers.list_words import Names as CustomerNames
from surveys.inbox.filters import InboxFilters
from surveys.inbox.models import CloseReason, Priority

Text = str | Promise

BOXES: Final[Mapping[str, Text]] = {
    "mine": gettext_lazy("Mine"),
    "unassigned": gettext_lazy("Unassigned"),
    "open": gettext_lazy("All open"),
    "waiting": gettext_lazy("Waiting"),
    "snoozed": gettext_lazy("Put off"),
    "closed": gettext_lazy("Closed"),
    "all": gettext_lazy("All"),
}
SORTS: Final[Mapping[str, Text]] = {
    "due": gettext_lazy("What is due first"),
    "newest": gettext_lazy("Newest first"),
    "oldest": gettext_lazy("Oldest first"),
}
CATEGORIES: Final[Mapping[str, Text]] = {
    **{category.value: category.label for category in Category},
    "none": gettext_lazy("Without a response"),
}


@dataclass(frozen=True)
class Names:
    """What ids are called; `customers` those of the filters that are the list of customers'."""

    colleagues: Mapping[str, str]
    teams: Mapping[str, str]
    campaigns: Mapping[int, str]
    themes: Mapping[int, str]
    customers: CustomerNames


@dataclass(frozen=True)
class Part:
    """One part of the filter, and the query of the inbox without it."""

    words: str
    query: str


def parts(filters: InboxFilters, names: Names) -> list[Part]:
    of_customers = list_words.parts(filters.customers, names.customers)
    said = {pair: part.words for pair, part in zip(filters.customers.pairs(), of_customers, strict=True)}
    return [
        Part(said.get(pair) or _SAID[pair[0]](pair[1], names), filters.without(pair).to_query())
        for pair in filters.narrowing()
    ]


def _assigned(value: str, names: Names) -> str:
    if value == "none":
        return _("Assigned to nobody")
    return _("Assigned to %(name)s") % {"name": _("me") if value == "me" else names.colleagues.get(value, value)}


def at_least(days: int) -> str:
    return ngettext("%(days)d day and longer", "%(days)d days and longer", days) % {"days": days}


def waited(days: int) -> str:
    said = ngettext("Waits for %(days)d day and longer", "Waits for %(days)d days and longer", days)
    return said % {"days": days}


def _of_team(value: str, names: Names) -> str:
    return _("Without a team") if value == "none" else _("Team %(name)s") % {"name": names.teams.get(value, value)}


_SAID: Final[Mapping[str, Callable[[str, Names], str]]] = {
    "q": lambda value, names: _("“%(words)s” in what was written, or the customer's name") % {"words": value},
    "assignee": _assigned,
    "team": _of_team,
    "priority": lambda value, names: _("Priority: %(name)s") % {"name": Priority(int(value)).label},
    "category": lambda value, names: str(CATEGORIES[value]),
    "score": lambda value, names: _("Score %(score)s") % {"score": value},
    "campaign": lambda value, names: names.campaigns.get(int(value), value),
    "overdue": lambda value, names: _("Overdue"),
    "waited": lambda value, names: waited(int(value)),
    "reason": lambda value, names: _("Closed: %(reason)s") % {"reason": CloseReason(value).label},
    "theme": lambda value, names: _("About %(theme)s") % {"theme": names.themes.get(int(value), value)},
}
