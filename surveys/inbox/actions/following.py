"""Conversations follow their responses: the score, junk, and what the comment turned out to be about.

All read the current state, and may run twice and in any order.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from surveys.inbox import routing
from surveys.inbox.actions import assigning, changing, closing
from surveys.inbox.actions.changing import Doer
from surveys.inbox.models import CloseReason, Conversation, ConversationChange, Status, Team
from surveys.responses.models import Response


def score(*, organization_id: int, response_id: int) -> None:
    """The conversation has the score that the customer gives now: it is held before the score is read, so that of two
    changes the later one stays."""
    about = Conversation.objects.filter(organization=organization_id, response=response_id)
    with transaction.atomic():
        held = about.select_for_update(no_key=True, of=("self",)).first()
        mine = Response.objects.filter(organization=organization_id, pk=response_id)
        now = mine.values_list("score", flat=True).first()
        if held is not None and now is not None and held.score != now:
            about.update(score=now, version=F("version") + 1)


def junk(*, organization_id: int, ids: Sequence[int], at: datetime) -> None:
    """Of what is junk the conversation closes, by itself; of what is junk no more, that one is as it was before."""
    with transaction.atomic():
        about = _held(organization_id, ids)
        is_junk = dict(Response.objects.filter(pk__in=ids).values_list("pk", "excluded_at"))
        for each in about:
            if is_junk.get(each.response_id or 0) is not None:
                closing.close_as(each, CloseReason.JUNK, Doer(at))
            elif (each.close_reason, each.closed_by_id) == (CloseReason.JUNK, None):
                _as_before(each, at)


def _as_before(conversation: Conversation, at: datetime) -> None:
    """With the time by which we owed an answer, where nothing happened since."""
    line = conversation.changes.filter(kind="closed").order_by("-pk").first()
    if line is not None and closing.is_last(line, conversation):
        changing.change(conversation, "reopened", Doer(at), {"undone": True}, **changing.restored(line))
    else:
        closing.reopen_as(conversation, Doer(at))


def route(*, organization_id: int, ids: Sequence[int], at: datetime) -> None:
    """A comment was read, or came later than its score: what nobody was given yet goes to the team that wants it."""
    with transaction.atomic():
        waiting = [each for each in _held(organization_id, ids) if _is_anybodys(each)]
        if not waiting:
            return
        teams = list(Team.objects.filter(organization=organization_id).order_by("position", "pk"))
        given = set(_assigned(organization_id, [each.pk for each in waiting]))
        for each in waiting:
            response = each.response
            team = routing.first(teams, response) if response is not None and each.pk not in given else None
            if team is not None:
                assigning.give(each, assigning.by_turn(team, at), team, Doer(at), why="routed")


def _held(organization_id: int, ids: Sequence[int]) -> list[Conversation]:
    about = Conversation.objects.filter(organization=organization_id, response__in=ids)
    return changing.held_many(organization_id, about.order_by("pk").values_list("pk", flat=True))


def _is_anybodys(conversation: Conversation) -> bool:
    return (conversation.assignee_id, conversation.team_id) == (None, None) and conversation.status != Status.CLOSED


def _assigned(organization_id: int, conversations: Sequence[int]) -> list[int]:
    """Who was given to somebody once, and is nobody's again, was decided by a person."""
    found = ConversationChange.objects.filter(
        organization=organization_id, conversation__in=conversations, kind="assigned"
    )
    return list(found.values_list("conversation", flat=True))
