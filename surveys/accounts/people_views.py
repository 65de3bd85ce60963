"""The people of an organization: who they are, inviting them, what they may do, and their end."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from surveys.accounts import access, limits, permissions, roles
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.actions import invites as invite_actions
from surveys.accounts.actions import people as actions
from surveys.accounts.actions.invites import Result
from surveys.accounts.models import ColleagueInvite, Departure, Membership, Role
from surveys.accounts.people_forms import InviteForm, RoleForm, role_choices
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import invites, members
from surveys.accounts.queries.members import Member
from surveys.customers.queries import people as customers


@dataclass(frozen=True)
class Line:
    """A member, and what the person who looks may do about them."""

    member: Member
    is_oneself: bool
    is_last_owner: bool
    owned: int = 0  # customers who lose their owner when this member goes
    roles: list[tuple[str, str]] = field(default_factory=list)

    @property
    def may_remove(self) -> bool:
        return bool(self.roles) and not self.is_oneself and not self.is_last_owner

    @property
    def may_go(self) -> bool:
        """By the hand of the person who looks: removed, or leaving."""
        return self.may_remove or (self.is_oneself and not self.is_last_owner)


def _lines(found: Iterable[Member], by: Membership, owners: int) -> list[Line]:
    choices, owned = role_choices(by), customers.owned(by.organization)
    return [
        Line(
            member=each,
            is_oneself=each.membership.pk == by.pk,
            is_last_owner=each.membership.role == Role.OWNER and owners == 1,
            owned=owned.get(each.membership.user_id, 0),
            roles=choices if permissions.may_grant(by.role, each.membership.role) else [],
        )
        for each in found
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: OrganizationRequest) -> HttpResponse:
    """Everyone sees who is here; POST invites."""
    if request.method != "POST":
        form = InviteForm(by=request.membership) if access.can(request.membership, Permission.MANAGE_PEOPLE) else None
        return _page(request, form, [])
    access.require(request.membership, Permission.MANAGE_PEOPLE)
    form = InviteForm(request.POST, by=request.membership)
    if not form.is_valid():
        return _page(request, form, [])
    if not limits.allows(request, "invite", times=len(form.good)):
        form.add_error(
            "addresses", _("From your network as many colleagues were invited as may be in a day. Try tomorrow.")
        )
        return _page(request, form, [])
    results = invite_actions.invite(
        addresses=form.good, role=form.cleaned_data["role"], by=request.membership, at=timezone.now()
    )
    return _page(request, _left(form, request.membership), results, form)


def _left(form: InviteForm, by: Membership) -> InviteForm:
    """An empty form; addresses that were refused stay in it to be mended."""
    left = InviteForm(by=by)
    left.initial = {"role": form.cleaned_data["role"], "addresses": "\n".join(each.text for each in form.bad)}
    return left


def _page(
    request: OrganizationRequest, form: InviteForm | None, results: list[Result], sent: InviteForm | None = None
) -> HttpResponse:
    at, by = timezone.now(), request.membership
    found = members.members(request.organization)
    context: dict[str, object] = {
        "lines": _lines(found, by, sum(each.membership.role == Role.OWNER for each in found)),
        "form": form,
        "results": results,
        "refused": sent.bad if sent else [],
        "mail_is_set_up": settings.MAIL_IS_SET_UP,
        "invite_days": settings.INVITE_DAYS,
        "invites_a_day": settings.INVITES_A_DAY,
    }
    if access.can(by, Permission.MANAGE_PEOPLE):
        everyone = [each.membership for each in found]
        context |= {
            "waiting": invites.waiting(by, everyone, at),
            "withdrawn": invites.just_withdrawn(request.organization, at),
            "departures": members.departures(request.organization, at),
        }
    return render(request, "accounts/people.html", context)


@require_GET
def role_table(request: OrganizationRequest) -> HttpResponse:
    """What each role may do, from the one table."""
    context = {"lines": roles.table(), "roles": [(role, roles.ROLES[role]) for role in Role]}
    return render(request, "accounts/roles.html", context)


@require_POST
def member_role(request: OrganizationRequest, pk: int) -> HttpResponse:
    member = access.get(request.membership, Membership, pk)
    access.require(request.membership, Permission.MANAGE_PEOPLE)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the roles."))
        return _back(request)
    try:
        changed = actions.change_role(
            member=member, role=form.cleaned_data["role"], by=request.membership, at=timezone.now()
        )
    except actions.LastOwner:
        messages.error(request, _last_owner(member))
    except actions.Gone:
        messages.info(request, _("%(name)s is not here any more.") % {"name": member.user})
    else:
        words = {"name": changed.user, "role": changed.get_role_display()}
        messages.success(request, _("%(name)s has the role “%(role)s” now.") % words)
    return _back(request)


@require_POST
def member_remove(request: OrganizationRequest, pk: int) -> HttpResponse:
    member = access.get(request.membership, Membership, pk)
    try:
        actions.remove(member=member, by=request.membership, at=timezone.now())
    except actions.LastOwner:
        messages.error(request, _last_owner(member))
    except actions.Gone:
        messages.info(request, _("%(name)s is not here any more.") % {"name": member.user})
    return _back(request)


@require_POST
def departure_undo(request: OrganizationRequest, pk: int) -> HttpResponse:
    departure = access.get(request.membership, Departure, pk)
    try:
        actions.restore(departure=departure, by=request.membership, at=timezone.now())
    except actions.Gone:
        messages.error(request, _("It was too late for that: invite %(name)s again.") % {"name": departure.user})
    else:
        messages.success(request, _("%(name)s is back, as if nothing had happened.") % {"name": departure.user})
    return _back(request)


@require_POST
def leave(request: OrganizationRequest) -> HttpResponse:
    try:
        actions.leave(by=request.membership, at=timezone.now())
    except actions.LastOwner:
        messages.error(request, _last_owner(request.membership))
        return _back(request)
    return redirect("accounts_home:organizations")


@require_POST
def invite_resend(request: OrganizationRequest, pk: int) -> HttpResponse:
    invite = access.get(request.membership, ColleagueInvite, pk)
    try:
        if not limits.allows(request, "invite"):
            raise invite_actions.TooMany
        invite_actions.send_again(invite=invite, by=request.membership, at=timezone.now())
    except actions.Gone:
        messages.info(request, _("This invite was used or withdrawn meanwhile."))
    except invite_actions.TooMany:
        words = {"most": settings.INVITES_A_DAY}
        messages.error(request, _("%(most)d invites were sent within a day, which is the most. Try tomorrow.") % words)
    else:
        messages.success(request, _resent() % {"email": invite.email, "days": settings.INVITE_DAYS})
    return _back(request)


def _resent() -> str:
    if settings.MAIL_IS_SET_UP:
        return _("%(email)s gets a new mail. Its link works for %(days)d days; the one before does not work any more.")
    return _("The link for %(email)s is new and works for %(days)d days; the one before does not work any more.")


@require_POST
def invite_revoke(request: OrganizationRequest, pk: int) -> HttpResponse:
    invite = access.get(request.membership, ColleagueInvite, pk)
    try:
        invite_actions.revoke(invite=invite, by=request.membership, at=timezone.now())
    except actions.Gone:
        messages.info(request, _("This invite was used or withdrawn meanwhile."))
    return _back(request)


@require_POST
def invite_reopen(request: OrganizationRequest, pk: int) -> HttpResponse:
    invite = access.get(request.membership, ColleagueInvite, pk)
    try:
        invite_actions.reopen(invite=invite, by=request.membership, at=timezone.now())
    except actions.Gone:
        messages.error(request, _("It was too late for that: invite %(email)s again.") % {"email": invite.email})
    return _back(request)


def _last_owner(member: Membership) -> str:
    words = {"name": member.user, "organization": member.organization}
    return _("%(name)s is the only owner of %(organization)s. Make somebody else an owner first.") % words


def _back(request: OrganizationRequest) -> HttpResponse:
    return redirect(access.url(request.organization, "accounts:people"))
