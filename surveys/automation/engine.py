"""What happened starts rules. Subscribed in surveys/subscriptions.py to what customers do, and to nothing that rules do:
so no rule ever starts another, see docs/automation.md."""

from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from surveys.automation import subjects
from surveys.automation.actions import starting
from surveys.automation.actions.starting import Happened
from surveys.automation.looking import Looker
from surveys.automation.models import RuleRun, RunOutcome, Trigger
from surveys.automation.subjects import Subject
from surveys.inbox.models import Conversation
from surveys.outbox.models import Event
from surveys.responses.models import Response

# Which triggers an event sets off. A rule whose conditions did not hold looks again whenever the response changes.
SETS_OFF: Final[dict[str, frozenset[str]]] = {
    "response.confirmed": frozenset({Trigger.CONFIRMED, Trigger.COMMENTED, Trigger.FELL, Trigger.ROSE}),
    "response.amended": frozenset({Trigger.AMENDED, Trigger.FELL, Trigger.ROSE}),
    "response.commented": frozenset({Trigger.COMMENTED}),
    "responses.read": frozenset(),
    "conversation.overdue": frozenset({Trigger.OVERDUE}),
}
_OF_RESPONSES: Final = frozenset(Trigger) - {Trigger.SILENT, Trigger.OVERDUE}


def consider(event: Event) -> None:
    """Let rules look at what happened. Twice, and beside another task, it does nothing more."""
    if not starting.may_start(event.organization_id):
        return
    with transaction.atomic():
        if event.kind == "responses.read":
            _consider_read(event)
        elif event.kind == "conversation.overdue":
            _consider_conversation(event)
        else:
            _consider_response(event)


def _consider_response(event: Event) -> None:
    response = _responses(event).filter(pk=event.object_id).first()
    if response is not None:
        _look(response, event.at, SETS_OFF[event.kind], _said_before(event.payload.get("before")))


def _look(
    response: Response, at: datetime, triggers: frozenset[str], before: int | None, looker: Looker | None = None
) -> None:
    """Of a response that changed, what is compared is what it said itself; else the customer's answer before."""
    if not response.is_counted:
        return
    score_before = before if before is not None else subjects.score_before(response)
    subject = Subject.of_response(response, score_before)
    starting.consider(Happened(subject, at, triggers, _OF_RESPONSES - triggers), looker)


def _said_before(before: dict[str, Any] | None) -> int | None:
    return before["score"] if before else None


def _consider_read(event: Event) -> None:
    """What was read out of comments may be what a rule has waited for."""
    waiting = RuleRun.objects.filter(response__in=event.payload["responses"], outcome=RunOutcome.NOT_MET)
    ids = waiting.filter(organization=event.organization_id, rule__is_on=True).values("response")
    looker: Looker | None = None
    for response in _responses(event).filter(pk__in=ids).order_by("pk"):
        looker = looker or Looker(response.organization)
        _look(response, event.at, frozenset(), None, looker)


def _responses(event: Event) -> QuerySet[Response]:
    """Held, so that what is looked at does not change meanwhile: a comment that comes waits, and is looked at next."""
    mine = Response.objects.filter(organization=event.organization_id).select_related("organization")
    return mine.select_for_update(no_key=True, of=("self",))


def _consider_conversation(event: Event) -> None:
    mine = Conversation.objects.filter(organization=event.organization_id, pk=event.object_id)
    held = mine.select_for_update(no_key=True, of=("self",))
    found = held.select_related("organization", "response__organization").first()
    if found is not None and found.overdue_at is not None:
        starting.consider(Happened(Subject.of_conversation(found), event.at, SETS_OFF[event.kind]))
