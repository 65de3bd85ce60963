"""To whom a rule gives a conversation, and why not to whom it was meant for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from surveys.accounts import permissions
from surveys.accounts.models import Membership, User
from surveys.accounts.permissions import Permission
from surveys.automation.actions.refusals import LeftOut
from surveys.automation.models import RuleRun
from surveys.inbox.actions import assigning
from surveys.inbox.models import Team


@dataclass(frozen=True)
class Assignee:
    """`why_not_first`: why it is not whom the rule thought of first."""

    to: User | None
    team: Team | None = None
    why_not_first: str = ""


def of(run: RuleRun, act: Mapping[str, Any], at: datetime) -> Assignee:
    """Raises LeftOut, saying why nobody can have it."""
    match act["to"]:
        case "user":
            return Assignee(_colleague(run, act))
        case "team":
            return Assignee(None, _team(run, act))
        case "owner":
            try:
                return Assignee(_owner(run))
            except LeftOut as not_first:
                if not act.get("team"):
                    raise
                team = _team(run, act)
                return Assignee(assigning.next_in_turn(team, at=at), team, str(not_first))
    team = _team(run, act)
    return Assignee(assigning.next_in_turn(team, at=at), team)


def _team(run: RuleRun, act: Mapping[str, Any]) -> Team:
    found = Team.objects.filter(organization=run.organization_id, pk=act.get("team") or 0).first()
    if found is None:
        raise LeftOut(_("The team that it was to be assigned to is gone."))
    return found


def _owner(run: RuleRun) -> User:
    if run.customer is None:
        raise LeftOut(_("Nobody knows who gave this answer, so nobody owns the customer."))
    owner = run.customer.owner
    if owner is None:
        raise LeftOut(_("Nobody owns the customer."))
    if why := _against(run, owner):
        said = _("%(name)s owns the customer, and cannot be assigned to: %(why)s")
        raise LeftOut(said % {"name": owner, "why": why})
    return owner


def _colleague(run: RuleRun, act: Mapping[str, Any]) -> User:
    found = User.objects.filter(pk=act.get("user") or 0).first()
    if found is None:
        raise LeftOut(_("The colleague whom it was to be assigned to is gone."))
    if why := _against(run, found):
        raise LeftOut(_("%(name)s cannot be assigned to: %(why)s") % {"name": found, "why": why})
    return found


def _against(run: RuleRun, user: User) -> str:
    """Why somebody may not answer customers; "" when they may."""
    member = Membership.objects.filter(organization=run.organization_id, user=user).first()
    if member is None:
        return _("no member any more.")
    if not user.is_active:
        return _("nobody can sign in with that account.")
    if not permissions.allows(member.role, Permission.ANSWER_CUSTOMERS):
        return _("the role “%(role)s” may not answer customers.") % {"role": member.get_role_display()}
    return ""
