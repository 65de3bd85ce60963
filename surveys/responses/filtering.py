"""What filters mean in an organization: what it does not have is left out, conditions are read and compiled."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.core.conditions import catalogue, compiler, validation, words
from surveys.core.conditions.catalogue import Catalogue, Column, Computed, Field, JsonKey, Linked, Members, Root, Rows
from surveys.core.conditions.tree import EVERYONE, All, Comparison, Group, Op
from surveys.core.conditions.validation import BadCondition
from surveys.core.filters import Filters, Known, Meaning
from surveys.responses import queries

SEGMENT: Final = "customer.segment"
MAIL: Final = "'email'"  # the channel of whom we asked


def response_catalogue(organization: Organization, *, sees_hidden: bool) -> Catalogue:
    """What conditions can ask about responses, for people who may (not) see hidden properties."""
    found = catalogue.of(Root.RESPONSE, organization)
    return found if sees_hidden else found.open()


def understood(
    organization: Organization, filters: Filters, known: Known, *, sees_hidden: bool, at: datetime
) -> Filters:
    """The filters with their meaning; what is foreign, unknown or not understood is named and left out.

    Without segment and condition no statement; with them those of a catalogue, about fifteen.
    """
    found = filters.having(known)
    if not found.has_conditions:
        return found
    fields = response_catalogue(organization, sees_hidden=sees_hidden)
    found = _readable(found, fields)
    return replace(found, meaning=_meaning(found, fields, at)) if found.has_conditions else found


def _readable(filters: Filters, fields: Catalogue) -> Filters:
    """Without a segment or a condition that cannot be understood (any more)."""
    segment = _problems(lambda: validation.read(_of_segment(filters).to_json(), fields))
    if segment:
        filters = replace(filters, segment=None, problems=(*filters.problems, *segment))
    where = _problems(lambda: _of_where(filters, fields))
    if where:
        filters = replace(filters, where="", problems=(*filters.problems, *where))
    return filters


def _problems(read: Callable[[], object]) -> list[str]:
    try:
        read()
    except BadCondition as bad:
        said = _("A condition was left out: %(problem)s")
        return [said % {"problem": problem.message} for problem in bad.problems]
    return []


def _of_segment(filters: Filters) -> Group:
    if filters.segment is None:
        return EVERYONE
    return All((Comparison(SEGMENT, Op.ONE_OF, (filters.segment,)),))


def _of_where(filters: Filters, fields: Catalogue) -> Group:
    return validation.read(json.loads(filters.where), fields) if filters.where else EVERYONE


def _meaning(filters: Filters, fields: Catalogue, at: datetime) -> Meaning:
    where = _of_where(filters, fields)
    whole = All(tuple(part for part in (_of_segment(filters), where) if part.parts))
    asked = [fields[leaf.field] for leaf in whole.comparisons()]
    asks = _of_asks(fields)
    is_asked = all(asks.get(field.key) for field in asked)
    is_of_people = any(not _stands_on_the_response(field) for field in asked)
    return Meaning(
        responses=compiler.compile_where(whole, fields, "r", at, prefix="meant"),
        asks=compiler.compile_where(whole, asks, "i", at, prefix="meant") if is_asked else None,
        sentence=words.sentence(where, fields) if where.parts else "",
        identity=json.dumps([whole.to_json(), _stored_segments(whole, fields), _day(at, fields)], sort_keys=True),
        is_of_people=is_of_people,
        at=at,
    )


def _day(at: datetime, fields: Catalogue) -> str:
    """Conditions say "in the last 30 days": they mean something else tomorrow."""
    return at.astimezone(fields.zone).date().isoformat()


def _stored_segments(tree: Group, fields: Catalogue) -> list[object]:
    field = fields.get(SEGMENT)
    if field is None or all(leaf.field != SEGMENT for leaf in tree.comparisons()):
        return []
    source = field.source
    assert isinstance(source, Linked)
    members = source.catalogue.for_saved[source.key].source
    assert isinstance(members, Members)
    return [[key, members.conditions[key]] for key in sorted(members.conditions)]


def _stands_on_the_response(field: Field) -> bool:
    return isinstance(field.source, Column | Computed) or (isinstance(field.source, Rows) and field.source.few)


# --- the same questions about who was asked


def _of_asks(fields: Catalogue) -> Catalogue:
    """The fields that an invitation has too; the compiler takes any table that has their columns."""
    found = tuple(ask for field in fields.fields if (ask := _of_ask(field)))
    return replace(fields, fields=found)


def _of_ask(field: Field) -> Field | None:
    source = field.source
    if isinstance(source, Linked) or (isinstance(source, Rows) and source.there == "id" and source.few):
        return field
    if isinstance(source, Rows) and isinstance(source.source, JsonKey) and source.table == "surveys_invitation":
        return replace(field, source=source.source)
    if field.key in ("campaign", "language"):
        return field
    return replace(field, source=Computed(MAIL, ())) if field.key == "channel" else None


# --- how many


@dataclass(frozen=True)
class HowMany:
    """`count` stops at MOST_COUNTED; then `is_more`."""

    count: int
    is_more: bool


def how_many(organization: Organization, filters: Filters) -> HowMany:
    """One statement, which stops when it has seen enough."""
    found = queries.matching(organization, filters).order_by()[: queries.MOST_COUNTED + 1].count()
    return HowMany(min(found, queries.MOST_COUNTED), found > queries.MOST_COUNTED)
