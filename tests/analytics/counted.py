"""Figures made to stand, for tests that store responses by themselves."""

from surveys.analytics.upkeep import rollups
from tests.people import Person


def rebuild(person: Person) -> None:
    for piece in rollups.slices(person.organization.pk):
        rollups.repair(piece)
