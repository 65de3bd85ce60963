"""Open conversations go from who left, or from a team that was deleted, to others; and back to a team that is restored.

Slice by slice, each in one transaction with the row of the work locked: a worker that dies leaves what it has done, and
two do not meet. What went does not match any more, so that a slice may be done twice.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import F, QuerySet

from surveys.accounts.models import Organization
from surveys.inbox import queries
from surveys.inbox.actions import assigning, changing
from surveys.inbox.actions.changing import Doer
from surveys.inbox.models import Conversation, ConversationChange, HandOver, Status, Team
from surveys.outbox.nudges import nudge

SLICE: Final = 200
WORK: Final = "surveys.inbox.tasks.hand_over"

Why = HandOver.Why


def from_colleague(*, organization_id: int, user_id: int, at: datetime) -> None:
    """In the caller's transaction. What is theirs and open is their team's soon, or anybody's."""
    _begin(organization_id, Why.LEFT, {"user_id": user_id}, at, None)


def from_team(*, team: Team, by: int | None, at: datetime) -> int:
    """In the caller's transaction, which has locked the team; returns how many open conversations it has."""
    return _begin(team.organization_id, Why.TEAM_DELETED, {"team_id": team.pk}, at, by)


def to_team(*, team: Team, deleted_at: datetime, by: int | None, at: datetime) -> int:
    """In the caller's transaction, which has locked the team. What it had and is with no team since is its own again, and
    what was not taken from it yet stays; returns how many of both."""
    HandOver.objects.filter(organization=team.organization_id, team_id=team.pk).delete()
    ids = _left_by(team, deleted_at)
    kept = _of(team.organization_id, team=team).count()
    if ids:
        _begin(team.organization_id, Why.TEAM_RESTORED, {"team_id": team.pk}, at, by, ids=ids)
    return len(ids) + kept


def is_coming_back(team: Team) -> bool:
    return HandOver.objects.filter(organization=team.organization_id, team_id=team.pk, why=Why.TEAM_RESTORED).exists()


def work() -> bool:
    """A slice of each hand-over that nobody else is at; whether any of these has more."""
    has_more = False
    going_on = HandOver.objects.filter(organization__suspended_at=None, organization__deletes_at=None)
    for pk in list(going_on.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            row = HandOver.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
            if row is not None:
                has_more = _slice(row) or has_more
    return has_more


def _begin(
    organization_id: int, why: str, whose: dict[str, Any], at: datetime, by: int | None, ids: Sequence[int] = ()
) -> int:
    """The first slice is done at once: few are gone when the page is there. Told again, it is the same work."""
    wanted = HandOver(organization_id=organization_id, why=why, **whose)
    total = len(ids) if ids else _open_of(wanted).count()
    if not total:
        return 0
    fields = {"why": why, "at": at, "by": by, "ids": list(ids), "total": total, "moved": 0, "cursor": 0}
    row, _is_new = HandOver.objects.update_or_create(fields, organization_id=organization_id, **whose)
    if _slice(row):
        transaction.on_commit(lambda: nudge(WORK))
    return total


def _slice(row: HandOver) -> bool:
    """Of a locked row, which goes with the last; whether there may be more."""
    keys = list(_next(row))
    moved = _moved(row, keys) if keys else 0
    if len(keys) < SLICE:
        row.delete()
        return False
    HandOver.objects.filter(pk=row.pk).update(moved=F("moved") + moved, cursor=keys[-1])
    return True


def _next(row: HandOver) -> list[int]:
    if row.why == Why.TEAM_RESTORED:
        return [key for key in row.ids if key > row.cursor][:SLICE]
    if row.why == Why.LEFT and queries.may_answer(row.organization_id, row.user_id or 0):
        return []  # they are back
    return list(_open_of(row).order_by("pk").values_list("pk", flat=True)[:SLICE])


def _open_of(row: HandOver) -> QuerySet[Conversation]:
    whose = {"assignee": row.user_id} if row.why == Why.LEFT else {"team": row.team_id}
    return _of(row.organization_id, **whose)


def _of(organization: int | Organization, **whose: Any) -> QuerySet[Conversation]:
    return Conversation.objects.filter(organization=organization, **whose).exclude(status=Status.CLOSED)


def _moved(row: HandOver, keys: list[int]) -> int:
    """How many. Each is asked once more now that it is locked."""
    doer = Doer(row.at, row.by)
    team = Team.objects.filter(organization=row.organization_id, pk=row.team_id or 0).first()
    return sum(_give(row, each, team, doer) for each in changing.held_many(row.organization_id, keys))


def _give(row: HandOver, each: Conversation, team: Team | None, doer: Doer) -> bool:
    if each.status == Status.CLOSED:
        return False
    match row.why:
        case Why.LEFT:
            return each.assignee_id == row.user_id and assigning.give(each, None, each.team, doer, why=row.why)
        case Why.TEAM_DELETED:
            return each.team_id == row.team_id and assigning.give(each, each.assignee, None, doer, why=row.why)
    return each.team_id is None and team is not None and assigning.give(each, each.assignee, team, doer, why=row.why)


def _left_by(team: Team, at: datetime) -> list[int]:
    """What was its own until it was deleted then, and is with no team now."""
    mine = {"organization": team.organization_id}
    since = Conversation.objects.filter(**mine, team=None, touched_at__gte=at).exclude(status=Status.CLOSED)
    lines = ConversationChange.objects.filter(**mine, conversation__in=since.values("pk"), kind="assigned", at=at)
    found = lines.filter(facts__from_team=team.pk, facts__team=None)
    return sorted(set(found.values_list("conversation", flat=True)))
