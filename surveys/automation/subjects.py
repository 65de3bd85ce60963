"""What a rule looks at: a response, an ask that nobody answered, a conversation that is overdue."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from django.db import connection

from surveys.accounts.models import Organization
from surveys.automation.models import Trigger
from surveys.core import nps
from surveys.core.choices import Category
from surveys.core.conditions.catalogue import Root
from surveys.inbox.models import Conversation
from surveys.responses.models import Response


@dataclass(frozen=True)
class Subject:
    """`key` makes it one of its kind; `score_before` is the customer's earlier answer, or this one's before a change."""

    key: str
    organization: Organization
    response: Response | None = None
    customer_id: int | None = None
    invitation_id: int | None = None
    conversation_id: int | None = None
    score_before: int | None = None

    @property
    def score(self) -> int | None:
        return self.response.score if self.response else None

    @property
    def who(self) -> int:
        """By whom it is decided who is held out."""
        return self.customer_id or (self.response.pk if self.response else 0)

    @classmethod
    def of_response(cls, response: Response, score_before: int | None) -> Self:
        return cls(
            key=f"response:{response.pk}",
            organization=response.organization,
            response=response,
            customer_id=response.customer_id,
            invitation_id=response.invitation_id,
            score_before=score_before,
        )

    @classmethod
    def of_conversation(cls, found: Conversation) -> Self:
        return cls(
            key=f"conversation:{found.pk}",
            organization=found.organization,
            response=found.response,
            customer_id=found.customer_id,
            invitation_id=found.response.invitation_id if found.response else None,
            conversation_id=found.pk,
        )


def root(trigger: str) -> Root:
    """What the conditions of a rule are about."""
    return Root.CUSTOMER if trigger == Trigger.SILENT else Root.RESPONSE


_BEFORE: Final = """
    SELECT score FROM surveys_response
    WHERE organization_id = %s AND customer_id = %s AND (responded_at, id) < (%s, %s)
      AND verdict = 'confirmed' AND excluded_at IS NULL
    ORDER BY responded_at DESC, id DESC LIMIT 1
"""


def score_before(response: Response) -> int | None:
    """What the customer said in their answer before this one; only what counts."""
    if response.customer_id is None:
        return None
    scope: list[int | datetime] = [
        response.organization_id,
        response.customer_id,
        response.responded_at,
        response.pk,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, scope)
        found = cursor.fetchone()
    return found[0] if found else None


# Rules that wait for these compare with what the answer was before, whichever that was: another one, or this one before
# it was changed. What their conditions ask about "the answer before" is the same.
COMPARES: Final = frozenset({Trigger.AMENDED, Trigger.FELL, Trigger.ROSE})
BEFORE: Final = ("score_before", "category_before")  # fields of conditions


_RANK: Final = {Category.DETRACTOR: 0, Category.PASSIVE: 1, Category.PROMOTER: 2}


def moved(before: int | None, now: int | None) -> int:
    """By how many categories it rose; negative: it fell. 0 when there is nothing to compare with."""
    if before is None or now is None:
        return 0
    return _RANK[nps.classify(now)] - _RANK[nps.classify(before)]


def has_happened(trigger: str, subject: Subject) -> bool:
    """Whether what the rule waits for is true of it; that it was confirmed or changed, the event has said."""
    match trigger:
        case Trigger.FELL:
            return moved(subject.score_before, subject.score) < 0
        case Trigger.ROSE:
            return moved(subject.score_before, subject.score) > 0
        case Trigger.COMMENTED:
            return subject.response is not None and bool(subject.response.comment)
    return True
