"""What customers say to the questions after the score. The caller holds the lock of the response."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from surveys.responses.models import Answer, Response
from surveys.responses.questionnaire import Value


def said_before(response: Response) -> dict[str, Value]:
    answers = Answer.objects.filter(organization=response.organization_id, response=response)
    return dict(answers.values_list("question", "value"))


def changed(answers: Mapping[str, Value], before: Mapping[str, Value]) -> dict[str, Value]:
    """Those that say something else than before; an empty answer where there was none says nothing."""
    return {key: value for key, value in answers.items() if value != before.get(key) and (value or key in before)}


def keep(response: Response, answers: Mapping[str, Value], at: datetime) -> None:
    """The latest counts. An empty one takes back what was said."""
    scope: dict[str, Any] = {"organization_id": response.organization_id, "response": response}
    taken_back = [key for key, value in answers.items() if not value]
    Answer.objects.filter(**scope, question__in=taken_back).delete()
    Answer.objects.bulk_create(
        [Answer(**scope, question=key, value=value, at=at) for key, value in answers.items() if value],
        update_conflicts=True,
        unique_fields=["organization", "response", "question"],
        update_fields=["value", "at"],
    )
    Response.objects.filter(pk=response.pk).update(updated_at=at)
