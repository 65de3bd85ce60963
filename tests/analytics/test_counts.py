"""Every way of asking gives what counting the responses one by one gives, whichever path answers."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from surveys.analytics.counting import counts, funnels
from surveys.analytics.upkeep import rollups
from surveys.core.choices import Category, Channel
from surveys.core.filters import UNSET, Filters
from surveys.core.periods import Period, Unit
from surveys.delivery.models import Invitation
from surveys.responses.models import Response
from tests.analytics import book as books
from tests.analytics.book import DAYS, FIRST, LANGUAGES, PLANS, REGIONS, TAGS, THEMES, Book
from tests.people import Person

DIMENSIONS = (
    None, "p.plan", "p.region", "language", "channel", "has_comment", "theme", "tag", "sentiment", "comment_language",
)  # fmt: skip


def some_filters(rng: random.Random, book: Book) -> Filters:
    """Any combination, each part unset more often than not."""

    def maybe(choice):
        return choice if rng.random() < 0.35 else None

    properties = {
        key: tuple(sorted(rng.sample(values, rng.randint(1, 2))))
        for key, values in (("plan", PLANS), ("region", REGIONS))
        if rng.random() < 0.4
    }
    return Filters(
        campaign=maybe(rng.choice(book.campaigns).pk),
        scores=maybe((0, 3, 8, 9)) or (),
        category=maybe(rng.choice(list(Category))),
        language=maybe(rng.choice(LANGUAGES)),
        channel=maybe(rng.choice([Channel.EMAIL.value, Channel.IMPORT.value])),
        has_comment=maybe(rng.random() < 0.5),
        properties=tuple(sorted(properties.items())),
        **some_of_comments(rng),
    )


def some_of_comments(rng: random.Random) -> dict[str, Any]:
    """Less often: few responses have all of this."""
    if rng.random() < 0.6:
        return {}
    chosen: list[dict[str, Any]] = [
        {"words": rng.choice(("because", "W", "%", "ca_se"))},
        {"themes": tuple(sorted(rng.sample(THEMES, rng.randint(1, 2))))},
        {"tags": (rng.choice(TAGS),)},
        {"sentiment": rng.choice(("-1", "0", "1", ""))},
        {"comment_language": rng.choice(LANGUAGES)},
    ]
    picked = rng.sample(chosen, rng.randint(1, 2))
    return {name: value for part in picked for name, value in part.items()}


def counted_one_by_one(question: counts.Question) -> counts.Cells:
    cells: dict[counts.Cell, Counter[int]] = {}
    for response in Response.objects.counted().filter(organization=question.organization):
        if response.day not in question.period or not books.passes(response, question.filters):
            continue
        bucket = sum(start <= response.day for start in question.starts) - 1 if question.starts else 0
        for value in books.values(response, question.by) if question.by else [""]:
            if not is_chosen(value, question):
                continue
            cells.setdefault((bucket, value), Counter())[response.score] += 1
    return {cell: [given[score] for score in range(11)] for cell, given in cells.items()}


def is_chosen(value: str, question: counts.Question) -> bool:
    """Of themes and tags, under a filter on them, only those are told apart that were chosen."""
    chosen = {"theme": question.filters.themes, "tag": question.filters.tags}.get(question.by or "")
    return not chosen or int(value) in chosen


@pytest.mark.parametrize("seed", range(4))
def test_any_question_is_answered_exactly(alice: Person, charlie: Person, seed: int) -> None:
    rng = random.Random(seed)
    Book(charlie.organization, seed).import_many(50)
    book = Book(alice.organization, seed)
    book.import_many(150)
    rollups.fold()
    for _ in range(40):  # these stay unfolded
        book.something_happens()

    for _ in range(60):
        first = FIRST + timedelta(days=rng.randrange(DAYS))
        period = Period(first, first + timedelta(days=rng.randrange(40)))
        starts = tuple(bucket.first for bucket in period.buckets(rng.choice(list(Unit))))
        by = rng.choice(DIMENSIONS)
        question = counts.Question(alice.organization, period, some_filters(rng, book), starts, by)
        assert counts.scores(question) == counted_one_by_one(question), question


def test_both_paths_are_taken(alice: Person, django_assert_num_queries) -> None:
    """Otherwise the test above says less than it seems to. (What is scanned begins with what is counted already.)"""
    period = Period(FIRST, FIRST)
    one = Filters(properties=(("plan", ("Pro",)),), campaign=3, category=Category.PROMOTER)
    for filters, by, table in [
        (one, None, "surveys_scorecount"),
        (one, "p.plan", "surveys_scorecount"),
        (one, "p.region", "surveys_response"),
        (Filters(properties=(("plan", ("Pro",)), ("region", ("EU",)))), None, "surveys_response"),
        (Filters(themes=(1,)), None, "surveys_scorecount"),
        (Filters(themes=(1, 2)), None, "rolled"),
        (Filters(language="de", has_comment=True), None, "rolled"),
    ]:
        with django_assert_num_queries(1) as captured:
            counts.scores(counts.Question(alice.organization, period, filters, by=by))
        assert f"FROM {table}" in captured[0]["sql"]


@pytest.mark.parametrize("seed", range(2))
def test_any_funnel_is_that_of_the_invitations_one_by_one(alice: Person, seed: int) -> None:
    rng = random.Random(seed)
    book = Book(alice.organization, seed)
    invitations = [book.invite() for _ in range(60)]
    for invitation in rng.sample(invitations, 30):
        book.answer(invitation)
    for invitation in rng.sample(invitations, 10):
        book.bounce(invitation)
    for invitation in rng.sample(invitations, 5):
        book.unsubscribe(invitation)
    rollups.fold(limit=50)

    for _ in range(40):
        first = FIRST + timedelta(days=rng.randrange(DAYS))
        period = Period(first, first + timedelta(days=rng.randrange(40)))
        filters = some_filters(rng, book).narrowed(
            scores=(),
            category=None,
            has_comment=None,
            words="",
            themes=(),
            tags=(),
            sentiment=None,
            comment_language=None,
        )
        assert funnels.funnel(alice.organization, period, filters) == invited_one_by_one(period, filters), filters
    whole = Period(FIRST, FIRST + timedelta(days=DAYS))
    nothing = Filters(properties=(("plan", (UNSET,)), ("region", (UNSET,))))
    assert Invitation.objects.filter(property_set=None).exists()
    for filters in (nothing, nothing.narrowed(language="de"), nothing.narrowed(properties=nothing.properties[:1])):
        assert funnels.funnel(alice.organization, whole, filters) == invited_one_by_one(whole, filters), filters


def invited_one_by_one(period: Period, filters: Filters) -> funnels.Funnel:
    total: Counter[str] = Counter()
    for invitation in Invitation.objects.select_related("property_set", "response"):
        as_response = Response(
            campaign_id=invitation.campaign_id,
            property_set=invitation.property_set,
            language=invitation.language,
            channel=Channel.EMAIL,
            score=0,
        )
        assert invitation.sent_day
        if invitation.sent_day not in period or not books.passes(as_response, filters):
            continue
        answer = getattr(invitation, "response", None)
        total["sent"] += 1
        total["bounced"] += invitation.bounced_at is not None
        total["unsubscribed"] += invitation.unsubscribed_at is not None
        total["answered"] += answer is not None
        total["commented"] += bool(answer and answer.comment)
    return funnels.Funnel(**total)


def test_there_is_no_response_rate_of_those_who_answered(alice: Person) -> None:
    for filters in (Filters(category=Category.PROMOTER), Filters(has_comment=False), Filters(scores=(1,))):
        assert funnels.funnel(alice.organization, Period(FIRST, FIRST), filters) is None
