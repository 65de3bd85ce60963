"""The pages of an organization's settings."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.accounts import access, actions
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.models import Organization
from surveys.accounts.permissions import Permission
from surveys.accounts.settings_forms import BrandingForm, GeneralForm, SenderForm, SettingsForm


@access.permitted(Permission.MANAGE_ORGANIZATION)
@require_http_methods(["GET", "HEAD", "POST"])
def general(request: OrganizationRequest) -> HttpResponse:
    return _page(request, GeneralForm, "general")


@access.permitted(Permission.MANAGE_ORGANIZATION)
@require_http_methods(["GET", "HEAD", "POST"])
def branding(request: OrganizationRequest) -> HttpResponse:
    return _page(request, BrandingForm, "branding")


@access.permitted(Permission.MANAGE_ORGANIZATION)
@require_http_methods(["GET", "HEAD", "POST"])
def sender(request: OrganizationRequest) -> HttpResponse:
    return _page(request, SenderForm, "sender")


def _page(request: OrganizationRequest, form_class: type[SettingsForm], name: str) -> HttpResponse:
    form = form_class(request.POST or None, instance=Organization.objects.get(pk=request.organization.pk))
    if request.method == "POST" and form.is_valid():
        actions.change_settings(
            organization=request.organization, changes=form.changes(), by=request.membership, at=timezone.now()
        )
        messages.success(request, _("Settings saved."))
        return redirect(request.path)
    may_remove = request.organization.is_sample and access.can(request.membership, Permission.DELETE_ORGANIZATION)
    return render(request, f"accounts/settings_{name}.html", {"form": form, "may_remove": may_remove})
