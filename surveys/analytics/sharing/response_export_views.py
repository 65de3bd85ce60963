"""Responses as files: asked for from the feed or a dashboard, written by a task, fetched from one page."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HTMX_STOP_POLLING

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.analytics import queries
from surveys.analytics.actions import export_work
from surveys.analytics.actions import exports as actions
from surveys.analytics.models import FigureExport, JobStatus
from surveys.core.spreadsheets import FORMS

Request = OrganizationRequest


@access.permitted(Permission.EXPORT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: Request) -> HttpResponse:
    """What is being written and what can be fetched; POST asks for a file of the responses of the query."""
    if request.method == "POST":
        form = request.POST.get("form", "csv")
        if form not in FORMS:
            raise Http404
        try:
            actions.start_export(query=_query(request), form=form, by=request.membership, at=timezone.now())
        except actions.TooMany:
            said = _("%(most)d files are being written already. Wait until one is done, or stop one.")
            messages.error(request, said % {"most": actions.MOST_AT_ONCE})
        return redirect(access.url(request.organization, "analytics:exports"))
    context = _found(request)
    if request.htmx and not request.htmx.history_restore_request:
        status = 200 if context["is_running"] else HTMX_STOP_POLLING
        return render(request, "analytics/_exports.html", context, status=status)
    return render(request, "analytics/exports.html", context)


def _query(request: Request) -> str:
    """Of the feed, without the place in it."""
    query = request.GET.copy()
    query.pop("after", None)
    return query.urlencode()


def _found(request: Request) -> dict[str, Any]:
    found = queries.response_exports(request.organization)
    return {
        "exports": [(export, export_work.described(export)) for export in found],
        "is_running": any(export.is_in_work for export in found),
        "keep_days": settings.EXPORT_KEEP_DAYS,
    }


@require_POST
def stop(request: Request, pk: int) -> HttpResponse:
    found = access.get(request.membership, FigureExport, pk)
    actions.stop_export(export=found, by=request.membership, at=timezone.now())
    return redirect(access.url(request.organization, "analytics:exports"))


@require_POST
def download(request: Request, pk: int) -> HttpResponseBase:
    """A megabyte in memory at a time. By POST: it is an act that stands in the audit trail."""
    access.require(request.membership, Permission.EXPORT_CUSTOMERS)
    found = access.get(request.membership, FigureExport, pk)
    if found.status != JobStatus.DONE:
        messages.info(request, _("This file is not ready."))
        return redirect(access.url(request.organization, "analytics:exports"))
    actions.note_download(export=found, by=request.membership, at=timezone.now())
    name = f"{request.organization.slug}-responses-{found.created_at:%Y-%m-%d}-{found.pk}.{found.form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(found.size)}
    return StreamingHttpResponse(
        export_work.pieces(found), content_type=FORMS[found.form].content_type, headers=headers
    )
