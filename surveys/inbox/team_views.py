"""Settings of the inbox: teams, what goes to them, and who is away."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.models import Membership, User
from surveys.accounts.permissions import Permission
from surveys.automation import queries as automation
from surveys.comments import queries as comments
from surveys.inbox import queries, routing_trial, rule_queries
from surveys.inbox.actions import teams as actions
from surveys.inbox.models import Team
from surveys.inbox.settings_forms import AwayForm, TeamForm

managers_only = access.permitted(Permission.MANAGE_INBOX)


@require_safe
def teams(request: OrganizationRequest) -> HttpResponse:
    """For everybody: who is asked about what. Managers change it here."""
    organization = request.organization
    at = timezone.now()
    today = at.astimezone(ZoneInfo(organization.time_zone)).date()
    context = {
        "rows": rule_queries.listed(organization, comments.theme_names(organization)),
        "turns": rule_queries.turns(organization, today),
        "today": today,
        "deleted": rule_queries.deleted(organization, request.GET.get("deleted", "")),
        "deleted_lately": rule_queries.deleted_lately(organization, at),
        "days": rule_queries.LATELY.days,
        "under_way": rule_queries.under_way(organization),
        "may_manage": access.can(request.membership, Permission.MANAGE_INBOX),
        "may_answer": access.can(request.membership, Permission.ANSWER_CUSTOMERS),
    }
    return render(request, "inbox/settings_teams.html", context)


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def team_new(request: OrganizationRequest) -> HttpResponse:
    form = _form(request, None)
    if "try" in request.POST:
        return render(request, "inbox/settings_team.html", {"form": form, **_tried(request, form, Team())})
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create(draft=form.draft(), by=request.membership, at=timezone.now())
        except actions.NameTaken:
            form.add_error("name", _taken())
        except actions.TooMany:
            form.add_error(None, _too_many())
        else:
            messages.success(request, _("The team “%(name)s” is there.") % {"name": made})
            return _to_teams(request)
    return render(request, "inbox/settings_team.html", {"form": form})


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Team, pk)
    form = _form(request, found)
    if "try" in request.POST:
        return render(
            request, "inbox/settings_team.html", {"form": form, "team": found, **_tried(request, form, Team(pk=pk))}
        )
    if request.method == "POST" and form.is_valid():
        try:
            is_new = actions.change(team=found, draft=form.draft(), by=request.membership, at=timezone.now())
        except actions.NameTaken:
            form.add_error("name", _taken())
        else:
            messages.success(request, _("Saved.") if is_new else _("Nothing was different: nothing had to be saved."))
            return _to_teams(request)
    return render(request, "inbox/settings_team.html", {"form": form, "team": found})


def _form(request: OrganizationRequest, team: Team | None) -> TeamForm:
    return TeamForm(
        request.POST if request.method == "POST" else None,
        team=team,
        members=rule_queries.member_keys(team) if team else [],
        colleagues=[
            *((user, str(user)) for user in queries.answering(request.organization)),
            *(rule_queries.members_who_cannot_answer(team) if team else []),
        ],
        themes=comments.theme_names(request.organization),
    )


def _tried(request: OrganizationRequest, form: TeamForm, changed: Team) -> dict[str, Any]:
    """What the team would get as the form has it; nothing is stored."""
    if not form.is_valid():
        return {}
    for name, value in form.draft().columns().items():
        setattr(changed, name, value)
    teams = routing_trial.instead(queries.teams(request.organization), changed)
    found = routing_trial.trial(request.organization, teams)
    return {"trial": found, "tried": found.share_of(changed)}


@managers_only
@require_safe
def trial(request: OrganizationRequest) -> HttpResponse:
    """Where the latest comments would go by what all teams want now."""
    found = routing_trial.trial(request.organization, queries.teams(request.organization))
    return render(request, "inbox/settings_trial.html", {"trial": found})


def _too_many() -> str:
    return _("There are %(most)d teams, which is as many as can be.") % {"most": actions.MOST}


def _taken() -> str:
    return _("Another team is called so. Choose a name of its own.")


def _list(request: OrganizationRequest) -> str:
    return access.url(request.organization, "inbox_settings:teams")


def _to_teams(request: OrganizationRequest) -> HttpResponse:
    return redirect(_list(request))


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def team_delete(request: OrganizationRequest, pk: int) -> HttpResponse:
    """First what it would mean."""
    found = access.get(request.membership, Team, pk)
    if request.method == "POST":
        try:
            count = actions.delete(team=found, by=request.membership, at=timezone.now())
        except actions.ComingBack:
            messages.error(
                request, _("Its conversations are still on their way back to it. Delete it when they are there.")
            )
            return _to_teams(request)
        told = ngettext(
            "The team is gone; %(count)d open conversation loses its team.",
            "The team is gone; %(count)d open conversations lose their team.",
            count,
        )
        if count:
            messages.success(request, told % {"count": count})
        return redirect(f"{_list(request)}?deleted={pk}")
    context = {
        "team": found,
        "open": rule_queries.open_of(found),
        "rules": automation.rules_for_team(request.organization, pk),
    }
    return render(request, "inbox/team_delete.html", context)


@managers_only
@require_POST
def team_restore(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Team.ever, organization=request.organization, pk=pk)
    try:
        count = actions.restore(team=found, by=request.membership, at=timezone.now())
    except actions.NameTaken:
        messages.error(request, _("Another team is called “%(name)s” now. Rename that one first.") % {"name": found})
        return redirect(f"{_list(request)}?deleted={pk}")
    except actions.TooMany:
        messages.error(request, _too_many())
        return redirect(f"{_list(request)}?deleted={pk}")
    told = ngettext(
        "The team is back, with %(count)d open conversation.",
        "The team is back, with %(count)d open conversations.",
        count,
    )
    messages.success(request, told % {"count": count} if count else _("The team is back."))
    return _to_teams(request)


@managers_only
@require_POST
def team_up(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Team, pk)
    actions.move_up(team=found, by=request.membership, at=timezone.now())
    return _to_teams(request)


@access.permitted(Permission.ANSWER_CUSTOMERS)
@require_POST
def away(request: OrganizationRequest) -> HttpResponse:
    """One's own turns, or a colleague's for who manages the inbox."""
    user, form = _person(request), AwayForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Type the day as year, month and day, such as 2026-12-31, or leave it empty."))
        return _to_teams(request)
    until, at = form.cleaned_data["until"], timezone.now()
    today = at.astimezone(ZoneInfo(request.organization.time_zone)).date()
    if until is not None and until < today:
        messages.error(request, _("%(day)s is over. Choose today or a later day.") % {"day": until.isoformat()})
        return _to_teams(request)
    if actions.set_away(user=user, until=until, by=request.membership, at=at):
        messages.success(request, _("%(who)s gets no turn until they are back.") % {"who": user})
    return _to_teams(request)


@access.permitted(Permission.ANSWER_CUSTOMERS)
@require_POST
def back(request: OrganizationRequest) -> HttpResponse:
    user = _person(request)
    if actions.come_back(user=user, by=request.membership, at=timezone.now()):
        messages.success(request, _("%(who)s takes turns again.") % {"who": user})
    return _to_teams(request)


def _person(request: OrganizationRequest) -> User:
    """Who is meant; oneself without a word. Of another organization nobody is known."""
    text = request.POST.get("user", str(request.user.pk))
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404
    found = Membership.objects.select_related("user").filter(organization=request.organization)
    return get_object_or_404(found, user=int(text)).user
