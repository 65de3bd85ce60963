"""The settings page "Asking": how often a person is asked, and a company."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.actions.settings import ChangedMeanwhile
from surveys.accounts.models import Organization
from surveys.accounts.permissions import Permission
from surveys.customers.actions import asking as actions
from surveys.customers.asking_forms import AskingForm
from surveys.customers.queries import companies


@access.permitted(Permission.MANAGE_ORGANIZATION)
@require_http_methods(["GET", "HEAD", "POST"])
def asking(request: OrganizationRequest) -> HttpResponse:
    """As it stands now, and not as the page's frame shows it: a form may change what it is given."""
    organization = Organization.objects.get(pk=request.organization.pk)
    form = AskingForm(request.POST or None, organization=organization)
    if request.method == "POST" and _saves(request, form):
        return redirect(request.path)
    context = {"form": form, "rule": companies.rule(organization)}
    return render(request, "customers/settings_asking.html", context)


def _saves(request: OrganizationRequest, form: AskingForm) -> bool:
    if not form.is_valid():
        return False
    try:
        changed = actions.change_asking(
            organization=request.organization,
            changes=form.changes(),
            seen=form.cleaned_data["seen"],
            by=request.membership,
            at=timezone.now(),
        )
    except ChangedMeanwhile as clash:
        form.tell_of_clash(clash.fields)
        return False
    except actions.PropertyGone:
        form.add_error("account_property", _("This property was deleted meanwhile. Choose another one."))
        return False
    messages.success(request, _("Settings saved.") if changed else _("Nothing was different: nothing had to be saved."))
    return True
