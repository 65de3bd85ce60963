"""Pages about one's own account: where one goes after signing in, and the organizations one belongs to."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from surveys.accounts import actions, audit, limits, queries, signup
from surveys.accounts.actions import people
from surveys.accounts.forms import TOO_MANY_ORGANIZATIONS, OrganizationForm
from surveys.accounts.models import Departure, User
from surveys.accounts.queries import invites, members
from surveys.accounts.visits import chosen_organization


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # LoginRequiredMiddleware has turned strangers away
    return request.user


@require_http_methods(["GET", "HEAD"])
def home(request: HttpRequest) -> HttpResponse:
    """To the organization where the person was last, or to the page for those who have none."""
    organization = members.home_of(_user(request), chosen_organization(request))
    return redirect(organization or "accounts_home:organizations")


@require_http_methods(["GET", "HEAD"])
def organizations(request: HttpRequest) -> HttpResponse:
    """Those one belongs to, those that wait for one, and those that one has just left."""
    user, at = _user(request), timezone.now()
    context = {
        "memberships": queries.memberships(user),
        "offers": invites.addressed_to(user, at),
        "departures": members.own_departures(user, at),
        "may_create": signup.may_create_organization(user),
    }
    return render(request, "accounts/organizations.html", context)


@require_POST
def come_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back that one has left an organization."""
    user = _user(request)
    departure = get_object_or_404(Departure, pk=pk, user=user, removed_by=user)
    try:
        member = people.come_back(departure=departure, user=user, origin=audit.origin_of(request), at=timezone.now())
    except people.Gone:
        messages.error(request, _("It was too late for that: ask a colleague to invite you again."))
        return redirect("accounts_home:organizations")
    return redirect(member.organization)


def _may_make_another(request: HttpRequest, form: OrganizationForm) -> bool:
    if limits.allows(request, "new_organization") and limits.allows(request, "organization_of_network"):
        return True
    form.add_error(None, TOO_MANY_ORGANIZATIONS)
    return False


@require_http_methods(["GET", "HEAD", "POST"])
def new_organization(request: HttpRequest) -> HttpResponse:
    if not signup.may_create_organization(_user(request)):
        raise PermissionDenied
    form = OrganizationForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _may_make_another(request, form):
        membership = actions.create_organization(
            name=form.cleaned_data["name"],
            owner=_user(request),
            at=timezone.now(),
            origin=audit.origin_of(request),
        )
        return redirect(membership.organization)
    return render(request, "accounts/new_organization.html", {"form": form})
