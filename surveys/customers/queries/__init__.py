"""Reads about customers: the list, one person, lists that were imported."""

from surveys.customers.queries.imports import first_refusals, imports, refusals
from surveys.customers.queries.listing import PAGE, SORTS, Page, page
from surveys.customers.queries.people import Fact, declared_properties, members, properties_of, visible_properties

__all__ = [
    "PAGE",
    "SORTS",
    "Fact",
    "Page",
    "declared_properties",
    "first_refusals",
    "imports",
    "members",
    "page",
    "properties_of",
    "refusals",
    "visible_properties",
]
