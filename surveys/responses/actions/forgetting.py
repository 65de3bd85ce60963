"""Answers of people who are deleted or erased, and answers whose time is over. All set-wise, in the caller's transaction.

Invitations are locked before their responses, as everywhere.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import F, Func, Value

from surveys.delivery.models import Invitation
from surveys.outbox import actions as outbox
from surveys.responses.actions import reading
from surveys.responses.models import Answer, ClickEvent, Response, ResponseAct, ResponseChange, ResponseRevision


def of_people(organization_id: int, people: Sequence[int]) -> list[int]:
    """The keys of all that they answered, counted or not, locked."""
    theirs = Response.objects.filter(organization=organization_id, customer__in=people).order_by("pk")
    return list(theirs.select_for_update().values_list("pk", flat=True))


def invitations_of(organization_id: int, people: Sequence[int]) -> list[int]:
    theirs = Invitation.objects.filter(organization=organization_id, customer__in=people).order_by("pk")
    return list(theirs.values_list("pk", flat=True))


def separate(*, organization_id: int, responses: Sequence[int], at: datetime) -> None:
    """They go on as they are, and nobody knows whose they were. What a colleague noted about one might say it.

    Publishes `responses.separated`.
    """
    if not responses:
        return
    _publish("responses.separated", organization_id, responses, at)
    theirs = Response.objects.filter(organization=organization_id, pk__in=responses)
    theirs.update(customer=None, judged_note="", excluded_note="")
    noted = ResponseChange.objects.filter(organization=organization_id, response__in=responses, changes__has_key="note")
    acts = ResponseAct.objects.filter(organization=organization_id, pk__in=noted.values("act")).exclude(note="")
    acts.update(note="")
    noted.update(changes=Func(F("changes"), Value("note"), template="%(expressions)s", arg_joiner=" - "))


def remove(*, organization_id: int, responses: Sequence[int], at: datetime) -> int:
    """Delete them; those that counted count no more. Publishes `responses.uncounted`. Returns how many they were."""
    if not responses:
        return 0
    _publish("responses.uncounted", organization_id, responses, at)
    ResponseRevision.objects.filter(organization=organization_id, response__in=responses)._raw_delete("default")
    ResponseChange.objects.filter(organization=organization_id, response__in=responses)._raw_delete("default")
    remove_answers(organization_id=organization_id, responses=responses)
    Invitation.objects.filter(organization=organization_id, response__in=responses).update(answered_at=None)
    return int(Response.objects.filter(organization=organization_id, pk__in=responses)._raw_delete("default"))


def remove_comments(*, organization_id: int, responses: Sequence[int], at: datetime) -> int:
    """Scores stay, comments go, from the history too, with what was read out of them, and so does what was typed as an
    answer to a question.

    Publishes `responses.uncommented`. Returns of how many.
    """
    if not responses:
        return 0
    _publish("responses.uncommented", organization_id, responses, at)
    revisions = ResponseRevision.objects.filter(organization=organization_id, response__in=responses)
    revisions.exclude(comment="").update(comment="")
    Answer.objects.typed().filter(organization=organization_id, response__in=responses).delete()
    told = Response.objects.filter(organization=organization_id, pk__in=responses).exclude(comment="")
    return told.update(comment="", **reading.unread())


def remove_answers(*, organization_id: int, responses: Sequence[int]) -> None:
    """To the questions after the score, of whichever kind."""
    Answer.objects.filter(organization=organization_id, response__in=responses)._raw_delete("default")


def _publish(kind: str, organization_id: int, responses: Sequence[int], at: datetime) -> None:
    first = Response(pk=responses[0], organization_id=organization_id)
    outbox.publish(kind, first, at=at, responses=list(responses))


def blank_evidence(*, organization_id: int, invitations: Sequence[int]) -> None:
    """Of the clicks, when and on which score stays: it is why the answer counts."""
    clicks = ClickEvent.objects.filter(organization=organization_id, invitation_id__in=invitations)
    clicks.update(network="", user_agent="", signals={})


def remove_evidence(*, organization_id: int, invitations: Sequence[int]) -> None:
    ClickEvent.objects.filter(organization=organization_id, invitation_id__in=invitations)._raw_delete("default")


_SHARE: Final = """
    SELECT i.id FROM surveys_invitation i JOIN surveys_response r ON r.invitation_id = i.id
    WHERE r.organization_id = %s AND r.id = ANY(%s) ORDER BY i.id FOR NO KEY UPDATE OF i
"""


def hold(organization_id: int, responses: Sequence[int]) -> list[int]:
    """Lock these responses, their invitations first; returns the keys of those that are still there."""
    with connection.cursor() as cursor:
        cursor.execute(_SHARE, [organization_id, list(responses)])
    there = Response.objects.filter(organization=organization_id, pk__in=responses).order_by("pk")
    return list(there.select_for_update().values_list("pk", flat=True))
