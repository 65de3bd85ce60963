"""One change of a conversation: its columns, the next version, the line between its messages, and the event, together.

Every act of this folder goes through here, and so does what happens by itself. The caller holds the row.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from surveys.accounts.models import Membership
from surveys.inbox import queries
from surveys.inbox.models import Conversation, ConversationChange, Team
from surveys.outbox import actions as outbox

# Changes that others are told of; the rest is between colleagues who look at the page.
EVENTS: Final = frozenset({"opened", "assigned", "waiting", "closed", "reopened", "overdue", "escalated", "heard"})

# Nobody did anything: they do not bring a conversation to the top of a list.
BY_THE_CLOCK: Final = frozenset({"overdue", "escalated"})


class ChangedMeanwhile(Exception):
    """A colleague, the customer or a rule was faster. `conversation` is as it stands now; `by` is the last who changed it
    (the key of a user), None for what happened by itself."""

    def __init__(self, conversation: Conversation, line: ConversationChange | None = None) -> None:
        super().__init__(f"conversation {conversation.pk} is at version {conversation.version}")
        self.conversation = conversation
        last = line or ConversationChange.objects.filter(conversation=conversation).order_by("-pk").first()
        self.by = last.actor_id if last else None


@dataclass(frozen=True)
class Doer:
    """Who does it, and when: a colleague, a rule, an act on many – or nobody, where it happens by itself."""

    at: datetime
    user: int | None = None
    rule: int | None = None
    act: int | None = None

    @classmethod
    def of(cls, by: Membership | None, at: datetime, rule: int | None = None) -> "Doer":
        return cls(at, by.user_id if by else None, rule)


def held(conversation: Conversation) -> Conversation:
    """The row as it stands, locked until the transaction ends. Raises Conversation.DoesNotExist when it is gone."""
    rows = Conversation.objects.select_for_update(no_key=True, of=("self",)).select_related("organization")
    return rows.get(organization=conversation.organization_id, pk=conversation.pk)


def held_many(organization_id: int, ids: Iterable[int]) -> list[Conversation]:
    """As `held`, in the order of their keys, so that two who hold many never wait for each other."""
    rows = Conversation.objects.select_for_update(no_key=True, of=("self",)).select_related("organization")
    return list(rows.filter(organization=organization_id, pk__in=list(ids)).order_by("pk"))


def expect(conversation: Conversation, seen: int | None) -> None:
    """Raises ChangedMeanwhile when the page that somebody acts on showed an older version."""
    if seen is not None and seen != conversation.version:
        raise ChangedMeanwhile(conversation)


def expect_no(conversation: Conversation, kind: str, seen: int | None) -> None:
    """Raises ChangedMeanwhile when this was done since version `seen`. Whatever else happened does not matter."""
    if seen is None or seen == conversation.version:
        return
    later = ConversationChange.objects.filter(conversation=conversation, version__gt=seen, kind=kind).order_by("-pk")
    if (line := later.first()) is not None:
        raise ChangedMeanwhile(conversation, line)


def change(
    conversation: Conversation, kind: str, doer: Doer, facts: dict[str, Any] | None = None, **columns: Any
) -> None:
    """Write the columns, with what they were before, and tell. `facts` are numbers and codes, never names of customers."""
    told = facts or {}
    if kind == "reopened":
        columns = _whose_still(conversation) | columns
    differing = {name: value for name, value in columns.items() if getattr(conversation, name) != value}
    before = {name: _plain(getattr(conversation, name)) for name in differing}
    if kind not in BY_THE_CLOCK:
        differing["touched_at"] = max(conversation.touched_at, doer.at)
    _write(conversation, differing)
    ConversationChange.objects.create(
        organization_id=conversation.organization_id,
        conversation=conversation,
        at=doer.at,
        actor_id=doer.user,
        rule_id=doer.rule,
        act=doer.act,
        kind=kind,
        facts=told | {"before": before},
        version=conversation.version,
    )
    if kind in EVENTS:
        outbox.publish(f"conversation.{kind}", conversation, at=doer.at, **told, **_who(conversation, doer))


def _whose_still(conversation: Conversation) -> dict[str, None]:
    """What was closed stays with who closed it. Open again it is with nobody who has left, and with no team that is gone."""
    gone: dict[str, None] = {}
    if conversation.assignee_id and not queries.may_answer(conversation.organization_id, conversation.assignee_id):
        gone["assignee_id"] = None
    teams = Team.objects.filter(organization=conversation.organization_id, pk=conversation.team_id or 0)
    if conversation.team_id and not teams.exists():
        gone["team_id"] = None
    return gone


def write(conversation: Conversation, doer: Doer, **columns: Any) -> None:
    """Columns alone: for what has a message of its own on the page."""
    _write(conversation, columns | {"touched_at": max(conversation.touched_at, doer.at)})


def _write(conversation: Conversation, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        setattr(conversation, name, value)
    conversation.version += 1
    conversation.save(update_fields=[*columns, "version"])


def _who(conversation: Conversation, doer: Doer) -> dict[str, int | None]:
    """What an event tells of every change: who did it, and about whom."""
    about = {"response": conversation.response_id, "customer": conversation.customer_id}
    return {"by": doer.user, "rule": doer.rule, "act": doer.act, **about}


def restored(line: ConversationChange) -> dict[str, Any]:
    """The columns as they were before this change."""
    before: dict[str, Any] = line.facts.get("before", {})
    return {name: _read(name, value) for name, value in before.items()}


def _read(name: str, value: Any) -> Any:
    is_moment = name.endswith(("_at", "_until")) and value is not None
    return datetime.fromisoformat(value) if is_moment else value


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
