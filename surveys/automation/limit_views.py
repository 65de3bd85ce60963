"""The page about how much automatic mail one customer gets."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.automation.limit_forms import LimitsForm
from surveys.inbox import rule_queries
from surveys.inbox.actions import settings as actions


@access.permitted(Permission.MANAGE_INBOX)
@require_http_methods(["GET", "HEAD", "POST"])
def limits(request: OrganizationRequest) -> HttpResponse:
    stored = rule_queries.settings(request.organization)
    form = LimitsForm(request.POST if request.method == "POST" else None, stored=stored)
    if request.method == "POST" and form.is_valid() and _is_stored(request, form):
        return redirect(request.path)
    return render(request, "automation/limits.html", {"form": form})


def _is_stored(request: OrganizationRequest, form: LimitsForm) -> bool:
    seen = form.cleaned_data["seen"]
    try:
        changed = actions.change(changes=form.changes(), by=request.membership, seen=seen, at=timezone.now())
    except actions.SettingsChangedMeanwhile:
        form.tell_of_clash()
        return False
    said = _("Saved: it holds for every mail from now on.") if changed else _("Nothing was different.")
    messages.success(request, said)
    return True
