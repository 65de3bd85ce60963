"""What the filter bar offers: a list for what can be one thing, boxes to tick for what can be several."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.analytics.choices import Choices
from surveys.analytics.counts import fetched
from surveys.analytics.look import Look
from surveys.core.choices import Channel
from surveys.core.filters import PROPERTY_PREFIX, SENTIMENTS, UNSET, Filters
from surveys.core.periods import Period
from surveys.responses import filter_words

MOST_SETS: Final = 5000  # property sets that are looked at for values, the newest
MOST_VALUES: Final = 100  # of one property

Known = Mapping[str, set[str]]


@dataclass(frozen=True)
class Option:
    """A field of the form: `name` and `value` are what it says in the address."""

    name: str
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Offer:
    name: str
    label: str
    options: list[Option]

    @property
    def chosen(self) -> int:
        return sum(option.is_chosen for option in self.options)


@dataclass(frozen=True)
class Offers:
    """`lists`: one of them at most; `boxes`: any of those that are ticked."""

    lists: list[Offer]
    boxes: list[Offer]

    @property
    def are_chosen(self) -> bool:
        return any(offer.chosen for offer in (*self.lists, *self.boxes))


def offers(look: Look, choices: Choices) -> Offers:
    """Two statements."""
    values = _values_of_properties(choices.organization)
    spoken = _languages(choices.organization, look.period)
    return Offers(lists=list(_lists(look.filters, choices, spoken)), boxes=list(_boxes(look.filters, choices, values)))


def _lists(filters: Filters, choices: Choices, spoken: Known) -> Iterable[Offer]:
    for name, values in (
        ("language", spoken["language"]),
        ("channel", Channel.values),
        ("comment_language", spoken["comment_language"]),
        ("sentiment", SENTIMENTS),
    ):
        yield _list(name, str(filter_words.NAMES[name]), values, getattr(filters, name))
    if choices.known.segments:
        options = [
            Option("segment", str(key), name, key == filters.segment) for key, name in choices.known.segments.items()
        ]
        yield Offer("segment", _("Segment (members now)"), options)


def _list(name: str, label: str, values: Iterable[str], chosen: str | None) -> Offer:
    known = dict.fromkeys([*values, *([chosen] if chosen else [])])
    ordered = known if name == "sentiment" else sorted(known, key=lambda value: filter_words.value(name, value))
    options = [Option(name, value, filter_words.value(name, value), value == chosen) for value in ordered]
    return Offer(name, label, options)


def _boxes(filters: Filters, choices: Choices, values: Known) -> Iterable[Offer]:
    chosen = dict(filters.properties)
    for key, found in choices.properties.items():
        name, ticked = PROPERTY_PREFIX + key, chosen.get(key, ())
        known = sorted({*values.get(key, ()), *ticked} - {UNSET})[:MOST_VALUES]
        said = choices.dimension(name).value
        options = [Option(name, value, said(value), value in ticked) for value in known]
        yield Offer(name, found.label, [*options, Option("unset", name, said(UNSET), UNSET in ticked)])
    for name, names, keys in (
        ("theme", choices.known.themes, filters.themes),
        ("tag", choices.known.tags, filters.tags),
    ):
        if names:
            options = [Option(name, str(key), label, key in keys) for key, label in names.items()]
            yield Offer(name, str(filter_words.NAMES[name]), options)


def _values_of_properties(organization: Organization) -> Known:
    statement = """
        SELECT DISTINCT each.key, each.value
        FROM (SELECT values FROM surveys_propertyset WHERE organization_id = %s ORDER BY id DESC LIMIT %s) AS sets,
             jsonb_each_text(sets.values) AS each
    """
    return _gathered(fetched(statement, [organization.pk, MOST_SETS]))


def _languages(organization: Organization, period: Period) -> Known:
    """Of answers and of comments, as far as the days of the period are folded."""
    statement = """
        SELECT DISTINCT dimension, value FROM surveys_scorecount
        WHERE organization_id = %s AND dimension IN ('language', 'comment_language')
              AND day BETWEEN %s AND %s AND value <> ''
    """
    return _gathered(fetched(statement, [organization.pk, period.first, period.last]))


def _gathered(rows: Iterable[tuple[str, str]]) -> Known:
    found: dict[str, set[str]] = defaultdict(set)
    for name, value in rows:
        found[name].add(value)
    return found
