"""Whose a conversation is."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization, User
from surveys.accounts.permissions import Permission
from surveys.core.locks import again_after_deadlock
from surveys.inbox.actions import changing
from surveys.inbox.actions.changing import Doer
from surveys.inbox.models import Conversation, Team, TeamMember
from surveys.inbox.queries import answering_members, may_answer


class CannotAnswer(ValueError):
    """Who has left, or has a role that may not answer customers, gets no conversation."""


@again_after_deadlock
def assign(
    *,
    conversation: Conversation,
    to: User | None,
    team: Team | None,
    by: Membership | None,
    rule_id: int | None = None,
    seen: int | None = None,
    at: datetime,
) -> None:
    """To a colleague, a team, or both; to nobody when both are None. What is so already stays as it is.

    `seen` is the version of the conversation that the page showed. Of two people who take the same conversation one wins;
    the other is told: raises ChangedMeanwhile when somebody was given it since. Other changes since do not matter.
    Without `seen` the last one wins. Who has it keeps it, also who cannot answer any more. Raises CannotAnswer.
    """
    if by is not None:
        access.require(by, Permission.ANSWER_CUSTOMERS)
    with transaction.atomic():
        locked = changing.held(conversation)
        changing.expect_no(locked, "assigned", seen)
        if to is not None and to.pk != locked.assignee_id and not may_answer(locked.organization_id, to.pk):
            raise CannotAnswer(to.pk)
        is_new = give(locked, to, team, Doer.of(by, at, rule_id))
        if is_new and by is not None:
            audit.record(by, "conversation.assigned", locked, at=at)


def give(conversation: Conversation, to: User | None, team: Team | None, doer: Doer, **facts: object) -> bool:
    """Of a locked conversation; whether anything changed."""
    wanted = (to.pk if to else None, team.pk if team else None)
    before = (conversation.assignee_id, conversation.team_id)
    if before == wanted:
        return False
    told = {"to": wanted[0], "team": wanted[1], "from": before[0], "from_team": before[1], **facts}
    changing.change(conversation, "assigned", doer, told, assignee_id=wanted[0], team_id=wanted[1])
    return True


def by_turn(team: Team, at: datetime) -> User | None:
    """Whose it is when it is routed to this team: the next in turn, or anybody's."""
    return next_in_turn(team, at=at) if team.by_turns else None


def next_in_turn(team: Team, *, at: datetime) -> User | None:
    """Who of the team is next, after whoever was last; None when nobody is there.

    Locking: the team is held until the caller's transaction ends, so two at once never get the same turn. Who is away
    on that day of the organization, has left or may not answer customers gets none.
    """
    with transaction.atomic():
        locked = (
            Team.objects.select_for_update(no_key=True, of=("self",)).select_related("organization").get(pk=team.pk)
        )
        members = list(there(locked, local_day(locked.organization, at)))
        if not members:
            return None
        after = [member for member in members if member.pk > (locked.last_taken or 0)]
        taken = (after or members)[0]
        Team.objects.filter(pk=locked.pk).update(last_taken=taken.pk)
        return taken.user


def there(team: Team, day: date) -> QuerySet[TeamMember]:
    """Members who take turns on that day, in the order of turns."""
    mine = TeamMember.objects.filter(organization=team.organization_id, team=team)
    here = mine.filter(Q(is_away=False) | Q(away_until__lt=day))
    able = answering_members(team.organization_id, mine.values_list("user", flat=True))
    return here.filter(user__in=able.values("user")).select_related("user").order_by("pk")


def local_day(organization: Organization, at: datetime) -> date:
    return at.astimezone(ZoneInfo(organization.time_zone)).date()
