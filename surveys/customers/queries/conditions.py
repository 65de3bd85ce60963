"""The list under conditions: those of its address, and those of a segment."""

import json
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from surveys.accounts import access
from surveys.accounts.models import Membership, Organization
from surveys.core.conditions import compiler, validation, words
from surveys.core.conditions.validation import BadCondition, Problem
from surveys.customers.list_filters import PREFIX, ListFilters
from surveys.customers.models import CustomerQuerySet, Property, Segment
from surveys.customers.queries.segments import customer_catalogue


def meeting(
    found: CustomerQuerySet, organization: Organization, filters: ListFilters, *, at: datetime
) -> CustomerQuerySet:
    """Raises BadCondition."""
    known = customer_catalogue(organization)
    stored = [json.loads(filters.where)] if filters.where else []
    if filters.segment is not None:
        stored.append(_segment(organization, filters.segment).conditions)
    for number, conditions in enumerate(stored):
        tree = validation.read(conditions, known)
        found = found.meeting(compiler.compile_where(tree, known, "c", at, prefix=f"list{number}"))
    return found


def sentence(organization: Organization, where: str) -> str:
    """Raises BadCondition."""
    known = customer_catalogue(organization)
    return words.sentence(validation.read(json.loads(where), known), known)


def for_person(filters: ListFilters, by: Membership) -> ListFilters:
    """Without what this person's role may not look into: it would tell by who is left."""
    if access.sees_hidden_properties(by):
        return filters
    visible = Property.objects.filter(organization=by.organization, visible_to_agents=True)
    keys = set(visible.values_list("key", flat=True)) if filters.properties else set()
    hidden = [PREFIX + key for key, _values in filters.properties if key not in keys]
    problems = [_("“%(name)s” was left out: there is no property of this name.") % {"name": name} for name in hidden]
    kept = tuple(pair for pair in filters.properties if pair[0] in keys)
    where, more = _open_condition(filters.where, by.organization) if filters.where else ("", [])
    return replace(filters, properties=kept, where=where, problems=(*filters.problems, *problems, *more))


def _open_condition(where: str, organization: Organization) -> tuple[str, list[str]]:
    """The condition if it asks about open fields only; else none, and why."""
    try:
        validation.read(json.loads(where), customer_catalogue(organization).open())
    except BadCondition as bad:
        return "", [str(problem.message) for problem in bad.problems]
    return where, []


def _segment(organization: Organization, pk: int) -> Segment:
    segment = Segment.objects.filter(organization=organization, pk=pk).first()
    if segment is None:
        raise BadCondition([Problem((), _("There is no segment of this number (any more)."))])
    return segment
