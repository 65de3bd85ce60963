"""Learning from an organization's own answers, by night. Heavy: for tasks."""

from datetime import datetime
from functools import partial
from typing import Final

from django.db import transaction

from surveys.accounts.models import Organization
from surveys.comments.actions import knowledge
from surveys.comments.actions.knowledge import KIND
from surveys.comments.actions.readings import wish
from surveys.comments.mind import language, learning, sentiment
from surveys.comments.mind.learning import Example, Learned
from surveys.comments.models import CommentNote, Lesson, SentimentRuling, ThemeRuling, Why
from surveys.core.apart import one_by_one
from surveys.core.choices import Category
from surveys.core.nps import classify
from surveys.responses.models import Response

MOST_EXAMPLES: Final = 5000  # the newest
_NEW_COMMENTS: Final = 50  # since the last lesson, and a tenth of what that one learned from
_NEW_RULINGS: Final = 5

_MEANT: Final = {Category.DETRACTOR: -1, Category.PASSIVE: 0, Category.PROMOTER: 1}


def learn_all(*, at: datetime) -> None:
    """Of every organization where there is enough that is new. What fails for one is raised when all others are done."""
    one_by_one(Organization.objects.order_by("pk"), partial(_learn_if_due, at=at))


def _learn_if_due(organization: Organization, *, at: datetime) -> None:
    if _is_due(organization):
        learn(organization=organization, at=at)


def _is_due(organization: Organization) -> bool:
    last = Lesson.objects.filter(organization=organization, kind=KIND).defer("weights").first()
    answers = Response.objects.counted().filter(organization=organization).exclude(comment="")
    rulings = [model.objects.filter(organization=organization) for model in (SentimentRuling, ThemeRuling)]
    if last is None:
        return answers[: learning.FEWEST].count() >= learning.FEWEST
    new = answers.filter(updated_at__gt=last.learned_at).count()
    ruled = sum(each.filter(at__gt=last.learned_at).count() for each in rulings)
    return new >= max(_NEW_COMMENTS, last.comments // 10) or ruled >= _NEW_RULINGS


def learn(*, organization: Organization, at: datetime) -> Learned | None:
    """Learn from its scores and rulings; kept only when it reads held-back comments no worse than what was known.

    Then themes are looked for and everything is read anew. None when there is too little to learn from.
    """
    learned = learning.learn(examples(organization), knowledge.weights(organization.pk))
    if learned is None:
        return None
    with transaction.atomic():
        _keep(organization, learned, at)
        wish(organization=organization, why=Why.SEARCH, of=None, at=at)
    return learned


def examples(organization: Organization) -> list[Example]:
    rows = Response.objects.counted().filter(organization=organization).exclude(comment="")
    readable = rows.exclude(pk__in=CommentNote.objects.unreadable().filter(organization=organization).values("pk"))
    newest = list(
        readable.order_by("-responded_at", "-pk").only("pk", "comment", "score", "comment_language", "language")[
            :MOST_EXAMPLES
        ]
    )
    ruled = dict(SentimentRuling.objects.filter(organization=organization).values_list("response_id", "sentiment"))
    spoken = [language.of_words(row.comment_language or row.language) for row in newest]
    comments = sentiment.comments([row.comment for row in newest], spoken)
    return [
        Example(row.pk, comment, ruled.get(row.pk, _MEANT[classify(row.score)]), row.pk in ruled)
        for row, comment in zip(newest, comments, strict=True)
    ]


def _keep(organization: Organization, learned: Learned, at: datetime) -> None:
    """What is worse is noted, and what was known stays."""
    quality = {
        "f1": round(learned.quality, 4),
        "before": round(learned.before, 4),
        "held_back": learned.held_back,
        "kept": not learned.is_worse,
    }
    known = Lesson.objects.select_for_update().filter(organization=organization, kind=KIND).first()
    lesson = known or Lesson(organization=organization, kind=KIND, version=0, weights=b"")
    lesson.quality, lesson.learned_at, lesson.comments = quality, at, learned.learned_from
    if not learned.is_worse:
        lesson.weights = learned.weights.stored()
        lesson.version += 1
    lesson.save()
