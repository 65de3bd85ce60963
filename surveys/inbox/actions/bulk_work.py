"""The work on an act on many conversations: slice by slice in the order of keys, each in one transaction with the cursor, so
that every conversation has one turn. Killed, a worker leaves a heartbeat that grows old; the next goes on behind the cursor."""

import logging
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from psycopg2.errors import DeadlockDetected

from surveys.accounts.models import User
from surveys.customers.actions import holding
from surveys.customers.actions.holding import Clock, Hold, Superseded
from surveys.inbox import queries
from surveys.inbox.actions import assigning, changing, closing, snoozing
from surveys.inbox.actions.bulk import WORK
from surveys.inbox.actions.changing import Doer
from surveys.inbox.models import ActStatus, Conversation, ConversationChange, InboxAct, InboxActKind, Team
from surveys.outbox.nudges import nudge

logger = logging.getLogger(__name__)

SLICE: Final = 200


class NobodyThere(Exception):
    """The colleague or the team to whom they were to go is gone."""


def work(*, act_id: int, clock: Clock) -> None:
    """Do what the act needs, if it is due and nobody else is at it."""
    hold = _take(act_id, clock)
    if hold is None:
        return
    try:
        _finish(hold)
    except Superseded:
        logger.info("act %s on conversations was taken over or stopped", act_id)
    except NobodyThere:
        _fail(hold, _("“%(name)s” is gone, or may not answer customers any more.") % {"name": hold.row.name})
    except OperationalError as collision:
        if not isinstance(collision.__cause__, DeadlockDetected):
            raise
        logger.warning("act %s on conversations met another writer and begins its slice again", act_id)
        hold.let_go()
        nudge(WORK, act_id)


def _take(act_id: int, clock: Clock) -> Hold[InboxAct] | None:
    at = clock()
    free = InboxAct.objects.forsaken(at, at - timedelta(seconds=settings.LEASE_SECONDS))
    free.filter(pk=act_id, status=ActStatus.WAITING).update(status=ActStatus.RUNNING, started_at=at)
    hold = holding.take(free, act_id, clock)
    if hold is not None and hold.is_hopeless:
        said = _(
            "The work stopped %(tries)d times without a result. Ask your operator to look at the log of the workers."
        )
        _fail(hold, said % {"tries": holding.MOST_TRIES})
        return None
    return hold


def _fail(hold: Hold[InboxAct], error: str) -> None:
    mine = InboxAct.objects.filter(pk=hold.row.pk, attempt=hold.row.attempt, status=hold.row.status)
    mine.update(status=ActStatus.FAILED, error=error[:500], finished_at=hold.clock())


def _finish(hold: Hold[InboxAct]) -> None:
    is_undo = hold.row.status == ActStatus.UNDOING
    cursor: int | None = hold.row.cursor
    while cursor is not None:
        with transaction.atomic():
            hold.step()
            cursor = _restore_some(hold, cursor) if is_undo else _change_some(hold, cursor)
    hold.step(status=ActStatus.UNDONE if is_undo else ActStatus.DONE, finished_at=hold.clock())


def _change_some(hold: Hold[InboxAct], cursor: int) -> int | None:
    """One slice behind the cursor; returns the new cursor, None when nothing is left."""
    act = hold.row
    ids = [key for key in act.ids or () if key > cursor][:SLICE]
    if not ids:
        return None
    found = changing.held_many(act.organization_id, ids)
    changed = _changed(act, found, Doer(hold.clock(), act.created_by_id, act=act.pk))
    hold.step(cursor=ids[-1], seen=F("seen") + len(ids), changed=F("changed") + changed, tries=1)
    return ids[-1]


def _changed(act: InboxAct, found: list[Conversation], doer: Doer) -> int:
    """How many."""
    match act.kind:
        case InboxActKind.ASSIGN:
            to, team = _hands(act.organization_id, act.facts["to"], act.facts.get("team"))
            keeps = "team" not in act.facts
            return sum(assigning.give(each, to, each.team if keeps else team, doer) for each in found)
        case InboxActKind.CLOSE:
            decided = [each for each in found if not _heard_since(each, act.created_at)]
            return sum(closing.close_as(each, act.facts["reason"], doer) for each in decided)
        case InboxActKind.REOPEN:
            return sum(closing.reopen_as(each, doer) for each in found)
    return sum(snoozing.prioritize_as(each, act.facts["priority"], doer) for each in found)


def _heard_since(conversation: Conversation, at: datetime) -> bool:
    """The customer wrote after somebody decided: that is to be read first."""
    return conversation.last_heard_at is not None and conversation.last_heard_at > at


def _hands(organization_id: int, to: int | None, team: int | None) -> tuple[User | None, Team | None]:
    """Raises NobodyThere."""
    teams = Team.objects.filter(organization=organization_id)
    found = teams.filter(pk=team).first() if team is not None else None
    if (team is not None and found is None) or (to is not None and not queries.may_answer(organization_id, to)):
        raise NobodyThere
    return (User.objects.get(pk=to) if to is not None else None), found


def _restore_some(hold: Hold[InboxAct], cursor: int) -> int | None:
    """Where nobody changed it since, a conversation is again what it was."""
    act = hold.row
    noted = ConversationChange.objects.filter(organization=act.organization_id, act=act.pk, conversation__gt=cursor)
    lines = {line.conversation_id: line for line in noted.order_by("conversation", "pk")[:SLICE]}
    if not lines:
        return None
    doer = Doer(hold.clock(), act.created_by_id)
    found = changing.held_many(act.organization_id, lines)
    restored = sum(_restored(each, lines[each.pk], doer) for each in found)
    last = max(lines)
    hold.step(cursor=last, restored=F("restored") + restored, tries=1)
    return last


def _restored(conversation: Conversation, line: ConversationChange, doer: Doer) -> bool:
    later = conversation.changes.filter(pk__gt=line.pk, kind=line.kind)
    before = changing.restored(line)
    match line.kind:
        case "closed" | "reopened":
            if not closing.is_last(line, conversation):
                return False
            kind = "reopened" if line.kind == "closed" else "closed"
            changing.change(conversation, kind, doer, {"undone": True}, **before)
            return True
        case "prioritized":
            return not later.exists() and snoozing.prioritize_as(conversation, before["priority"], doer)
    return not later.exists() and _given_back(conversation, before, doer)


def _given_back(conversation: Conversation, before: dict[str, int | None], doer: Doer) -> bool:
    """To whom it belonged, where they still may answer."""
    to = before.get("assignee_id", conversation.assignee_id)
    if to is not None and not queries.may_answer(conversation.organization_id, to):
        to = None
    teams = Team.objects.filter(organization=conversation.organization_id)
    team = teams.filter(pk=before.get("team_id", conversation.team_id) or 0).first()
    return assigning.give(conversation, User.objects.get(pk=to) if to else None, team, doer, undone=True)
