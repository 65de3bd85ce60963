"""Teams: who is in them, what is routed to them, and who of them is away."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Max, Q, QuerySet

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization, User
from surveys.accounts.permissions import Permission
from surveys.inbox.actions import handing_over
from surveys.inbox.models import Team, TeamMember

MOST: Final = 100  # teams of an organization: each is looked at when a comment is routed


class NameTaken(ValueError):
    """Another team of the organization is called so."""


class NoMember(ValueError):
    """Somebody of another organization, or who has left."""


class ComingBack(RuntimeError):
    """It was restored a moment ago, and its conversations are still on their way back to it."""


class TooMany(ValueError):
    """More teams than an organization may have."""


@dataclass(frozen=True)
class TeamDraft:
    """What people say of a team. `members` are keys of users; who is no member of the organization is left out, and who
    would join and cannot sign in."""

    name: str
    words: Sequence[str] = ()
    themes: Sequence[int] = ()
    by_turns: bool = False
    members: Sequence[int] = field(default=())

    def columns(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "words": list(self.words),
            "themes": sorted(self.themes),
            "by_turns": self.by_turns,
        }


def create(*, draft: TeamDraft, by: Membership, at: datetime) -> Team:
    """The last in the order of routing. Raises NameTaken, TooMany."""
    access.require(by, Permission.MANAGE_INBOX)
    with transaction.atomic():
        _hold(by.organization)
        _require_room(by.organization)
        last = Team.objects.filter(organization=by.organization).aggregate(last=Max("position"))["last"] or 0
        team = _saved(Team(organization=by.organization, position=last + 1, created_at=at, **draft.columns()))
        _set_members(team, draft.members)
        audit.record(by, "team.created", team, at=at)
    return team


def change(*, team: Team, draft: TeamDraft, by: Membership, at: datetime) -> bool:
    """Whether anything was different. What is routed already stays where it is. Raises NameTaken."""
    access.require(by, Permission.MANAGE_INBOX)
    with transaction.atomic():
        row = Team.objects.select_for_update(no_key=True, of=("self",)).get(organization=by.organization, pk=team.pk)
        columns = draft.columns()
        changed = {name: [getattr(row, name), value] for name, value in columns.items() if getattr(row, name) != value}
        for name, value in columns.items():
            setattr(row, name, value)
        if changed:
            _saved(row)
        joined, gone = _set_members(row, draft.members)
        if not (changed or joined or gone):
            return False
        told = {name: [str(value) for value in pair] for name, pair in changed.items()}
        audit.record(by, "team.changed", row, at=at, changed=told, joined=joined, left=gone)
    return True


def delete(*, team: Team, by: Membership, at: datetime) -> int:
    """Its open conversations stay whose they are, or are anybody's, soon; returns how many it had. What it closed names it
    still. It can be brought back: `restore`. Raises ComingBack.
    """
    access.require(by, Permission.MANAGE_INBOX)
    with transaction.atomic():
        _hold(by.organization)
        row = Team.objects.select_for_update(no_key=True, of=("self",)).get(organization=by.organization, pk=team.pk)
        if handing_over.is_coming_back(row):
            raise ComingBack(row)
        audit.record(by, "team.deleted", row, at=at)
        Team.objects.filter(pk=row.pk).update(deleted_at=at)
        return handing_over.from_team(team=row, by=by.user_id, at=at)


def restore(*, team: Team, by: Membership, at: datetime) -> int:
    """Among the others again, with its members and what it wants. Conversations that are open, that it had, and that are
    with no team since are its again, soon: returns how many. One that was not deleted stays as it is.

    Raises NameTaken, TooMany.
    """
    access.require(by, Permission.MANAGE_INBOX)
    with transaction.atomic():
        _hold(by.organization)
        row = Team.ever.select_for_update(no_key=True, of=("self",)).get(organization=by.organization, pk=team.pk)
        if row.deleted_at is None:
            return 0
        _require_room(by.organization)
        deleted_at, row.deleted_at = row.deleted_at, None
        _saved(row)
        audit.record(by, "team.restored", row, at=at)
        return handing_over.to_team(team=row, deleted_at=deleted_at, by=by.user_id, at=at)


def move_up(*, team: Team, by: Membership, at: datetime) -> None:
    """Asked one place earlier whether a comment is theirs. The first stays the first."""
    access.require(by, Permission.MANAGE_INBOX)
    with transaction.atomic():
        _hold(by.organization)
        order = list(Team.objects.filter(organization=by.organization).order_by("position", "pk"))
        place = order.index(team)
        if place == 0:
            return
        order[place - 1], order[place] = order[place], order[place - 1]
        for number, each in enumerate(order, start=1):
            Team.objects.filter(pk=each.pk).update(position=number)
        audit.record(by, "team.moved", team, at=at)


def set_away(*, user: User, until: date | None, by: Membership, at: datetime) -> int:
    """In all their teams they get no turn, through that day or until they are back; returns in how many. Everybody who
    answers customers may say so of themselves, of others whoever manages the inbox. Raises NoMember."""
    _require_own_or_manage(user, by)
    with transaction.atomic():
        count = _seats(user, by).update(is_away=True, away_until=until)
        audit.record(by, "team_member.away", user, at=at, until=until.isoformat() if until else "")
    return count


def come_back(*, user: User, by: Membership, at: datetime) -> int:
    """They take turns again; returns in how many teams. Raises NoMember."""
    _require_own_or_manage(user, by)
    with transaction.atomic():
        count = _seats(user, by).filter(is_away=True).update(is_away=False, away_until=None)
        if count:
            audit.record(by, "team_member.back", user, at=at)
    return count


def _seats(user: User, by: Membership) -> QuerySet[TeamMember]:
    return TeamMember.objects.filter(organization=by.organization, user=user, team__deleted_at=None)


def _require_own_or_manage(user: User, by: Membership) -> None:
    if user.pk != by.user_id:
        access.require(by, Permission.MANAGE_INBOX)
        if not Membership.objects.filter(organization=by.organization, user=user).exists():
            raise NoMember(user.pk)
    access.require(by, Permission.ANSWER_CUSTOMERS)


def _hold(organization: Organization) -> None:
    """Teams of one organization are added, ordered and removed one after the other."""
    Organization.objects.select_for_update(no_key=True).only("pk").get(pk=organization.pk)


def _require_room(organization: Organization) -> None:
    """Raises TooMany."""
    if Team.objects.filter(organization=organization).count() >= MOST:
        raise TooMany(MOST)


def _saved(team: Team) -> Team:
    """Raises NameTaken."""
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as taken:
        raise NameTaken(team.name) from taken
    return team


def _set_members(team: Team, wanted: Sequence[int]) -> tuple[list[int], list[int]]:
    """Who joined and who left. Who is away in another team is away in this one."""
    mine = TeamMember.objects.filter(organization=team.organization_id, team=team)
    before = set(mine.values_list("user", flat=True))
    members = Membership.objects.filter(organization=team.organization_id, user__in=list(wanted))
    after = set(members.filter(Q(user__is_active=True) | Q(user__in=before)).values_list("user", flat=True))
    mine.filter(user__in=before - after).delete()
    joined = sorted(after - before)
    away = dict(
        TeamMember.objects.filter(organization=team.organization_id, user__in=joined, is_away=True)
        .order_by("pk")
        .values_list("user", "away_until")
    )
    TeamMember.objects.bulk_create(
        TeamMember(
            organization_id=team.organization_id,
            team=team,
            user_id=user,
            is_away=user in away,
            away_until=away.get(user),
        )
        for user in joined
    )
    return joined, sorted(before - after)
