"""Conversations tell colleagues: by the bell, and by mail as each has chosen. Subscribed in surveys/subscriptions.py.

Nobody is told of what they did themselves.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from surveys.accounts import permissions
from surveys.accounts.models import Membership, Organization, Role, User
from surveys.accounts.permissions import Permission
from surveys.alerts.actions import forgetting
from surveys.alerts.actions.telling import tell
from surveys.alerts.models import Matter
from surveys.core import clock
from surveys.inbox.models import Conversation, InboxSettings, TeamMember
from surveys.outbox.models import Event

STALE: Final = timedelta(days=1)


def changed(event: Event) -> None:
    """After commit. What is told a day late is no news."""
    found = Conversation.objects.select_related("organization", "response").filter(
        organization=event.organization_id, pk=event.object_id
    )
    conversation = found.first()
    if conversation is not None and clock.now() - event.at <= STALE:
        _TELLS[event.kind](conversation, event)


def _tell(conversation: Conversation, event: Event, users: Iterable[int | None], matter: Matter, **facts: Any) -> None:
    doer = event.payload.get("by")
    wanted = {user for user in users if user is not None and user != doer}
    tell(
        organization=conversation.organization,
        users=User.objects.filter(pk__in=wanted),
        matter=matter,
        key=f"{event.kind}:{conversation.pk}:{event.pk}",
        response=conversation.response,
        conversation=conversation,
        facts={"customer": conversation.customer_id, **facts},
        at=event.at,
    )


def _assigned(conversation: Conversation, event: Event) -> None:
    """Whose it is now; without one, the team. Many at once, by one act, are told one by one: a mail takes them together."""
    if event.payload.get("why") == "escalated":
        return  # they are told that it was handed up to them
    to, team = event.payload.get("to"), event.payload.get("team")
    if to is not None:
        _tell(conversation, event, [to], Matter.ASSIGNED)
    elif team is not None:
        _tell(conversation, event, _members(conversation.organization_id, team), Matter.ASSIGNED, team=team)


def _members(organization: int, team: int) -> Sequence[int]:
    return list(TeamMember.objects.filter(organization=organization, team=team).values_list("user", flat=True))


def _concerned(conversation: Conversation) -> Sequence[int]:
    """Whose it is, else the team, else who looks after the customer, else nobody."""
    if conversation.assignee_id is not None:
        return [conversation.assignee_id]
    if conversation.team_id is not None:
        return _members(conversation.organization_id, conversation.team_id)
    owner = conversation.customer.owner_id if conversation.customer else None
    return [owner] if owner is not None else []


def _heard(conversation: Conversation, event: Event) -> None:
    _tell(conversation, event, _concerned(conversation), Matter.REPLIED)


def _overdue(conversation: Conversation, event: Event) -> None:
    if conversation.overdue_at is None:
        return  # it was answered meanwhile
    _tell(conversation, event, _concerned(conversation), Matter.OVERDUE)


def _escalated(conversation: Conversation, event: Event) -> None:
    """To whom the event says, else to whom the settings say, else to the owners."""
    to = event.payload.get("to")
    if to is None:
        chosen = InboxSettings.objects.filter(organization=conversation.organization_id).first()
        to = chosen.escalate_to_id if chosen else None
    owners = Membership.objects.filter(organization=conversation.organization_id, role=Role.OWNER)
    users = [to] if to is not None else list(owners.values_list("user", flat=True))
    _tell(conversation, event, users, Matter.OVERDUE, escalated=True)


def _noted(conversation: Conversation, event: Event) -> None:
    mentions, by = event.payload.get("mentions", []), event.payload.get("by")
    _tell(conversation, event, mentions, Matter.MENTIONED, by=by)


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
    members = Membership.objects.filter(organization=organization).select_related("user")
    tell(
        organization=organization,
        users=[each.user for each in members if permissions.allows(each.role, Permission.ANSWER_CUSTOMERS)],
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
