"""What pages tell about who looks at them: kept in one statement each, and weighed where it may settle an answer."""

from datetime import datetime

from django.conf import settings
from django.db import connection

from surveys.responses import kept, survey, verdicts
from surveys.responses.actions.answering import LATELY
from surveys.responses.actions.settling import doubt, settle_early
from surveys.responses.models import Act
from surveys.responses.survey import Evidence


def tell(*, invitation: int, kind: Act, score: int | None, evidence: Evidence, at: datetime) -> bool:
    """Keep that a style was loaded, a page was seen, or the trap was fetched; whether there was room for it.

    Nothing is kept for an invitation without an answer, but for the trap.
    """
    parameters = {
        "invitation": invitation,
        "kind": str(kind),
        "score": score,
        "at": at,
        "lately": at - LATELY,
        "most": settings.CLICKS_PER_LINK,
        "most_ever": kept.MOST,
        **evidence.as_parameters,
    }
    with connection.cursor() as cursor:
        cursor.execute(survey.TOLD, parameters)
        return bool(cursor.rowcount)


def trapped(*, invitation: int, evidence: Evidence, at: datetime) -> None:
    """Keep that the trap was fetched; what counts since a moment ago by a look alone settles once more."""
    if tell(invitation=invitation, kind=Act.TRAP, score=None, evidence=evidence, at=at):
        doubt(invitation=invitation, at=at)


def saw(*, invitation: int, score: int, evidence: Evidence, at: datetime) -> None:
    """Keep what the page's script saw; when a person shows in it, the answer counts at once."""
    if not tell(invitation=invitation, kind=Act.SEEN, score=score, evidence=evidence, at=at):
        return
    signals = evidence.signals or {}
    if signals.get("hand") or signals.get("seconds", 0) >= verdicts.DEFAULT.in_view:
        settle_early(invitation=invitation, at=at)
