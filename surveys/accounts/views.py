"""Pages about one's own account and organization."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.accounts import access, actions, queries
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.forms import OrganizationForm, SettingsForm
from surveys.accounts.models import Organization
from surveys.accounts.permissions import Permission


@require_http_methods(["GET", "HEAD"])
def home(request: HttpRequest) -> HttpResponse:
    """To the first organization of the person, or to making one."""
    first = queries.memberships(request.user).first()  # type: ignore[arg-type]
    return redirect(first.organization) if first else redirect("accounts_home:new_organization")


@require_http_methods(["GET", "HEAD", "POST"])
def new_organization(request: HttpRequest) -> HttpResponse:
    form = OrganizationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        membership = actions.create_organization(
            name=form.cleaned_data["name"],
            owner=request.user,  # type: ignore[arg-type]
            at=timezone.now(),
        )
        return redirect(membership.organization)
    return render(request, "accounts/new_organization.html", {"form": form})


@access.permitted(Permission.MANAGE_ORGANIZATION)
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: OrganizationRequest) -> HttpResponse:
    form = SettingsForm(request.POST or None, instance=Organization.objects.get(pk=request.organization.pk))
    if request.method == "POST" and form.is_valid():
        actions.change_settings(
            organization=request.organization, settings=form.settings(), by=request.membership, at=timezone.now()
        )
        messages.success(request, _("Settings saved."))
        return redirect(access.url(request.organization, "accounts:settings"))
    may_remove = request.organization.is_sample and access.can(request.membership, Permission.DELETE_ORGANIZATION)
    return render(request, "accounts/settings.html", {"form": form, "may_remove": may_remove})
