"""Loading the sample organization, and removing it after saying what goes."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from surveys.accounts import access, signup
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.samples import actions, queries
from surveys.samples.models import Step

DONE = 286  # tells htmx to stop asking


@require_POST
def load(request: HttpRequest) -> HttpResponse:
    if not signup.may_create_organization(request.user):  # type: ignore[arg-type]
        raise PermissionDenied
    sample = actions.begin(owner=request.user, at=timezone.now())  # type: ignore[arg-type]
    return redirect(access.url(sample.organization, "samples:progress"))


@require_GET
def progress(request: OrganizationRequest) -> HttpResponse:
    sample = queries.of(request.organization)
    if sample is None:
        raise Http404
    context = {"sample": sample, "steps": Step.choices[:-1], "is_ready": sample.step == Step.READY}
    if request.htmx:
        status = DONE if context["is_ready"] else 200
        return render(request, "samples/_progress.html", context, status=status)
    return redirect(request.organization) if context["is_ready"] else render(request, "samples/progress.html", context)


@access.permitted(Permission.DELETE_ORGANIZATION)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: OrganizationRequest) -> HttpResponse:
    """GET counts what would go; POST removes it."""
    if request.method != "POST" and request.organization.is_sample:
        return render(request, "samples/remove.html", {"contents": queries.contents(request.organization)})
    if request.method != "POST":
        raise Http404
    try:
        actions.remove(organization=request.organization, by=request.membership, at=timezone.now())
    except actions.NotASample:
        messages.error(request, _("This is not a sample organization, so it was not removed."))
        return redirect(request.organization)
    messages.success(request, _("The sample organization and everything in it is gone."))
    return redirect("accounts_home:home")
