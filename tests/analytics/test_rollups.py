"""Rollups equal a recount, whatever happens and in whatever order it is folded."""

from collections import Counter

import pytest

from surveys.analytics.models import InvitationCount, InvitationDelta, ScoreCount, ScoreDelta
from surveys.analytics.upkeep import rollups
from surveys.delivery.models import Invitation
from surveys.responses.models import Response
from tests.analytics.book import (
    Book,
    expected_funnels,
    expected_scores,
    gaps,
    has,
    histogram,
    stored_funnels,
    stored_scores,
)
from tests.people import Person


def stored(book: Book) -> list[int]:
    """Everyone's counts by score, as they lie in the rollups, without unfolded deltas."""
    rows = ScoreCount.objects.filter(organization=book.organization, dimension="")
    return [sum(column) for column in zip(*(row.scores for row in rows), strict=True)] or [0] * 11


@pytest.mark.parametrize("seed", range(6))
def test_any_life_of_an_organization_leaves_rollups_equal_to_a_recount(alice: Person, seed: int) -> None:
    book = Book(alice.organization, seed)
    for _ in range(60):
        book.something_happens()
        if book.rng.random() < 0.15:
            rollups.fold(limit=book.rng.choice([1, 3, 1000]))
    assert gaps(alice.organization) == []

    rollups.fold()

    assert gaps(alice.organization) == []
    assert not ScoreDelta.objects.exists()
    assert stored(book) == histogram(list(Response.objects.counted()))
    assert stored_scores(alice.organization) == expected_scores(alice.organization)
    assert stored_funnels(alice.organization) == expected_funnels(alice.organization)


def test_every_dimension_adds_up_to_the_responses_that_have_it(alice: Person) -> None:
    book = Book(alice.organization, seed=7)
    book.import_many(200)
    rollups.fold()
    expected = Counter(cell for response in book.responses for cell in has(response))

    found: Counter[tuple[str, str]] = Counter()
    for row in ScoreCount.objects.filter(organization=alice.organization):
        found[row.dimension, row.value] += sum(row.scores)

    assert found == expected
    assert {dimension for dimension, _value in found} == {
        *("", "language", "channel", "has_comment", "sentiment", "comment_language", "theme", "tag"),
        *("p.plan", "p.region"),
    }


def test_answers_and_asks_are_counted_by_the_variant_that_was_sent(alice: Person) -> None:
    book = Book(alice.organization, seed=12)
    for _ in range(30):
        book.answer(book.invite())
    book.answer()  # without an ask there is no variant
    rollups.fold()
    asks = Counter(ask.variant for ask in Invitation.objects.filter(organization=alice.organization) if ask.variant)

    given = ScoreCount.objects.filter(organization=alice.organization, dimension="variant").order_by("id")
    sent = InvitationCount.objects.filter(organization=alice.organization, dimension="variant").order_by("id")

    assert set(asks) == {"A", "B"}
    for variant, count in asks.items():
        assert sum(sum(row.scores) for row in given if row.value == variant) == count
        assert sum(row.sent for row in sent if row.value == variant) == count
        assert sum(row.answered for row in sent if row.value == variant) == count
    assert {row.value for row in given} == {"A", "B"}, "no variant is nobody's row"


def test_the_funnel_knows_what_happened_before_the_message_was_noted_as_sent(alice: Person) -> None:
    book = Book(alice.organization, seed=3)
    unsent = book.invite(is_sent=False)
    book.answer(unsent)
    book.bounce(unsent)
    assert not InvitationDelta.objects.exists()

    book.send([unsent])
    rollups.fold()

    row = InvitationCount.objects.get(organization=alice.organization, dimension="")
    assert (row.sent, row.bounced, row.answered) == (1, 1, 1)
    assert gaps(alice.organization) == []


def test_the_funnel_follows_bounces_unsubscribes_and_retracted_answers(alice: Person) -> None:
    book = Book(alice.organization, seed=4)
    invitations = [book.invite() for _ in range(20)]
    answers = [book.answer(invitation) for invitation in invitations[:12]]
    for invitation in invitations[12:15]:
        book.bounce(invitation)
        book.bounce(invitation)
    for invitation in invitations[:2]:
        book.unsubscribe(invitation)
    book.change(answers[0], "response.uncounted", verdict="quarantined")
    rollups.fold()

    rows = InvitationCount.objects.filter(organization=alice.organization, dimension="")

    assert sum(row.sent for row in rows) == 20
    assert sum(row.bounced for row in rows) == 3
    assert sum(row.answered for row in rows) == 11
    assert sum(row.unsubscribed for row in rows) == 2
    assert sum(row.commented for row in rows) == sum(bool(answer.comment) for answer in answers[1:])
    assert gaps(alice.organization) == []


def test_folding_writes_nothing_twice(alice: Person) -> None:
    book = Book(alice.organization, seed=5)
    book.import_many(30)
    assert rollups.fold() == ScoreCount.objects.count() * 0 + 30 - _merged(book)
    once = stored(book)
    assert rollups.fold() == 0
    assert stored(book) == once


def _merged(book: Book) -> int:
    """How many imported responses share their delta with another one."""
    keys = {
        (
            *(r.campaign_id, r.property_set_id, r.day, r.language, r.channel, r.score),
            *(r.sentiment, r.comment_language, tuple(r.themes), tuple(r.tags)),
        )
        for r in book.responses
    }
    return len(book.responses) - len(keys)


@pytest.mark.parametrize("damage", ["lost", "doubled", "stray"])
def test_a_wrong_rollup_is_reported_and_repaired(alice: Person, damage: str) -> None:
    book = Book(alice.organization, seed=6)
    for _ in range(40):
        book.something_happens()
    rollups.fold(limit=40)
    row = ScoreCount.objects.filter(organization=alice.organization, dimension="p.plan").first()
    assert row
    if damage == "lost":
        row.delete()
    elif damage == "doubled":
        row.s9 = 2 * row.s9 + 1
        row.save()
    else:
        row.pk, row.value = None, "Nobody's plan"
        row.save()
        InvitationCount.objects.filter(organization=alice.organization).update(answered=999)

    assert {gap.dimension for gap in gaps(alice.organization)} >= {"p.plan"}
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)

    assert gaps(alice.organization) == []
    assert [rollups.repair(piece) for piece in rollups.slices(alice.organization.pk)].count(0) > 0


def test_rollups_can_be_built_from_nothing(alice: Person) -> None:
    book = Book(alice.organization, seed=8)
    Response.objects.bulk_create([book.row() for _ in range(100)])
    invitation = book.invite()
    Invitation.objects.filter(pk=invitation.pk).update(bounced_at=book.at)
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)
    assert gaps(alice.organization) == []
    assert sum(stored(book)) == 100


def test_one_organization_never_counts_another(alice: Person, charlie: Person) -> None:
    Book(alice.organization, seed=9).import_many(10)
    Book(charlie.organization, seed=10).import_many(3)
    rollups.fold()
    for piece in rollups.slices(charlie.organization.pk):
        rollups.repair(piece)
    rows = ScoreCount.objects.filter(organization=charlie.organization, dimension="")
    assert sum(sum(row.scores) for row in rows) == 3
