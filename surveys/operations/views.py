"""Pages for owners about the end of their organization, and about taking everything out."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HTMX_STOP_POLLING

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.operations import queries
from surveys.operations.actions import ending as actions
from surveys.operations.actions import exports
from surveys.operations.forms import DeletionForm
from surveys.operations.models import ExportStatus, OrganizationExport
from surveys.operations.queries.ending import pieces


@access.permitted(Permission.DELETE_ORGANIZATION)
@require_http_methods(["GET", "HEAD", "POST"])
def ending(request: OrganizationRequest) -> HttpResponse:
    """What would go, an export before, and the form that asks for the name."""
    form = DeletionForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _asked(request, form):
        return redirect(access.url(request.organization, "operations:ending"))
    context = {"form": form, "contents": queries.contents(request.organization), "grace": settings.DELETION_GRACE_DAYS}
    return render(request, "operations/ending.html", context | _exports(request))


def _asked(request: OrganizationRequest, form: DeletionForm) -> bool:
    try:
        actions.ask_for_deletion(typed_name=form.cleaned_data["name"], by=request.membership, at=timezone.now())
    except actions.NameDiffers:
        form.add_error("name", _("The name is %(name)s; nothing was deleted.") % {"name": request.organization.name})
        return False
    except actions.EndsAlready:
        messages.info(request, _("It is going to be deleted already."))
    return True


@require_POST
def keep(request: OrganizationRequest) -> HttpResponse:
    try:
        actions.keep(by=request.membership, at=timezone.now())
    except actions.TooLate:
        messages.info(request, _("It is not going to be deleted."))
    else:
        messages.success(request, _("%(name)s stays, and goes on where it stopped.") % {"name": request.organization})
    return redirect(request.organization)


@require_POST
def export(request: OrganizationRequest) -> HttpResponse:
    exports.start_export(by=request.membership, at=timezone.now())
    return redirect(access.url(request.organization, "operations:ending") + "#export")


@access.permitted(Permission.DELETE_ORGANIZATION)
@require_safe
def export_progress(request: OrganizationRequest) -> HttpResponse:
    """The part of the page that shows how far it is; asked for again and again until it is over."""
    if not request.htmx:
        return redirect(access.url(request.organization, "operations:ending") + "#export")
    context = _exports(request)
    is_running = context["latest"] and context["latest"].status == ExportStatus.RUNNING
    return render(request, "operations/_export.html", context, status=200 if is_running else HTMX_STOP_POLLING)


@require_POST
def export_stop(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, OrganizationExport, pk)
    exports.stop_export(export=found, by=request.membership, at=timezone.now())
    return redirect(access.url(request.organization, "operations:ending") + "#export")


@require_POST
def export_file(request: OrganizationRequest, pk: int) -> HttpResponseBase:
    """The ZIP, a megabyte in memory at a time. By POST: it is an act that stands in the audit trail."""
    found = access.get(request.membership, OrganizationExport, pk)
    exports.note_download(export=found, by=request.membership, at=timezone.now())
    if found.status != ExportStatus.DONE:
        messages.info(request, _("This export is not ready."))
        return redirect(access.url(request.organization, "operations:ending") + "#export")
    name = f"{request.organization.slug}-{found.asked_at:%Y%m%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(found.size)}
    return StreamingHttpResponse(pieces(found), content_type="application/zip", headers=headers)


def _exports(request: OrganizationRequest) -> dict[str, Any]:
    organization = request.organization
    return {
        "latest": queries.latest_export(organization),
        "exports": queries.exports(organization),
        "keep_days": settings.EXPORT_KEEP_DAYS,
    }
