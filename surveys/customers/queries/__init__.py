"""Reads about customers: the list, one person, lists that were imported."""

from surveys.customers.queries.bulk import (
    Merge,
    Missing,
    Said,
    bulk_acts,
    is_hidden_from,
    merge_of,
    missing,
    missing_of,
    said_of,
)
from surveys.customers.queries.conditions import BadCondition, for_person, sentence
from surveys.customers.queries.counting import Count, count
from surveys.customers.queries.imports import (
    first_refusals,
    imports,
    kept,
    mappings,
    refusals,
    undo_outlook,
    undoable_until,
)
from surveys.customers.queries.listing import PAGE, SORTS, TOP, Cursor, Page, matching, meaning, misfits, page, rows
from surveys.customers.queries.people import (
    Fact,
    declared_properties,
    latest_change,
    members,
    properties_of,
    segments_with_names,
    visible_properties,
)
from surveys.customers.queries.twins import Twins, alike, likely_twins

__all__ = [
    "PAGE",
    "SORTS",
    "TOP",
    "BadCondition",
    "Count",
    "Cursor",
    "Fact",
    "Merge",
    "Missing",
    "Page",
    "Said",
    "Twins",
    "alike",
    "bulk_acts",
    "count",
    "declared_properties",
    "first_refusals",
    "for_person",
    "imports",
    "is_hidden_from",
    "kept",
    "latest_change",
    "likely_twins",
    "mappings",
    "matching",
    "meaning",
    "members",
    "merge_of",
    "misfits",
    "missing",
    "missing_of",
    "page",
    "properties_of",
    "refusals",
    "rows",
    "said_of",
    "segments_with_names",
    "sentence",
    "undo_outlook",
    "undoable_until",
    "visible_properties",
]
