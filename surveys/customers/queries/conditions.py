"""The list under conditions: those of its address, and those of a segment."""

import json
import re
from datetime import datetime

from django.db import connection
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.core.conditions import catalogue, compiler, validation, words
from surveys.core.conditions.catalogue import Catalogue, Root
from surveys.core.conditions.validation import BadCondition, Problem
from surveys.customers.list_filters import ListFilters
from surveys.customers.models import CustomerQuerySet, Segment

_NAMED = re.compile(r"%\((\w+)\)s")


def known_fields(organization: Organization) -> Catalogue:
    return catalogue.of(Root.CUSTOMER, organization)


def meeting(
    found: CustomerQuerySet, organization: Organization, filters: ListFilters, *, at: datetime
) -> CustomerQuerySet:
    """Raises BadCondition."""
    known = known_fields(organization)
    stored = [json.loads(filters.where)] if filters.where else []
    if filters.segment is not None:
        stored.append(_segment(organization, filters.segment).conditions)
    for conditions in stored:
        tree = validation.read(conditions, known)
        found = found.filter(pk__in=_members(organization, compiler.compile_where(tree, known, "c", at)))
    return found


def _members(organization: Organization, where: compiler.Where) -> RawSQL:
    """Django takes parameters by position, so the named ones become that."""
    with connection.cursor() as cursor:
        text = where.sql.as_string(cursor.cursor)
    names = _NAMED.findall(text)
    members = "SELECT c.id FROM surveys_customer c WHERE c.organization_id = %s AND "
    return RawSQL(members + _NAMED.sub("%s", text), [organization.pk, *(where.params[name] for name in names)])


def sentence(organization: Organization, where: str) -> str:
    """Raises BadCondition."""
    known = known_fields(organization)
    return words.sentence(validation.read(json.loads(where), known), known)


def _segment(organization: Organization, pk: int) -> Segment:
    segment = Segment.objects.filter(organization=organization, pk=pk).first()
    if segment is None:
        raise BadCondition([Problem(None, _("There is no segment of this number (any more)."))])
    return segment
