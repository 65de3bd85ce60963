"""What time does to conversations: they become overdue, are handed up, wake; and times are computed anew.

Each takes a bounded piece by an index, in one transaction. Two workers never take the same row: what one has locked the
other passes over, and what one has done no longer matches.
"""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F, Q, QuerySet

from surveys.accounts.models import Organization, User
from surveys.inbox import queries
from surveys.inbox.actions import assigning, changing, snoozing
from surveys.inbox.actions.changing import Doer
from surveys.inbox.models import Conversation, InboxSettings, Status
from surveys.inbox.promises import Promises

SLICE: Final = 200
_GOING_ON: Final = Q(organization__suspended_at=None, organization__deletes_at=None)


class Book:
    """The promises of each organization, read once."""

    def __init__(self) -> None:
        self._read: dict[int, Promises] = {}

    def of(self, organization: Organization) -> Promises:
        if organization.pk not in self._read:
            self._read[organization.pk] = Promises.of(organization)
        return self._read[organization.pk]


def _taken(found: QuerySet[Conversation], order: str) -> list[Conversation]:
    """The first of them, locked."""
    going_on = found.filter(_GOING_ON).exclude(status=Status.CLOSED).select_related("organization")
    return list(going_on.select_for_update(skip_locked=True, no_key=True, of=("self",)).order_by(order, "pk")[:SLICE])


def mark_overdue(*, at: datetime) -> int:
    """What should have been answered by now is marked, once, and wakes; returns how many."""
    book = Book()
    with transaction.atomic():
        late = _taken(Conversation.objects.filter(due_at__lte=at, overdue_at=None), "due_at")
        for each in late:
            whose = {"assignee": each.assignee_id, "team": each.team_id}
            handed_up = book.of(each.organization).handed_up(each.due_at) if each.due_at else None
            columns = {"overdue_at": at, "escalate_at": handed_up, "snoozed_until": None}
            changing.change(each, "overdue", Doer(at), whose, **columns)
    return len(late)


def hand_up(*, at: datetime) -> int:
    """What has been overdue for too long is told to whoever it is handed up to, once, and is theirs if it was nobody's;
    returns how many."""
    book = Book()
    with transaction.atomic():
        forsaken = _taken(Conversation.objects.filter(escalate_at__lte=at), "escalate_at")
        for each in forsaken:
            to = _superior(each, book.of(each.organization))
            told = {"to": to.pk if to else None, "assignee": each.assignee_id, "team": each.team_id}
            changing.change(each, "escalated", Doer(at), told, escalate_at=None, escalated_at=at)
            if to is not None and each.assignee_id is None:
                assigning.give(each, to, each.team, Doer(at), why="escalated")
    return len(forsaken)


def _superior(conversation: Conversation, promises: Promises) -> User | None:
    """None stands for the owners."""
    chosen = promises.escalate_to
    if chosen is None or not queries.may_answer(conversation.organization_id, chosen):
        return None
    return User.objects.get(pk=chosen)


def wake(*, at: datetime) -> int:
    """Whose sleep is over come back; returns how many."""
    with transaction.atomic():
        asleep = _taken(Conversation.objects.filter(snoozed_until__lte=at), "snoozed_until")
        for each in asleep:
            snoozing.end_sleep(each, at)
    return len(asleep)


def recount(*, at: datetime) -> bool:
    """After hours or promises changed: one slice of one organization gets its times anew. Whether there was something to
    do. The cursor moves in the same transaction."""
    with transaction.atomic():
        changed = InboxSettings.objects.exclude(recount_from=None).select_related("organization").order_by("pk")
        row = changed.select_for_update(skip_locked=True, of=("self",)).first()
        if row is None or row.recount_from is None:
            return False
        owed = Conversation.objects.filter(organization=row.organization_id, pk__gt=row.recount_from)
        owed = owed.exclude(status=Status.CLOSED).exclude(turn_at=None)
        held = list(owed.select_for_update(no_key=True, of=("self",)).order_by("pk")[:SLICE])
        promises = Promises.of(row.organization)
        for each in held:
            _recount(each, promises, at)
        row.recount_from = held[-1].pk if held else None
        row.save(update_fields=["recount_from"])
    return True


def _recount(conversation: Conversation, promises: Promises, at: datetime) -> None:
    """It is no act of anybody: it has no line, and counts as nothing that was touched."""
    columns = snoozing.recounted(conversation, promises, at)
    due_at = columns.get("due_at", conversation.due_at)
    if columns.get("overdue_at", conversation.overdue_at) and conversation.escalated_at is None:
        assert isinstance(due_at, datetime)
        columns["escalate_at"] = promises.handed_up(due_at)
    if any(getattr(conversation, name) != value for name, value in columns.items()):
        mine = Conversation.objects.filter(organization=conversation.organization_id, pk=conversation.pk)
        mine.update(**columns, version=F("version") + 1)


def recount_soon(organization: Organization | int, at: datetime) -> None:
    """In the caller's transaction."""
    key = organization if isinstance(organization, int) else organization.pk
    InboxSettings.objects.update_or_create(
        organization_id=key, defaults={"recount_from": 0}, create_defaults={"recount_from": 0, "updated_at": at}
    )
