"""What an operator runs to check the rollups and to make them anew."""

import io

import pytest
from django.core.management import CommandError, call_command

from surveys.analytics import rollups
from surveys.analytics.models import ScoreCount
from surveys.responses.models import Response
from tests.analytics.book import Book
from tests.people import Person


def run(command: str, *slugs: str) -> str:
    said = io.StringIO()
    call_command(command, *slugs, stdout=said, stderr=said)
    return said.getvalue()


def test_verify_names_each_difference_and_fails_until_rebuild_has_run(alice: Person, charlie: Person) -> None:
    book = Book(alice.organization, seed=1)
    book.import_many(20)
    rollups.fold()
    assert "0 cells differ" in run("verify_rollups")

    ScoreCount.objects.filter(organization=alice.organization, dimension="language").delete()
    Response.objects.bulk_create([book.row()])

    assert "0 cells differ" in run("verify_rollups", charlie.organization.slug)
    with pytest.raises(SystemExit) as ended:
        run("verify_rollups")
    assert ended.value.code == 1

    assert "cells repaired" in run("rebuild_rollups", alice.organization.slug)
    assert "0 cells differ" in run("verify_rollups")


def test_a_misspelt_organization_is_not_taken_for_a_clean_one(alice: Person) -> None:
    with pytest.raises(CommandError, match="There is no organization acmee"):
        run("verify_rollups", "acmee")
