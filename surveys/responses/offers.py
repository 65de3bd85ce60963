"""What the filter bar offers: a list for what can be one thing, boxes to tick for what can be several."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.core.choices import Channel
from surveys.core.filter_values import SENTIMENTS
from surveys.core.filters import PROPERTY_PREFIX, UNSET, Filters, Known
from surveys.responses import filter_words
from surveys.responses.queries import KnownProperty

MOST_SETS: Final = 5000  # property sets that are looked at for values, the newest
MOST_VALUES: Final = 100  # of one property

Values = Mapping[str, set[str]]  # by dimension
Properties = Mapping[str, KnownProperty]


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

    def has(self, pair: tuple[str, str]) -> bool:
        """Whether a form with these has a field for this part of an address."""
        boxes = {(option.name, option.value) for offer in self.boxes for option in offer.options}
        return pair in boxes or any(offer.name == pair[0] for offer in self.lists if offer.options)


def offers(
    organization: Organization, filters: Filters, properties: Properties, known: Known, spoken: Values
) -> Offers:
    """`spoken` are languages of answers and of comments. One statement."""
    values = _values_of_properties(organization)
    boxes = [*_of_properties(filters, properties, values), *_of_names(filters, known)]
    return Offers(lists=list(_lists(filters, known, spoken)), boxes=boxes)


def _lists(filters: Filters, known: Known, spoken: Values) -> Iterable[Offer]:
    for name, values in (
        ("language", spoken.get("language", ())),
        ("channel", Channel.values),
        ("comment_language", spoken.get("comment_language", ())),
        ("sentiment", SENTIMENTS),
    ):
        yield _list(name, str(filter_words.NAMES[name]), values, getattr(filters, name))
    if known.segments:
        options = [Option("segment", str(key), name, key == filters.segment) for key, name in known.segments.items()]
        yield Offer("segment", _("Segment (members now)"), options)


def _list(name: str, label: str, values: Iterable[str], chosen: str | None) -> Offer:
    known = dict.fromkeys([*values, *([chosen] if chosen else [])])
    ordered = known if name == "sentiment" else sorted(known, key=lambda value: filter_words.value(name, value))
    options = [Option(name, value, filter_words.value(name, value), value == chosen) for value in ordered]
    return Offer(name, label, options)


def _of_properties(filters: Filters, properties: Properties, values: Values) -> Iterable[Offer]:
    chosen = dict(filters.properties)
    for key, found in properties.items():
        name, ticked = PROPERTY_PREFIX + key, chosen.get(key, ())
        known = sorted({*values.get(key, ()), *ticked} - {UNSET})[:MOST_VALUES]
        options = [Option(name, value, filter_words.value(name, value, found.kind), value in ticked) for value in known]
        unset = Option("unset", name, filter_words.value(name, UNSET, found.kind), UNSET in ticked)
        yield Offer(name, found.label, [*options, unset])


def _of_names(filters: Filters, known: Known) -> Iterable[Offer]:
    for name, names, keys in (("theme", known.themes, filters.themes), ("tag", known.tags, filters.tags)):
        if names:
            options = [Option(name, str(key), label, key in keys) for key, label in names.items()]
            yield Offer(name, str(filter_words.NAMES[name]), options)


def _values_of_properties(organization: Organization) -> Values:
    """Of the newest property sets."""
    statement = """
        SELECT DISTINCT each.key, each.value
        FROM (SELECT values FROM surveys_propertyset WHERE organization_id = %s ORDER BY id DESC LIMIT %s) AS sets,
             jsonb_each_text(sets.values) AS each
    """
    found: dict[str, set[str]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(statement, [organization.pk, MOST_SETS])
        for name, value in cursor.fetchall():
            found[name].add(value)
    return found
