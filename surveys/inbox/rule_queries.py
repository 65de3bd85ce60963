"""Reads for the pages that say how an organization answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from surveys.accounts import queries as accounts
from surveys.accounts.models import Membership, Organization, User
from surveys.customers.list_filters import is_id
from surveys.inbox.hours import Hours
from surveys.inbox.models import Conversation, HandOver, InboxAct, InboxSettings, Status, Team, TeamMember
from surveys.inbox.queries import ANSWERING

LATEST: Final = 30
LATELY: Final = timedelta(days=30)


@dataclass(frozen=True)
class Listed:
    """A team with its people by name; `open` is how many conversations it has that are not closed."""

    team: Team
    people: list[User]
    open: int
    themes: list[str]


def listed(organization: Organization, themes: dict[int, str]) -> list[Listed]:
    """In the order of routing; three statements."""
    teams = list(Team.objects.filter(organization=organization).order_by("position", "pk"))
    people: dict[int, list[User]] = {team.pk: [] for team in teams}
    for member in _members(organization):
        people[member.team_id].append(member.user)
    counts = _open(organization)
    return [
        Listed(
            team,
            sorted(people[team.pk], key=lambda user: str(user).casefold()),
            counts.get(team.pk, 0),
            sorted(themes[key] for key in team.themes if key in themes),
        )
        for team in teams
    ]


def _members(organization: Organization) -> QuerySet[TeamMember]:
    """Of the teams that there are."""
    there = TeamMember.objects.filter(organization=organization, team__deleted_at=None)
    return there.select_related("user").order_by("pk")


def deleted(organization: Organization, key: str) -> Team | None:
    """The one that an address names, as long as it is deleted."""
    if not is_id(key):
        return None
    return Team.ever.filter(organization=organization, pk=key).exclude(deleted_at=None).first()


def deleted_lately(organization: Organization, at: datetime) -> list[Team]:
    """Those that the page of teams offers to bring back, the latest first."""
    return list(Team.ever.filter(organization=organization, deleted_at__gt=at - LATELY).order_by("-deleted_at", "-pk"))


@dataclass(frozen=True)
class UnderWay:
    """Open conversations that go from who left or from a team, or back to it: how many of how many went. `who` is the
    person's name, or the team's."""

    why: str
    who: str
    moved: int
    total: int


def under_way(organization: Organization) -> list[UnderWay]:
    """Three statements at most."""
    rows = list(HandOver.objects.filter(organization=organization).order_by("pk"))
    teams = Team.ever.filter(organization=organization).in_bulk({row.team_id for row in rows if row.team_id})
    people = accounts.people(row.user_id for row in rows)
    who = {row.pk: people.get(row.user_id or 0) or teams.get(row.team_id or 0) or "" for row in rows}
    return [UnderWay(row.why, str(who[row.pk]), row.moved, row.total) for row in rows]


def _open(organization: Organization) -> dict[int, int]:
    mine = Conversation.objects.filter(organization=organization, team__isnull=False)
    counted = mine.exclude(status=Status.CLOSED).order_by().values("team").annotate(count=Count("pk"))
    return dict(counted.values_list("team", "count"))


def open_of(team: Team) -> int:
    mine = Conversation.objects.filter(organization=team.organization_id, team=team)
    return mine.exclude(status=Status.CLOSED).count()


def member_keys(team: Team) -> list[int]:
    mine = TeamMember.objects.filter(organization=team.organization_id, team=team)
    return list(mine.order_by("pk").values_list("user", flat=True))


def members_who_cannot_answer(team: Team) -> list[tuple[User, str]]:
    """Who is in the team all the same, by name, with why they get nothing now."""
    memberships = Membership.objects.filter(organization=team.organization_id, user__in=member_keys(team))
    found = memberships.exclude(user__is_active=True, role__in=ANSWERING).select_related("user")
    told = [(row.user, _cannot(row)) for row in found]
    return sorted(told, key=lambda each: (str(each[0]).casefold(), each[0].pk))


def _cannot(membership: Membership) -> str:
    if not membership.user.is_active:
        return _("%(who)s (cannot sign in)") % {"who": membership.user}
    return _("%(who)s (may not answer customers)") % {"who": membership.user}


@dataclass(frozen=True)
class Turn:
    """A colleague who is in teams. `until`: through which day they are away, if they said so."""

    user: User
    is_away: bool
    until: date | None


def turns(organization: Organization, today: date) -> list[Turn]:
    """By name; one statement."""
    found: dict[int, Turn] = {}
    for row in _members(organization):
        is_away = row.is_away and (row.away_until is None or row.away_until >= today)
        found[row.user_id] = Turn(row.user, is_away, row.away_until if is_away else None)
    return sorted(found.values(), key=lambda turn: (str(turn.user).casefold(), turn.user.pk))


def settings(organization: Organization) -> InboxSettings:
    """As they stand; not stored where nobody changed anything yet."""
    return InboxSettings.objects.filter(organization=organization).first() or InboxSettings(organization=organization)


@dataclass(frozen=True)
class Example:
    """When an answer is due that is owed since `since`."""

    since: datetime
    due: datetime


def examples(hours: Hours, moments: Sequence[datetime], minutes: int) -> list[Example]:
    return [Example(moment, hours.after(moment, minutes)) for moment in moments]


def acts(organization: Organization) -> list[InboxAct]:
    """The latest on many conversations, newest first."""
    found = InboxAct.objects.filter(organization=organization).select_related("created_by", "organization")
    return list(found.order_by("-pk")[:LATEST])


def owed(organization: Organization) -> int:
    """How many open conversations have a time by which an answer is owed."""
    mine = Conversation.objects.filter(Q(due_at__isnull=False), organization=organization)
    return mine.exclude(status=Status.CLOSED).count()
