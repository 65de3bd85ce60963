"""Whose a conversation is."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from surveys.accounts import access
from surveys.accounts.models import Membership, User
from surveys.accounts.permissions import Permission
from surveys.inbox.actions.opening import note
from surveys.inbox.models import Conversation, Team, TeamMember
from surveys.outbox import actions as outbox


def assign(
    *,
    conversation: Conversation,
    to: User | None,
    team: Team | None,
    by: Membership | None,
    rule_id: int | None = None,
    at: datetime,
) -> None:
    """To a colleague, a team, or both; to nobody when both are None."""
    if by is not None:
        access.require(by, Permission.ANSWER_CUSTOMERS)
    with transaction.atomic():
        locked = Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
        if (locked.assignee_id, locked.team_id) == (to.pk if to else None, team.pk if team else None):
            return
        Conversation.objects.filter(pk=locked.pk).update(
            assignee=to, team=team, touched_at=at, version=F("version") + 1
        )
        people = {"to": to.pk if to else None, "team": team.pk if team else None}
        note(locked, "assigned", by, rule_id, at, **people)
        outbox.publish("conversation.assigned", locked, at=at, rule=rule_id, **people)


def next_in_turn(team: Team, *, at: datetime) -> User | None:
    """Who of the team is next, after whoever was last. Two at once never get the same turn; who is away gets none.

    `at` is for who is away by the calendar.
    """
    with transaction.atomic():
        locked = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
        there = TeamMember.objects.filter(team=locked, is_away=False).select_related("user").order_by("pk")
        members = list(there)
        if not members:
            return None
        after = [member for member in members if member.pk > (locked.last_taken or 0)]
        taken = (after or members)[0]
        Team.objects.filter(pk=locked.pk).update(last_taken=taken.pk)
        return taken.user
