"""What an operator runs to check the rollups and to make them anew."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from surveys.analytics.models import Rebuild, ScoreCount
from surveys.analytics.upkeep import rebuilding, rollups
from surveys.responses.models import Response
from tests.analytics.book import Book, expected_scores, stored_scores
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
    (new,) = Response.objects.bulk_create([book.row()])

    assert "0 cells differ" in run("verify_rollups", charlie.organization.slug)
    said = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_rollups", stdout=said, stderr=said)
    assert ended.value.code == 1
    assert f"campaign {new.campaign_id} on {new.day}, everyone, lack s{new.score} +1" in said.getvalue()

    assert "cells repaired" in run("rebuild_rollups", alice.organization.slug)
    assert "0 cells differ" in run("verify_rollups")


def test_rebuilding_goes_on_where_it_was_killed_and_begins_anew_when_told(alice: Person) -> None:
    book = Book(alice.organization, seed=2)
    Response.objects.bulk_create([book.row() for _ in range(30)])
    first = rebuilding.rebuild(organization=alice.organization, from_scratch=False, clock=timezone.now)
    done = [next(first).piece for _ in range(5)]
    first.close()  # type: ignore[attr-defined]

    said = run("rebuild_rollups", alice.organization.slug)

    total = len(rollups.slices(alice.organization.pk))
    assert said.startswith(f"{alice.organization.slug}: 6 of {total}")
    assert len(said.splitlines()) == total - len(done)
    assert "left" in said
    assert [gap for piece in rollups.slices(alice.organization.pk) for gap in rollups.gaps(piece)] == []
    assert stored_scores(alice.organization) == expected_scores(alice.organization)

    ScoreCount.objects.filter(organization=alice.organization).update(s3=77)
    said = run("rebuild_rollups", alice.organization.slug, "--from-scratch")
    assert len(said.splitlines()) == total
    assert stored_scores(alice.organization) == expected_scores(alice.organization)
    assert [job.status for job in Rebuild.objects.order_by("pk")] == ["done", "done"]


def test_slices_stay_where_they_are_cut_when_something_older_is_imported(alice: Person) -> None:
    """What was killed in the middle of a slice would else take the rest of it for done."""
    book = Book(alice.organization, seed=2)
    rows = [book.row() for _ in range(30)]
    Response.objects.bulk_create(rows)
    before = rollups.slices(alice.organization.pk, 5)
    older = book.row()
    older.day = min(row.day for row in rows) - timedelta(days=100)
    Response.objects.bulk_create([older])
    after = rollups.slices(alice.organization.pk, 5)
    assert len(after) >= len(before)
    assert after[-len(before) :] == before
    assert after[0].first <= older.day


def test_a_misspelt_organization_is_not_taken_for_a_clean_one(alice: Person) -> None:
    with pytest.raises(CommandError, match="There is no organization acmee"):
        run("verify_rollups", "acmee")
