"""One conversation of the past as it is made up: what was done and written in it, with all that the product would have kept.

Nothing is stored here, and nothing is told to anybody: what happened is long over. `unfolding.py` says what happens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from surveys.inbox.actions import turns
from surveys.inbox.actions.changing import BY_THE_CLOCK
from surveys.inbox.models import Conversation, ConversationChange, Message, MessageKind, Status
from surveys.inbox.promises import Promises


@dataclass
class Talk:
    """In the order in which it happened; each act is no earlier than the one before."""

    conversation: Conversation
    promises: Promises
    messages: list[Message] = field(default_factory=list)
    changes: list[ConversationChange] = field(default_factory=list)

    # ── What is done ──

    def open(self, at: datetime, *, by: int | None = None, rule: int | None = None) -> None:
        found = self.conversation
        found.opened_at = found.touched_at = found.turn_at = at
        found.opened_by_id, found.version = by, 0
        found.due_at = found.first_due_at = self.promises.due(found, at)
        self._change("opened", at, by, rule=rule)

    def give(
        self, to: int | None, team: int | None, at: datetime, *, by: int | None = None, rule: int | None = None
    ) -> None:
        before = self.conversation.assignee_id, self.conversation.team_id
        told = {"to": to, "team": team, "from": before[0], "from_team": before[1]}
        self._change("assigned", at, by, rule=rule, told=told, assignee_id=to, team_id=team)

    def prioritize(self, priority: int, at: datetime, *, by: int) -> None:
        self._change("prioritized", at, by, told={"priority": priority}, priority=priority)

    def go_overdue(self) -> None:
        """When what is owed was due."""
        due_at = self.conversation.due_at
        assert due_at is not None
        columns: dict[str, Any] = {"overdue_at": due_at, "escalate_at": self.promises.handed_up(due_at)}
        told = {"assignee": self.conversation.assignee_id, "team": self.conversation.team_id}
        self._change("overdue", due_at, None, told=told, **columns)

    def hand_up(self, to: int) -> None:
        at = self.conversation.escalate_at
        assert at is not None
        told = {"to": to, "assignee": self.conversation.assignee_id, "team": self.conversation.team_id}
        self._change("escalated", at, None, told=told, escalate_at=None, escalated_at=at)
        if self.conversation.assignee_id is None:
            self.give(to, self.conversation.team_id, at)

    def snooze(self, until: datetime, at: datetime, *, by: int) -> None:
        self._change("snoozed", at, by, told={"until": until.isoformat()}, snoozed_until=until)

    def close(self, reason: str, at: datetime, *, by: int) -> None:
        ended = {"close_reason": reason, "closed_at": at, "closed_by_id": by, "snoozed_until": None}
        columns = turns.NOT_OURS | {"escalated_at": None, "status": Status.CLOSED} | ended
        self._change("closed", at, by, told={"reason": reason}, **columns)

    # ── What is written ──

    def reply(self, text: str, at: datetime, *, by: int) -> None:
        self._write(MessageKind.REPLY, text, at, author_id=by)
        first = {} if self.conversation.first_reply_at else {"first_reply_at": at, "first_reply_by_id": by}
        columns = turns.NOT_OURS | first | {"last_reply_at": at, "snoozed_until": None, "escalated_at": None}
        self._change("waiting", at, by, status=Status.WAITING, **columns)

    def hear(self, text: str, at: datetime, *, from_address: str, quoted: str = "") -> None:
        self._write(MessageKind.INBOUND, text, at, from_address=from_address, quoted=quoted)
        columns = turns.ours(self.conversation, self.promises, at) | {"last_heard_at": at, "snoozed_until": None}
        if self.conversation.status == Status.CLOSED:
            again = {"reopened": self.conversation.reopened + 1, **turns.NOT_CLOSED}
            self._change("reopened", at, None, **again, status=Status.OPEN)
        self._change("heard", at, None, **columns)

    def hear_a_machine(self, text: str, at: datetime, *, from_address: str) -> None:
        """Nobody's turn changes."""
        self._write(MessageKind.INBOUND, text, at, from_address=from_address, is_automatic=True)
        self._touch(at)

    def mail(self, text: str, at: datetime, *, author: int | None) -> None:
        """A rule's mail: nobody's turn changes."""
        self._write(MessageKind.AUTOMATIC, text, at, author_id=author)
        self._touch(at)

    def note(self, text: str, at: datetime, *, by: int, mentions: Sequence[int] = ()) -> None:
        self._write(MessageKind.NOTE, text, at, author_id=by, mentions=list(mentions))
        self._touch(at)

    # ── Pieces ──

    def _write(self, kind: MessageKind, text: str, at: datetime, **columns: Any) -> None:
        made = Message(organization_id=self.conversation.organization_id, kind=kind, text=text, at=at, **columns)
        made.conversation = self.conversation
        self.messages.append(made)

    def _touch(self, at: datetime, kind: str = "") -> None:
        self.conversation.version += 1
        if kind not in BY_THE_CLOCK:
            self.conversation.touched_at = max(self.conversation.touched_at, at)

    def _change(
        self,
        kind: str,
        at: datetime,
        by: int | None,
        *,
        rule: int | None = None,
        told: dict[str, Any] | None = None,
        **columns: Any,
    ) -> None:
        found = self.conversation
        differing = {name: value for name, value in columns.items() if getattr(found, name) != value}
        before = {name: _plain(getattr(found, name)) for name in differing}
        for name, value in differing.items():
            setattr(found, name, value)
        self._touch(at, kind)
        made = ConversationChange(organization_id=found.organization_id, at=at, actor_id=by, rule_id=rule, kind=kind)
        made.conversation, made.facts, made.version = found, (told or {}) | {"before": before}, found.version
        self.changes.append(made)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
