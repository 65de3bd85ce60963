"""Conversations tell colleagues: by the bell, and by mail as each has chosen. Subscribed in surveys/subscriptions.py.

Nobody is told of what they did themselves.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet

from surveys.accounts.models import Membership, Organization, Role, User
from surveys.accounts.permissions import Permission
from surveys.alerts.actions import forgetting
from surveys.alerts.actions.telling import tell
from surveys.alerts.audience import who_may
from surveys.alerts.models import Matter
from surveys.core import clock
from surveys.inbox import queries
from surveys.inbox.models import Conversation, InboxAct, InboxSettings, TeamMember
from surveys.outbox.models import Event

STALE: Final = timedelta(days=1)
_TOLD_OTHERWISE: Final = frozenset({"escalated", "team_deleted", "team_restored"})


def changed(event: Event) -> None:
    """After commit. What is told a day late is no news."""
    found = Conversation.objects.select_related("organization", "response").filter(
        organization=event.organization_id, pk=event.object_id
    )
    conversation = found.first()
    if conversation is not None and clock.now() - event.at <= STALE:
        _TELLS[event.kind](conversation, event)


def _tell(conversation: Conversation, event: Event, users: Iterable[int | None], matter: Matter, **facts: Any) -> None:
    tell(
        organization=conversation.organization,
        users=_besides(event, users),
        matter=matter,
        key=f"{event.kind}:{conversation.pk}:{event.pk}",
        response=conversation.response,
        conversation=conversation,
        facts={"customer": conversation.customer_id, **facts},
        at=event.at,
    )


def _besides(event: Event, users: Iterable[int | None]) -> QuerySet[User]:
    """Without whoever did it."""
    doer = event.payload.get("by")
    return User.objects.filter(pk__in={user for user in users if user is not None and user != doer})


def _assigned(conversation: Conversation, event: Event) -> None:
    """Whose it is now; without one, the team. Who has it still, or has it back by an undo, had been told."""
    told = event.payload
    if (
        told.get("why") in _TOLD_OTHERWISE
        or told.get("undone")
        or (told.get("to") is not None and told["to"] == told.get("from"))
    ):
        return
    to, team = told.get("to"), told.get("team")
    users = [to] if to is not None else _members(conversation.organization_id, team) if team is not None else []
    facts = {"team": team} if to is None else {}
    act = InboxAct.objects.filter(organization=event.organization_id, pk=told.get("act") or 0).first()
    if act is None or act.total == 1:
        _tell(conversation, event, users, Matter.ASSIGNED, **facts)
    else:
        _tell_of_many(conversation.organization, event, users, act, **facts)


def _tell_of_many(
    organization: Organization, event: Event, users: Iterable[int | None], act: InboxAct, **facts: Any
) -> None:
    """Once of each act, however many conversations it moves: whichever is told first speaks for all."""
    tell(
        organization=organization,
        users=_besides(event, users),
        matter=Matter.ASSIGNED,
        key=f"{event.kind}:act:{act.pk}",
        facts={"act": act.pk, "many": act.total, "by": act.created_by_id, **facts},
        at=event.at,
    )


def _members(organization: int, team: int) -> Sequence[int]:
    return list(TeamMember.objects.filter(organization=organization, team=team).values_list("user", flat=True))


def _concerned(conversation: Conversation, at: datetime) -> Sequence[int]:
    """Whose it is, with the team while they are away; else the team, else who looks after the customer, else nobody."""
    if conversation.assignee_id is not None:
        is_away = conversation.assignee_id in queries.away(conversation.organization, at)
        team = _members(conversation.organization_id, conversation.team_id or 0) if is_away else []
        return [conversation.assignee_id, *team]
    if conversation.team_id is not None:
        return _members(conversation.organization_id, conversation.team_id)
    owner = conversation.customer.owner_id if conversation.customer else None
    return [owner] if owner is not None else []


def _heard(conversation: Conversation, event: Event) -> None:
    message = queries.heard(conversation, event.at)
    _tell(conversation, event, _concerned(conversation, event.at), Matter.REPLIED, message=message)


def _overdue(conversation: Conversation, event: Event) -> None:
    if conversation.overdue_at is None:
        return  # it was answered meanwhile
    users: set[int | None] = {*_concerned(conversation, event.at)}
    if _is_handed_up(conversation, event.at):
        users -= {*_superiors(conversation.organization_id, None)}  # they are told that it was
    _tell(conversation, event, users, Matter.OVERDUE)


def _is_handed_up(conversation: Conversation, overdue_at: datetime) -> bool:
    """Already, or in a moment: what was late for long when it was marked is handed up by the same sweep."""
    handed_up = conversation.escalate_at
    return conversation.escalated_at is not None or (handed_up is not None and handed_up <= overdue_at)


def _escalated(conversation: Conversation, event: Event) -> None:
    users = _superiors(conversation.organization_id, event.payload.get("to"))
    _tell(conversation, event, users, Matter.OVERDUE, escalated=True)


def _superiors(organization: int, to: int | None) -> Sequence[int]:
    """Who was chosen when it was handed up, else who is by the settings, else the owners."""
    if to is None:
        chosen = InboxSettings.objects.filter(organization=organization).first()
        to = chosen.escalate_to_id if chosen else None
    if to is not None:
        return [to]
    return list(Membership.objects.filter(organization=organization, role=Role.OWNER).values_list("user", flat=True))


def _noted(conversation: Conversation, event: Event) -> None:
    told = event.payload
    mentions, message = told.get("mentions", []), told.get("message")
    _tell(conversation, event, mentions, Matter.MENTIONED, by=told.get("by"), message=message)


_TELLS: Final = {
    "conversation.assigned": _assigned,
    "conversation.heard": _heard,
    "conversation.overdue": _overdue,
    "conversation.escalated": _escalated,
    "conversation.noted": _noted,
}
TOLD_OF: Final = tuple(_TELLS)


def unrouted(event: Event) -> None:
    """After commit: mail that belongs to no conversation waits for somebody. Told once an hour, however much comes."""
    organization = Organization.objects.get(pk=event.organization_id)
    tell(
        organization=organization,
        users=who_may(organization, Permission.ANSWER_CUSTOMERS),
        matter=Matter.UNROUTED,
        key=f"unrouted:{event.at:%Y-%m-%dT%H}",
        facts={"mail": event.object_id},
        at=event.at,
    )


def people_go(event: Event) -> None:
    """In the transaction, before their conversations let go of them: nobody is told of them any more."""
    mine = Conversation.objects.filter(organization=event.organization_id, customer__in=event.payload["ids"])
    forgetting.of_conversations(
        organization_id=event.organization_id, ids=list(mine.values_list("pk", flat=True).order_by())
    )
